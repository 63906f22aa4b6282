//! Texts and numbers in one column of VALUES, or among the arguments of which a function gives one.
//!
//! DataFusion makes numbers of the texts: `'007'` becomes 7, and `'6.10'` none at all. Here the numbers become texts, as they
//! are written, as they do in a UNION.

use datafusion::sql::sqlparser::ast::{
    Array, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value, Values,
};

use super::{Answer, Difference, Example};

/// What stock makes of texts beside numbers.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "Texts and numbers in one VALUES, list, nullif or coalesce",
    stock: "makes numbers of the texts",
    ours: "makes texts of the numbers, as they are written",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "VALUES ('007'), (7)",
            stock: Answer::Rows(&["7", "7"]),
            right: Answer::Rows(&["007", "7"]),
        },
        Example {
            tables: &[],
            sql: "VALUES ('6.10'), (-7.0)",
            stock: Answer::Rows(&["6.1", "-7.0"]),
            right: Answer::Rows(&["6.10", "-7.0"]),
        },
        Example {
            tables: &[],
            sql: "SELECT nullif('007', 7), coalesce('007', 7)",
            stock: Answer::Rows(&["NULL|7"]),
            right: Answer::Rows(&["007|007"]),
        },
    ],
};

/// Functions that give one of their arguments, and the list of them.
const GIVE_ONE: [&str; 5] = ["coalesce", "ifnull", "nvl", "nullif", "make_array"];

/// Makes texts of the numbers in columns of VALUES that have both.
pub(super) fn in_values(values: &mut Values) {
    let width = values.rows.first().map_or(0, |row| row.len());
    for column in 0..width {
        let cells = values.rows.iter_mut().filter_map(|row| row.get_mut(column));
        make_texts(cells.collect());
    }
}

/// Makes texts of the numbers among the arguments of a function, or the items of a list, that are both.
pub(super) fn in_arguments(expr: &mut Expr) {
    match expr {
        Expr::Array(Array { elem, .. }) => make_texts(elem.iter_mut().collect()),
        Expr::Function(Function { name, args: FunctionArguments::List(list), .. })
            if GIVE_ONE.contains(&name.to_string().to_ascii_lowercase().as_str()) =>
        {
            let args = list.args.iter_mut().filter_map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            });
            make_texts(args.collect());
        }
        _ => {}
    }
}

fn make_texts(mut all: Vec<&mut Expr>) {
    if !all.iter().any(|expr| is_text(expr)) {
        return;
    }
    for expr in &mut all {
        if let Some(text) = number(expr) {
            **expr = Expr::value(Value::SingleQuotedString(text));
        }
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)))
}

/// A number as it is written.
fn number(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => Some(number.clone()),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some(format!("-{}", number(expr)?)),
        _ => None,
    }
}
