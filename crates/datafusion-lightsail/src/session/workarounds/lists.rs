//! IN-lists, which DataFusion's simplifier merges as if they held literals only, and no NULL.
//!
//! `x IN ('a', y) AND x IN ('b')` becomes false, `x NOT IN ('a') OR x NOT IN ('b')` becomes true even where x is NULL, and
//! an item such as `CASE WHEN … THEN 'a' ELSE y END` is taken for a constant (apache/datafusion#24258 mends a part).

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue, exec_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::{Alias, InList, ScalarFunction};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility, in_list,
};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyExpressions};
use datafusion::optimizer::utils::NamePreserver;
use datafusion::optimizer::{AnalyzerRule, OptimizerConfig, OptimizerRule};

use super::{Answer, Difference, Example};

/// What stock makes of IN-lists.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "IN-lists",
    stock: "merges them as if they held literals only and no NULL, and takes `CASE … THEN literal` for a constant",
    ours: "compares what is no literal by itself, and merges where NULL is false anyway",
    upstream: &["apache/datafusion#24258"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES ('a', 'a'), ('b', 'c')) t(x, y) WHERE x IN ('c', x, y) AND x IN ('a', 'b') ORDER BY x",
            stock: Answer::Rows(&[]),
            right: Answer::Rows(&["a", "b"]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES ('a'), (NULL)) t(x) WHERE x NOT IN ('a') OR x NOT IN ('b')",
            stock: Answer::Rows(&["a", "NULL"]),
            right: Answer::Rows(&["a"]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES ('a'), ('b')) t(x) WHERE x NOT IN ('a', NULL) AND x IN ('b', 'c')",
            stock: Answer::Rows(&["b"]),
            right: Answer::Rows(&[]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES ('a'), (NULL)) t(x) WHERE NOT ((x = 'a' OR x = 'b') AND (x = 'c' OR x = 'd'))",
            stock: Answer::Rows(&["a", "NULL"]),
            right: Answer::Rows(&["a"]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES ('a', 1), ('b', 2)) t(x, n) WHERE x IN ('q', 'r', 's', CASE WHEN n > 9 THEN 'z' ELSE x END) ORDER BY x",
            stock: Answer::Rows(&[]),
            right: Answer::Rows(&["a", "b"]),
        },
    ],
};

/// Leaves only literals in IN-lists; what else stands in one is compared by itself.
#[derive(Debug)]
pub(super) struct OnlyLiteralsInLists;

impl AnalyzerRule for OnlyLiteralsInLists {
    fn name(&self) -> &str {
        "only_literals_in_lists"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let node = |node: LogicalPlan| {
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                let split = expr.transform_up(|expr| Ok(split(expr)))?;
                Ok(if split.transformed { split.update_data(|expr| name.restore(expr)) } else { split })
            })
        };
        plan.transform_up_with_subqueries(node).data()
    }
}

fn split(expr: Expr) -> Transformed<Expr> {
    let Expr::InList(InList { expr, list, negated }) = expr else { return Transformed::no(expr) };
    if expr.is_volatile() {
        return Transformed::no(Expr::InList(InList { expr, list, negated }));
    }
    let (mut literals, mut others) = (Vec::new(), Vec::new());
    let mut has_null = false;
    for item in list {
        match folded(item) {
            Expr::Literal(value, _) if value.is_null() => has_null = true,
            literal @ Expr::Literal(..) => literals.push(literal),
            other => others.push(other),
        }
    }
    let literals = (!literals.is_empty()).then(|| in_list(expr.as_ref().clone(), literals, negated));
    let others = others.into_iter().map(|item| match negated {
        true => expr.as_ref().clone().not_eq(item),
        false => expr.as_ref().clone().eq(item),
    });
    let null = has_null.then(|| Expr::Literal(ScalarValue::Boolean(None), None));
    let connect = if negated { Expr::and } else { Expr::or };
    let all = literals.into_iter().chain(others).chain(null).reduce(connect);
    all.map_or_else(|| Transformed::no(in_list(*expr, vec![], negated)), Transformed::yes)
}

/// An item as a literal, if that is what it comes to.
fn folded(item: Expr) -> Expr {
    let is_fixed = |expr: &Expr| {
        !expr.is_volatile()
            && !matches!(
                expr,
                Expr::Column(_)
                    | Expr::OuterReferenceColumn(..)
                    | Expr::Placeholder(_)
                    | Expr::ScalarSubquery(_)
            )
    };
    if matches!(item, Expr::Literal(..)) || item.exists(|expr| Ok(!is_fixed(expr))).unwrap_or(true) {
        return item;
    }
    let context = SimplifyContext::builder().with_schema(Arc::new(DFSchema::empty())).build();
    ExprSimplifier::new(context).simplify(item.clone()).unwrap_or(item)
}

/// DataFusion's `simplify_expressions`, which does not see lists of what may be NULL where NULL is not false.
#[derive(Debug)]
pub(super) struct SimplifyAroundLists {
    rule: SimplifyExpressions,
    hidden: Arc<ScalarUDF>,
}

impl Default for SimplifyAroundLists {
    fn default() -> Self {
        let signature = Signature::variadic_any(Volatility::Immutable);
        Self { rule: SimplifyExpressions::new(), hidden: Arc::new(ScalarUDF::from(Hidden { signature })) }
    }
}

