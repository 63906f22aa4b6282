//! Where subqueries differ from stock DataFusion.

use super::super::{Answer, Difference, Example};

/// What stock makes of NULL in NOT IN.
pub(in super::super) const NOT_IN: Difference = Difference {
    what: "NOT IN (SELECT …) and NULL",
    stock: "takes NULL for false unless it compares one column at the top of WHERE",
    ours: "joins for the matches and for NULLs, wherever it stands",
    upstream: &["apache/datafusion#25347", "apache/datafusion#25340", "apache/datafusion#25473"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1), (2)) t(x) WHERE 7 NOT IN (SELECT y FROM (VALUES (1), (NULL)) u(y))",
            stock: Answer::Rows(&["1", "2"]),
            right: Answer::Rows(&[]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1), (2)) t(x) WHERE x = 9 OR x NOT IN (SELECT y FROM (VALUES (1), (NULL)) u(y))",
            stock: Answer::Rows(&["2"]),
            right: Answer::Rows(&[]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1), (2)) t(x) WHERE CASE WHEN x NOT IN (SELECT y FROM (VALUES (1), (NULL)) u(y)) THEN true ELSE false END",
            stock: Answer::Rows(&["2"]),
            right: Answer::Rows(&[]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1, 1), (2, 2)) t(x, k) WHERE x NOT IN (SELECT y FROM (VALUES (1, 1), (NULL, 2)) u(y, k) WHERE u.k = t.k)",
            stock: Answer::Error("only supports single column join key"),
            right: Answer::Rows(&[]),
        },
    ],
};

/// What stock makes of an aggregate in a subquery.
pub(in super::super) const AGGREGATES: Difference = Difference {
    what: "IN and EXISTS over an aggregate without GROUP BY",
    stock: "groups it by the correlated columns, so that the row for no rows is missing",
    ours: "has a row for each value of the columns around",
    upstream: &["apache/datafusion#24960", "apache/datafusion#25519"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1), (2)) t(x) WHERE 0 IN (SELECT count(*) FROM (VALUES (1)) u(y) WHERE u.y = t.x)",
            stock: Answer::Rows(&[]),
            right: Answer::Rows(&["2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1), (2)) t(x) WHERE EXISTS (SELECT count(*) FROM (VALUES (1)) u(y) WHERE u.y = t.x) ORDER BY x",
            stock: Answer::Rows(&["1"]),
            right: Answer::Rows(&["1", "2"]),
        },
    ],
};

/// What stock does not plan.
pub(in super::super) const POSITIONS: Difference = Difference {
    what: "Subqueries in SELECT, of several columns, with LIMIT or inequalities",
    stock: "fails with errors of its own",
    ours: "plans them",
    upstream: &["apache/datafusion#24139"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT x, x IN (SELECT y FROM (VALUES (1)) u(y)) FROM (VALUES (1), (2)) t(x) ORDER BY x",
            stock: Answer::Error("Physical plan does not support"),
            right: Answer::Rows(&["1|true", "2|false"]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1, 'a'), (2, 'b')) t(x, y) WHERE (x, y) IN (SELECT v, w FROM (VALUES (1, 'a'), (2, 'c')) u(v, w))",
            stock: Answer::Error("Too many columns!"),
            right: Answer::Rows(&["1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) t(x, y) WHERE (x, y) NOT IN (SELECT v, w FROM (VALUES (1, 'a'), (2, NULL)) u(v, w))",
            stock: Answer::Error("Too many columns!"),
            right: Answer::Rows(&["3"]),
        },
        Example {
            tables: &[],
            sql: "SELECT x, (SELECT count(*) FROM (VALUES (1), (1)) u(y) WHERE u.y < t.x) FROM (VALUES (1), (2)) t(x) ORDER BY x",
            stock: Answer::Error("No field named u.column1"),
            right: Answer::Rows(&["1|0", "2|2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT max(x) FROM (VALUES (1)) t(x) WHERE x = (SELECT y FROM (VALUES (1, 1), (3, 1)) u(y, k) WHERE u.k = t.x ORDER BY y LIMIT 1)",
            stock: Answer::Error("Physical plan does not support"),
            right: Answer::Rows(&["1"]),
        },
    ],
};

/// What stock makes of a value without a row.
pub(in super::super) const NO_ROW: Difference = Difference {
    what: "A subquery as a value, of a column that is never NULL",
    stock: "takes it for never NULL, though it is NULL without a row",
    ours: "knows that it may be NULL",
    upstream: &[],
    examples: &[Example {
        tables: &[],
        sql: "SELECT (SELECT y FROM (VALUES (1)) u(y) WHERE y = 2 LIMIT 1) IS NULL",
        stock: Answer::Rows(&["false"]),
        right: Answer::Rows(&["true"]),
    }],
};

/// What stock makes of the types of columns around a subquery.
pub(in super::super) const TYPES: Difference = Difference {
    what: "A subquery about a column whose type coercion changes",
    stock: "compares it as the type that it had before, and fails while it runs",
    ours: "compares it as the type that it has",
    upstream: &[],
    examples: &[Example {
        tables: &[(
            "a",
            &["SELECT CAST(column1 AS INT) AS x, column2 AS c FROM (VALUES (1, 'u'), (2, 'v'))"],
        )],
        sql: "SELECT m FROM (SELECT c, max(CASE WHEN x > 0 THEN x ELSE 3 END) AS m FROM a GROUP BY c) d \
              WHERE EXISTS (SELECT 1 FROM a r WHERE r.x = d.m AND r.c = d.c) ORDER BY m",
        stock: Answer::Error("data type inlist should be same"),
        right: Answer::Rows(&["1", "2"]),
    }],
};
