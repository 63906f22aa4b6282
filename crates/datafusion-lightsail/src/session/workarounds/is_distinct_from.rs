//! IS [NOT] DISTINCT FROM, whose right side the parser does not end.
//!
//! sqlparser 0.62 reads all that follows as the right side, so that `a IS DISTINCT FROM b AND c` is
//! `a IS DISTINCT FROM (b AND c)` (mended in apache/datafusion-sqlparser-rs#2436). Here the three or four words become an
//! operator before the parser sees them, and the operator an IS [NOT] DISTINCT FROM afterwards.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Value, VisitorMut};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::{Answer, Difference, Example};

/// What stock makes of what follows.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "IS [NOT] DISTINCT FROM",
    stock: "takes all that follows for its right side",
    ours: "ends it where an operator binds less",
    upstream: &["apache/datafusion-sqlparser-rs#2436"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT x FROM (VALUES (1), (2)) t(x) WHERE x IS DISTINCT FROM 1 OR x = 1 ORDER BY x",
            stock: Answer::Error("Cannot infer"),
            right: Answer::Rows(&["1", "2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT b IS DISTINCT FROM true AND false FROM (VALUES (true)) t(b)",
            stock: Answer::Rows(&["true"]),
            right: Answer::Rows(&["false"]),
        },
    ],
};

const OPERATORS: [(&[Keyword], &str); 2] = [
    (&[Keyword::IS, Keyword::DISTINCT, Keyword::FROM], "IS DISTINCT FROM"),
    (&[Keyword::IS, Keyword::NOT, Keyword::DISTINCT, Keyword::FROM], "IS NOT DISTINCT FROM"),
];

/// The tokens of a statement with an operator in the place of each IS [NOT] DISTINCT FROM.
pub(crate) fn as_operators(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut operators = Vec::with_capacity(tokens.len());
    let mut rest = tokens.as_slice();
    while let Some((first, behind)) = rest.split_first() {
        match OPERATORS.iter().find_map(|(words, name)| Some((end_of(rest, words)?, name))) {
            Some((end, name)) => {
                let span = Span::new(first.span.start, rest[end - 1].span.end);
                operators.push(TokenWithSpan::new(Token::CustomBinaryOperator((*name).to_owned()), span));
                rest = &rest[end..];
            }
            None => {
                operators.push(first.clone());
                rest = behind;
            }
        }
    }
    operators
}

/// How many tokens these words take at the beginning, with what stands between them.
fn end_of(tokens: &[TokenWithSpan], words: &[Keyword]) -> Option<usize> {
    let mut end = 0;
    for word in words {
        let is_space = |token: &&TokenWithSpan| matches!(token.token, Token::Whitespace(_));
        if end > 0 {
            end += tokens[end..].iter().take_while(is_space).count();
        }
        match &tokens.get(end)?.token {
            Token::Word(found) if found.keyword == *word => end += 1,
            _ => return None,
        }
    }
    Some(end)
}

/// Puts IS [NOT] DISTINCT FROM back in the place of its operator.
pub(crate) struct AsExpressions;

impl VisitorMut for AsExpressions {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let Expr::BinaryOp { left, op: BinaryOperator::Custom(name), right } = expr else {
            return ControlFlow::Continue(());
        };
        let distinct: fn(Box<Expr>, Box<Expr>) -> Expr = match name.as_str() {
            name if name == OPERATORS[0].1 => Expr::IsDistinctFrom,
            name if name == OPERATORS[1].1 => Expr::IsNotDistinctFrom,
            _ => return ControlFlow::Continue(()),
        };
        let (left, right) = (left.clone(), std::mem::replace(right.as_mut(), Expr::value(Value::Null)));
        *expr = ended(right, &|right| distinct(left.clone(), Box::new(right)));
        ControlFlow::Continue(())
    }
}

