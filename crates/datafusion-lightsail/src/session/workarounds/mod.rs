//! Where this session differs from stock DataFusion, because stock answers wrongly.
//!
//! [`DIFFERENCES`] declares each one once, with the upstream issue and examples. A test runs the examples in both: it turns
//! red where ours is wrong, and where stock has become right, so that the workaround can be deleted. The table in
//! docs/architecture.md is written from the same slice.

mod aliases;
pub(crate) mod ambiguous;
mod arithmetic;
mod branches;
mod casts;
pub(super) mod comparisons;
mod constant_filters;
mod dynamic_filters;
mod elsewhere;
pub(crate) mod intervals;
pub(crate) mod is_distinct_from;
mod lists;
mod mixed;
mod moments;
mod multisets;
mod null_keys;
mod nulls;
mod ordering;
mod outputs;
pub(crate) mod policy;
mod rows;
mod scopes;
mod settings;
mod sort_keys;
mod subqueries;
pub(crate) mod suspects;
pub(crate) mod syntax;
mod unread;
mod using;
pub(crate) mod windows;

use std::sync::Arc;

use datafusion::execution::SessionState;
use datafusion::optimizer::{AnalyzerRule, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::sql::parser::Statement as Ast;

use crate::error::Result;
use arithmetic::{CheckIntegers, WidenIntegers};
use branches::NameBranches;
use comparisons::CompareText;
use constant_filters::KeepConstantFilters;
use dynamic_filters::PushDynamicFilters;
use lists::{OnlyLiteralsInLists, SimplifyAroundLists};
use ordering::EnsureRequirementsWithBarriers;
use sort_keys::UniqueSortKeys;
use subqueries::{JoinSubqueries, TypeOuterColumns};

pub use settings::{PINNED, Pinned};
pub(super) use settings::{check_set, pin};

/// One difference from stock DataFusion.
#[derive(Debug)]
pub struct Difference {
    /// What asks for it, in a few words: `LIMIT below ORDER BY`.
    pub what: &'static str,
    /// What stock DataFusion does wrong.
    pub stock: &'static str,
    /// What this session does.
    pub ours: &'static str,
    /// The issues or pull requests upstream, such as `apache/datafusion#25378`; empty if nobody has reported it.
    pub upstream: &'static [&'static str],
    /// Statements that show it.
    pub examples: &'static [Example],
}

/// A statement that stock DataFusion and this session answer differently.
#[derive(Debug)]
pub struct Example {
    /// The tables that it reads, each with the queries that have its rows: a Parquet file for each, read with
    /// `pushdown_filters`.
    pub tables: &'static [(&'static str, &'static [&'static str])],
    /// The statement.
    pub sql: &'static str,
    /// What stock answers.
    pub stock: Answer,
    /// What is right.
    pub right: Answer,
}

/// What a statement comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its rows in their order, the cells of each with `|` between them: `a|NULL`.
    Rows(&'static [&'static str]),
    /// An error whose message contains this.
    Error(&'static str),
}

/// A session's physical rules, with ours in the place of those of DataFusion's that answer wrongly.
pub(super) fn physical_rules(
    rules: &[Arc<dyn PhysicalOptimizerRule + Send + Sync>],
) -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let ours =
        rules.iter().cloned().filter_map(|rule| -> Option<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
            match rule.name() {
                "FilterPushdown" | "LimitAggregation" => None,
                "FilterPushdown(Post)" => Some(Arc::new(PushDynamicFilters)),
                "EnsureRequirements" => Some(Arc::new(EnsureRequirementsWithBarriers(rule))),
                _ => Some(rule),
            }
        });
    ours.collect()
}

/// Hands what joins and sorts of a plan find at run time to its leaves, as the rule does that takes the place of
/// DataFusion's.
#[cfg(feature = "cluster")]
pub(crate) fn push_dynamic_filters(
    plan: Arc<dyn datafusion::physical_plan::ExecutionPlan>,
) -> datafusion::common::Result<Arc<dyn datafusion::physical_plan::ExecutionPlan>> {
    PushDynamicFilters.optimize(plan, &datafusion::config::ConfigOptions::new())
}

/// The functions that statements are rewritten with and that SQL does not name.
#[cfg(feature = "cluster")]
pub(crate) fn functions() -> Vec<datafusion::logical_expr::ScalarUDF> {
    crate::functions::operators().chain([intervals::function()]).collect()
}