impl OptimizerRule for SimplifyAroundLists {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.rule.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let mut has_list = false;
        plan.apply_expressions(|expr| {
            has_list |= expr.exists(|expr| Ok(equals_literals(expr)))?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        if !has_list {
            return self.rule.rewrite(plan, config);
        }
        let truth = match plan {
            LogicalPlan::Filter(_) | LogicalPlan::Join(_) | LogicalPlan::TableScan(_) => Truth::NullIsFalse,
            _ => Truth::Exact,
        };
        let schema = match &plan {
            LogicalPlan::TableScan(scan) => {
                DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?
            }
            plan => merge_schema(&plan.inputs()),
        };
        let names = NamePreserver::new(&plan);
        let plan = plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let hidden = self.hide(expr, truth, false, &schema)?;
            Ok(if hidden.transformed { hidden.update_data(|expr| name.restore(expr)) } else { hidden })
        })?;
        if !plan.transformed {
            return self.rule.rewrite(plan.data, config);
        }
        let plan = self.rule.rewrite(plan.data, config)?;
        let is_simplified = plan.transformed;
        let plan = plan.data.transform_down(|node| self.shown(node)).data()?;
        Ok(Transformed::new_transformed(plan, is_simplified))
    }
}

/// What NULL is as good as, for the expression around.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Exact,
    NullIsFalse,
}

/// Whether an expression is one that the simplifier merges with others of its kind.
fn equals_literals(expr: &Expr) -> bool {
    match expr {
        Expr::InList(_) => true,
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => matches!(
            (left.as_ref(), right.as_ref()),
            (Expr::Column(_), Expr::Literal(..)) | (Expr::Literal(..), Expr::Column(_))
        ),
        _ => false,
    }
}

impl SimplifyAroundLists {
    /// Hides lists whose merging would take NULL for true or false. At the top of WHERE, `IN` may be merged as ever, and
    /// `NOT IN` below AND.
    fn hide(
        &self,
        expr: Expr,
        truth: Truth,
        is_below_or: bool,
        schema: &DFSchema,
    ) -> Result<Transformed<Expr>> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let is_below_or = is_below_or || op == Operator::Or;
                let left = self.hide_below(*left, op, truth, is_below_or, schema)?;
                let right = self.hide_below(*right, op, truth, is_below_or, schema)?;
                let is_hidden = left.transformed || right.transformed;
                let both = BinaryExpr::new(Box::new(left.data), op, Box::new(right.data));
                Ok(Transformed::new_transformed(Expr::BinaryExpr(both), is_hidden))
            }
            Expr::InList(list) => {
                let is_safe = truth == Truth::NullIsFalse && !(list.negated && is_below_or);
                if is_safe || !list.expr.any_column_refs() || !list.expr.nullable(schema).unwrap_or(true) {
                    return Ok(Transformed::no(Expr::InList(list)));
                }
                let InList { expr, list, negated } = list;
                let hidden = self.hidden([*expr].into_iter().chain(list).collect());
                Ok(Transformed::yes(if negated { Expr::Not(Box::new(hidden)) } else { hidden }))
            }
            Expr::Alias(Alias { expr, relation, name, metadata, .. }) => {
                let hidden = self.hide(*expr, truth, is_below_or, schema)?;
                Ok(hidden.update_data(|expr| {
                    Expr::Alias(Alias::new(expr, relation, name).with_metadata(metadata))
                }))
            }
            other => other.map_children(|child| self.hide(child, Truth::Exact, is_below_or, schema)),
        }
    }

    /// `x = 1 OR x = 2` is a list as soon as the simplifier has seen it.
    fn hide_below(
        &self,
        expr: Expr,
        op: Operator,
        truth: Truth,
        is_below_or: bool,
        schema: &DFSchema,
    ) -> Result<Transformed<Expr>> {
        let is_list_to_be = op == Operator::Or
            && truth == Truth::Exact
            && matches!(expr, Expr::BinaryExpr(_))
            && equals_literals(&expr)
            && expr.nullable(schema).unwrap_or(true);
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, right, .. }) if is_list_to_be => {
                Ok(Transformed::yes(self.hidden(vec![*left, *right])))
            }
            other => self.hide(other, truth, is_below_or, schema),
        }
    }

    fn hidden(&self, args: Vec<Expr>) -> Expr {
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&self.hidden), args))
    }

    /// Puts the lists of a node back.
    fn shown(&self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        let is_hidden = |expr: &Expr| matches!(expr, Expr::ScalarFunction(function) if function.func.name() == self.hidden.name());
        let mut has_hidden = false;
        node.apply_expressions(|expr| {
            has_hidden |= expr.exists(|expr| Ok(is_hidden(expr)))?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        if !has_hidden {
            return Ok(Transformed::no(node));
        }
        let show = |expr: Expr| match expr {
            Expr::ScalarFunction(mut function) if function.func.name() == self.hidden.name() => {
                let items = function.args.split_off(1);
                let expr = function.args.remove(0);
                Ok(Transformed::yes(match <[Expr; 1]>::try_from(items) {
                    Ok([item]) => expr.eq(item),
                    Err(items) => in_list(expr, items, false),
                }))
            }
            other => Ok(Transformed::no(other)),
        };
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let shown = expr.transform_up(show)?;
            Ok(if shown.transformed { shown.update_data(|expr| name.restore(expr)) } else { shown })
        })
    }
}

/// An IN-list in disguise; it is never computed.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Hidden {
    signature: Signature,
}

impl ScalarUDFImpl for Hidden {
    fn name(&self) -> &str {
        "__in_list"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, _arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("an IN-list was left in disguise")
    }
}