/// `a IS DISTINCT FROM b IS NULL` reads from left to right; the operator binds less than the IS behind it.
fn ended(right: Expr, distinct: &dyn Fn(Expr) -> Expr) -> Expr {
    let outside = |is: fn(Box<Expr>) -> Expr, inner: Box<Expr>| is(Box::new(ended(*inner, distinct)));
    match right {
        Expr::IsNull(inner) => outside(Expr::IsNull, inner),
        Expr::IsNotNull(inner) => outside(Expr::IsNotNull, inner),
        Expr::IsTrue(inner) => outside(Expr::IsTrue, inner),
        Expr::IsNotTrue(inner) => outside(Expr::IsNotTrue, inner),
        Expr::IsFalse(inner) => outside(Expr::IsFalse, inner),
        Expr::IsNotFalse(inner) => outside(Expr::IsNotFalse, inner),
        Expr::IsUnknown(inner) => outside(Expr::IsUnknown, inner),
        Expr::IsNotUnknown(inner) => outside(Expr::IsNotUnknown, inner),
        other => distinct(other),
    }
}

#[cfg(test)]
mod tests {
    use crate::script::parse;

    #[test]
    fn the_right_side_ends_where_the_next_operator_binds_less() {
        for (sql, read) in [
            ("a IS DISTINCT FROM b AND c", "(a IS DISTINCT FROM b) AND c"),
            ("x AND a IS NOT DISTINCT FROM b OR c", "(x AND (a IS NOT DISTINCT FROM b)) OR c"),
            ("NOT a IS DISTINCT FROM b AND c", "(NOT (a IS DISTINCT FROM b)) AND c"),
            ("a IS DISTINCT FROM b + 1 AND c", "(a IS DISTINCT FROM (b + 1)) AND c"),
            ("a IS DISTINCT FROM b = c", "a IS DISTINCT FROM (b = c)"),
            ("a = b IS DISTINCT FROM c", "(a = b) IS DISTINCT FROM c"),
            ("a IS DISTINCT FROM b IS NULL", "(a IS DISTINCT FROM b) IS NULL"),
            ("a IS DISTINCT FROM b IS DISTINCT FROM c", "(a IS DISTINCT FROM b) IS DISTINCT FROM c"),
            ("a IS DISTINCT FROM b BETWEEN 1 AND 2", "a IS DISTINCT FROM (b BETWEEN 1 AND 2)"),
            (
                "CASE WHEN a is /**/ not\ndistinct FROM b AND c THEN 1 END",
                "CASE WHEN (a IS NOT DISTINCT FROM b) AND c THEN 1 END",
            ),
            (
                "a IS DISTINCT FROM (b IS DISTINCT FROM c AND d)",
                "a IS DISTINCT FROM ((b IS DISTINCT FROM c) AND d)",
            ),
        ] {
            let bare = |sql: &str| {
                let text = parse("t", &format!("SELECT {sql} AS e")).unwrap()[0].ast.to_string();
                // What parentheses leave behind is the tree: both are written with all of them.
                text
            };
            let tree = |sql: &str| {
                format!("{:?}", strip(parse("t", &format!("SELECT {sql} AS e")).unwrap().remove(0).ast))
            };
            assert_eq!(tree(sql), tree(read), "{sql}: {}", bare(sql));
        }
    }

    /// A statement without parentheses and places.
    fn strip(mut ast: datafusion::sql::parser::Statement) -> String {
        use datafusion::sql::sqlparser::ast::{Expr, VisitMut, VisitorMut};
        struct Full;
        impl VisitorMut for Full {
            type Break = ();
            fn post_visit_expr(&mut self, expr: &mut Expr) -> std::ops::ControlFlow<()> {
                match expr {
                    Expr::Nested(inner) => *expr = inner.as_ref().clone(),
                    Expr::Identifier(_) | Expr::Value(_) => {}
                    other => *other = Expr::Nested(Box::new(other.clone())),
                }
                std::ops::ControlFlow::Continue(())
            }
        }
        if let datafusion::sql::parser::Statement::Statement(sql) = &mut ast {
            let _ = sql.visit(&mut Full);
        }
        ast.to_string()
    }
}