/// Rewrites a statement so that DataFusion plans it rightly.
///
/// # Errors
/// [`Kind::Sql`](crate::error::Kind::Sql) when it is refused, or cannot be written so.
pub(crate) async fn rewritten(ast: Ast, state: &SessionState) -> Result<Ast> {
    policy::check(&ast, &state.config_options().catalog)?;
    unread::check(&ast)?;
    aliases::check(&ast)?;
    syntax::check_schema(&ast, state)?;
    let mut ast = syntax::rewritten(ast);
    scopes::rewrite(&mut ast, state, &outputs::NamedSubqueries).await?;
    scopes::rewrite(&mut ast, state, &casts::NamedCasts).await?;
    scopes::rewrite(&mut ast, state, &using::UsingAsOn::default()).await?;
    scopes::rewrite(&mut ast, state, &multisets::NumberedCopies).await?;
    if nulls::may_have_untyped(&mut ast) {
        scopes::rewrite(&mut ast, state, &nulls::TypedBranches).await?;
        nulls::type_what_is_made(&mut ast, state).await?;
    }
    Ok(ast)
}

/// A session's analyzer rules, with ours around them.
///
/// `CompareText` runs first, while the casts that a statement writes can still be told from those that coercion adds. The
/// other rules run last, over types that fit.
pub(super) fn analyzer_rules(
    rules: &[Arc<dyn AnalyzerRule + Send + Sync>],
) -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    let mut ours: Vec<Arc<dyn AnalyzerRule + Send + Sync>> =
        vec![Arc::new(NameBranches), Arc::new(CompareText), Arc::new(WidenIntegers)];
    ours.extend(rules.iter().cloned());
    ours.push(Arc::new(CheckIntegers));
    ours.push(Arc::new(TypeOuterColumns));
    ours.push(Arc::new(UniqueSortKeys));
    ours.push(Arc::new(JoinSubqueries));
    ours.push(Arc::new(OnlyLiteralsInLists));
    ours
}

/// A session's optimizer rules, with ours in the place of those of DataFusion's that answer wrongly.
pub(super) fn optimizer_rules(
    rules: &[Arc<dyn OptimizerRule + Send + Sync>],
) -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let ours = rules.iter().cloned().map(|rule| -> Arc<dyn OptimizerRule + Send + Sync> {
        match rule.name() {
            "simplify_expressions" => Arc::new(SimplifyAroundLists::default()),
            "extract_equijoin_predicate" => Arc::new(null_keys::KeepKeys::default()),
            "eliminate_cross_join" => Arc::new(null_keys::KeepJoins::default()),
            "push_down_filter" => Arc::new(KeepConstantFilters::default()),
            _ => rule,
        }
    });
    ours.collect()
}

/// Where this session differs from stock DataFusion.
pub const DIFFERENCES: &[Difference] = &[
    arithmetic::DIFFERENCE,
    branches::DIFFERENCE,
    comparisons::DIFFERENCE,
    intervals::DIFFERENCE,
    moments::DIFFERENCE,
    windows::DIFFERENCE,
    Difference {
        what: "Filters that a join finds at run time",
        stock: "remaps them by column name, so that a filter on b.name is taken for one on a.name",
        ours: "hands them to the leaves by the position of their columns",
        upstream: &["apache/datafusion#21246", "apache/datafusion#25244", "apache/datafusion#25259"],
        examples: &[
            Example {
                tables: &[
                    ("a", &["VALUES ('a1'), ('a2')"]),
                    ("b", &["VALUES ('b1', 'a1'), ('b2', 'a2')"]),
                    ("c", &["VALUES ('c1', 'a1'), ('c2', 'a2')"]),
                    ("d", &["VALUES ('b1')"]),
                ],
                sql: "SELECT a.column1, b.column1, c.column1 FROM a JOIN b ON b.column2 = a.column1 \
                      JOIN c ON c.column2 = a.column1 JOIN d ON d.column1 = b.column1",
                stock: Answer::Rows(&[]),
                right: Answer::Rows(&["a1|b1|c1"]),
            },
            Example {
                tables: &[
                    ("a", &["VALUES (1, 'x'), (2, 'y')"]),
                    ("b", &["VALUES (1, 'u'), (2, 'v')"]),
                    ("c", &["VALUES ('u')"]),
                ],
                sql: "SELECT q.* FROM (SELECT a.column2, b.column2 AS of_b, count(*) FROM a \
                      JOIN b ON b.column1 = a.column1 GROUP BY a.column2, b.column2) q JOIN c ON c.column1 = q.of_b",
                stock: Answer::Rows(&[]),
                right: Answer::Rows(&["x|u|1"]),
            },
        ],
    },
    Difference {
        what: "ORDER BY or a window over LIMIT and OFFSET",
        stock: "moves the sort below the LIMIT and forgets the OFFSET there",
        ours: "leaves LIMIT where it stands",
        upstream: &["apache/datafusion#25378"],
        examples: &[
            Example {
                tables: &[],
                sql: "SELECT * FROM (SELECT * FROM (VALUES (1), (2), (3), (4)) t(a) LIMIT 2 OFFSET 2) ORDER BY a",
                stock: Answer::Rows(&[]),
                right: Answer::Rows(&["3", "4"]),
            },
            Example {
                tables: &[],
                sql: "SELECT a, row_number() OVER (ORDER BY a) \
                      FROM (SELECT * FROM (VALUES (1), (2), (3), (4)) t(a) LIMIT 2 OFFSET 2)",
                stock: Answer::Rows(&[]),
                right: Answer::Rows(&["3|1", "4|2"]),
            },
        ],
    },
    Difference {
        what: "MIN and MAX beside each other",
        stock: "drops all rows once one of them is NULL",
        ours: "takes no filter from aggregates: it saves no call",
        upstream: &["apache/datafusion#25147", "apache/datafusion#24816"],
        examples: &[Example {
            // Two partitions of two files: in both, the second is opened when the bound of the first is known.
            tables: &[(
                "a",
                &["VALUES ('x', NULL)", "VALUES ('a', 'm')", "VALUES ('x', NULL)", "VALUES ('a', 'm')"],
            )],
            sql: "SELECT max(column1), min(column2) FROM a",
            stock: Answer::Rows(&["x|NULL"]),
            right: Answer::Rows(&["x|m"]),
        }],
    },
    Difference {
        what: "LIMIT over windows over groups",
        stock: "discards groups that the window counts",
        ours: "aggregates all groups: fewer of them save no call",
        upstream: &["apache/datafusion#25066"],
        examples: &[Example {
            tables: &[],
            sql: "SELECT g, count(*) OVER () FROM (VALUES (1), (2)) t(g) GROUP BY g ORDER BY g LIMIT 1",
            stock: Answer::Rows(&["1|1"]),
            right: Answer::Rows(&["1|2"]),
        }],
    },
    Difference {
        what: "ORDER BY columns of both sides of a join",
        stock: "takes the rows of a join for sorted where a row has several partners, and leaves the sort out",
        ours: "claims no order of a join's first side",
        upstream: &["apache/datafusion#25052"],
        examples: &[Example {
            tables: &[],
            sql: "SELECT l.v FROM (SELECT * FROM (VALUES (1, 20), (1, 10)) t(k, v) ORDER BY v LIMIT 9) l \
                  JOIN (SELECT * FROM (VALUES (1, 'a'), (1, 'b'), (1, 'c')) t(k, p) ORDER BY k LIMIT 9) r ON l.k = r.k \
                  WHERE r.p <> l.v::text ORDER BY r.k, l.v",
            stock: Answer::Rows(&["10", "20", "10", "20", "10", "20"]),
            right: Answer::Rows(&["10", "10", "10", "20", "20", "20"]),
        }],
    },
    Difference {
        what: "ORDER BY a column that is the same in all rows of an outer join's side",
        stock: "takes it for the same in rows without a partner, where it is NULL, and leaves the sort out",
        ours: "claims no such thing of the side that can be NULL",
        upstream: &[],
        examples: &[Example {
            tables: &[],
            sql: "SELECT a.k, b.c FROM (VALUES (1), (2), (3)) a(k) \
                  LEFT JOIN (SELECT * FROM (VALUES (2, 7), (1, 8)) t(k, c) WHERE c = 7) b ON a.k = b.k \
                  ORDER BY b.c, a.k DESC",
            stock: Answer::Rows(&["3|NULL", "2|7", "1|NULL"]),
            right: Answer::Rows(&["2|7", "3|NULL", "1|NULL"]),
        }],
    },
    Difference {
        what: "ORDER BY or a window by a literal of a UNION's branches, over a join",
        stock: "refuses its own plan: a join forgets the order that it had",
        ours: "claims no such order",
        upstream: &[],
        examples: &[Example {
            tables: &[],
            sql: "SELECT u.a, sum(d.v) OVER (ORDER BY u.a) FROM (SELECT 'x' AS a, k FROM (VALUES (1), (2)) t(k) \
                  UNION ALL SELECT 'y', k FROM (VALUES (1), (2)) t(k)) u LEFT JOIN (VALUES (1, 5)) d(k, v) ON u.k = d.k",
            stock: Answer::Error("does not satisfy order requirements"),
            right: Answer::Rows(&["x|5", "x|5", "y|10", "y|10"]),
        }],
    },
    Difference {
        what: "ORDER BY a running MIN or MAX whose NULLs come first",
        stock: "takes it for sorted, and leaves the sort out",
        ours: "claims no order of a window",
        upstream: &[],
        examples: &[Example {
            tables: &[],
            sql: "SELECT max(b) OVER (ORDER BY a DESC) AS m FROM (VALUES (NULL, NULL), ('x', 'y')) v(a, b) ORDER BY 1",
            stock: Answer::Rows(&["NULL", "y"]),
            right: Answer::Rows(&["y", "NULL"]),
        }],
    },
    Difference {
        what: "A window over groups of ordered rows",
        stock: "takes all its partitions for ordered, and fails when it runs",
        ours: "takes the groups for unordered",
        upstream: &[],
        examples: &[Example {
            tables: &[],
            sql: "SELECT a, row_number() OVER (PARTITION BY a, m) AS n FROM (SELECT a, max(b) AS m \
                  FROM (SELECT * FROM (VALUES (1, 2), (2, 2)) t(a, b) ORDER BY a LIMIT 9) GROUP BY a) ORDER BY a",
            stock: Answer::Error("Expects PARTITION BY expression to be ordered"),
            right: Answer::Rows(&["1|1", "2|1"]),
        }],
    },
    Difference {
        what: "ORDER BY a literal in an aggregate, over a join",
        stock: "refuses its own plan: a join forgets that a column is the same in all rows",
        ours: "sorts by it",
        upstream: &[],
        examples: &[Example {
            tables: &[],
            sql: "SELECT d, string_agg(c, ',' ORDER BY c) AS s FROM (SELECT DISTINCT a, b, 'x' AS c, d \
                  FROM (VALUES (1, 2, 3), (2, 2, 2)) v(a, b, d)) q JOIN (VALUES (1), (1)) w(k) ON q.a = w.k GROUP BY d",
            stock: Answer::Error("does not satisfy order requirements"),
            right: Answer::Rows(&["3|x,x"]),
        }],
    },
    Difference {
        what: "LIMIT over DISTINCT over ordered rows",
        stock: "fails with an internal error",
        ours: "finds the distinct rows as if they came in any order",
        upstream: &[],
        examples: &[Example {
            tables: &[],
            sql: "SELECT DISTINCT count(*) OVER (PARTITION BY a), a FROM (VALUES (1), (1)) t(a) LIMIT 5",
            stock: Answer::Error("Ordering direction required"),
            right: Answer::Rows(&["2|1"]),
        }],
    },
    Difference {
        what: "GROUPING SETS, ROLLUP and CUBE over ordered rows",
        stock: "takes ordered rows for ordered groups, and has some groups twice",
        ours: "aggregates them as if they came in any order",
        upstream: &["apache/datafusion#16965", "apache/datafusion#24421"],
        examples: &[Example {
            tables: &[],
            sql: "SELECT a, b, count(*) FROM (SELECT 1 AS a, 2 AS b UNION ALL SELECT 1, 3 ORDER BY 1) \
                  GROUP BY GROUPING SETS ((a), (b)) ORDER BY 1 NULLS LAST, 2",
            stock: Answer::Rows(&["NULL|2|1", "NULL|3|1", "1|NULL|1", "1|NULL|1"]),
            right: Answer::Rows(&["1|NULL|2", "NULL|2|1", "NULL|3|1"]),
        }],
    },
    Difference {
        what: "Columns that are NULL in one plan and never in the other, below an aggregate",
        stock: "refuses the statement with an internal error about schemas",
        ours: "answers it: the check compares only what the plans say of NULL",
        upstream: &["apache/datafusion#13190", "apache/datafusion#24096"],
        examples: &[Example {
            tables: &[],
            sql: "SELECT c, count(*) FROM (SELECT b IS NOT TRUE AS c FROM (VALUES (true), (NULL), (false)) t(b)) \
                  GROUP BY c ORDER BY c",
            stock: Answer::Error("Physical input schema should be the same"),
            right: Answer::Rows(&["false|1", "true|2"]),
        }],
    },
    lists::DIFFERENCE,
    subqueries::differences::NOT_IN,
    subqueries::differences::AGGREGATES,
    subqueries::differences::POSITIONS,
    subqueries::differences::NO_ROW,
    subqueries::differences::TYPES,
    constant_filters::DIFFERENCE,
    is_distinct_from::DIFFERENCE,
    using::DIFFERENCE,
    multisets::DIFFERENCE,
    ambiguous::DIFFERENCE,
    casts::DIFFERENCE,
    nulls::DIFFERENCE,
    syntax::DIFFERENCE,
    elsewhere::DIFFERENCE,
    mixed::DIFFERENCE,
    rows::DIFFERENCE,
    sort_keys::DIFFERENCE,
    null_keys::DIFFERENCE,
    policy::DIFFERENCE,
    unread::DIFFERENCE,
    aliases::DIFFERENCE,
];
