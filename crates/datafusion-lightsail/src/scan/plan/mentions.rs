//! What conditions say of columns that tell the target of a row: the values and patterns that they are compared with,
//! wherever they stand.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, DynamicFilterPhysicalExpr, InListExpr, IsNotNullExpr, LikeExpr,
    Literal, NotExpr,
};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

/// Functions that keep which target a text names.
const SAME_NAME: [&str; 7] = ["lower", "upper", "trim", "btrim", "ltrim", "rtrim", "coalesce"];

/// The operators that match a text with a pattern.
const MATCHES: [Operator; 4] =
    [Operator::RegexMatch, Operator::RegexIMatch, Operator::LikeMatch, Operator::ILikeMatch];

/// What is said of a column.
#[derive(Debug, Clone)]
pub(in crate::scan) enum Mention {
    /// It is compared with a value, for equality.
    Value {
        /// A literal, or what a subquery finds out.
        value: Arc<dyn PhysicalExpr>,
        /// Whether rows of another value are wanted.
        is_excluded: bool,
        /// Whether its letters are all made capital ones before.
        is_upper: bool,
        /// How a value of the column is spelt that is equal to it; `None` where that cannot be said.
        spelling: Option<Spelling>,
    },
    /// It is held against a text in some other way: `arn LIKE 'arn:aws:lightsail:eu-west-1:%'`.
    Text(String),
    /// It has to pass a condition over itself, which stands here as the only column.
    Condition(Arc<dyn PhysicalExpr>),
}

/// How a value is spelt that is equal to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scan) enum Spelling {
    /// As that one.
    Exact,
    /// As that one in small letters: `lower(state) = 'running'`.
    Lower,
    /// As that one in capital letters.
    Upper,
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scan) enum Place {
    /// It drops rows.
    Filter,
    /// It makes a value of each row: only what it names outright, or by a pattern, is a wish for rows.
    Value,
}

/// Finds what an expression says of columns, wherever in it: in `region = 'a' OR x` and in `CASE WHEN region = 'a' …` too.
pub(in crate::scan) fn find_mentions(
    expr: &Arc<dyn PhysicalExpr>,
    place: Place,
    found: &mut dyn FnMut(&Column, &Mention),
) {
    Walk { place, found }.walk(expr, false, false);
}

struct Walk<'a> {
    place: Place,
    found: &'a mut dyn FnMut(&Column, &Mention),
}

impl Walk<'_> {
    /// Walks an expression. `is_negated` says whether rows are wanted that it is false of, `is_within` whether it is part
    /// of a condition that was found.
    fn walk(&mut self, expr: &Arc<dyn PhysicalExpr>, is_negated: bool, is_within: bool) {
        if expr.downcast_ref::<DynamicFilterPhysicalExpr>().is_some() {
            return;
        }
        let is_within = is_within || self.condition(expr, is_negated);
        if let Some(not) = expr.downcast_ref::<NotExpr>() {
            return self.walk(not.arg(), !is_negated, is_within);
        }
        if let Some(list) = expr.downcast_ref::<InListExpr>() {
            for value in list.list() {
                self.compared(list.expr(), value, is_negated != list.negated());
            }
            return;
        }
        if let Some(like) = expr.downcast_ref::<LikeExpr>() {
            return self.matched(like.expr(), like.pattern(), is_negated != like.negated());
        }
        if let Some(case) = expr.downcast_ref::<CaseExpr>() {
            for (when, _) in case.when_then_expr().iter().filter(|_| case.expr().is_some()) {
                case.expr().into_iter().for_each(|base| self.compared(base, when, false));
            }
        }
        if let Some(function) = expr.downcast_ref::<ScalarFunctionExpr>()
            && let [text, start] = function.args()
            && function.name() == "starts_with"
        {
            return self.matched(text, start, is_negated);
        }
        let Some(binary) = expr.downcast_ref::<BinaryExpr>() else {
            return expr.children().into_iter().for_each(|child| self.walk(child, false, is_within));
        };
        let (left, right) = (binary.left(), binary.right());
        match binary.op() {
            Operator::And | Operator::Or => {
                self.walk(left, is_negated, is_within);
                self.walk(right, is_negated, is_within);
            }
            Operator::Eq | Operator::IsNotDistinctFrom => self.equal(left, right, is_negated),
            Operator::NotEq | Operator::IsDistinctFrom => self.equal(left, right, !is_negated),
            operator if MATCHES.contains(operator) => self.matched(left, right, is_negated),
            _ => [left, right].into_iter().for_each(|child| self.walk(child, false, is_within)),
        }
    }

    /// Finds a condition over one column that drops rows, or that asks whether a pattern is met.
    fn condition(&mut self, expr: &Arc<dyn PhysicalExpr>, is_negated: bool) -> bool {
        let columns = collect_columns(expr);
        let (Some(first), true) = (columns.iter().next(), is_condition(expr)) else { return false };
        let is_of_one = columns.len() == 1 || names_all(tested(expr), expr);
        let is_wish = self.place == Place::Filter || !is_negated && is_match(expr);
        if !is_of_one || !is_wish || is_dynamic(expr) {
            return false;
        }
        let alone = Arc::clone(expr).transform(|part| {
            Ok(match part.downcast_ref::<Column>() {
                Some(_) => Transformed::yes(Arc::new(Column::new(first.name(), 0)) as Arc<dyn PhysicalExpr>),
                None => Transformed::no(part),
            })
        });
        let Ok(alone) = alone else { return false };
        let alone = if is_negated { Arc::new(NotExpr::new(alone.data)) as _ } else { alone.data };
        for column in &columns {
            (self.found)(column, &Mention::Condition(Arc::clone(&alone)));
        }
        true
    }

    fn equal(&mut self, left: &Arc<dyn PhysicalExpr>, right: &Arc<dyn PhysicalExpr>, is_excluded: bool) {
        self.compared(left, right, is_excluded);
        self.compared(right, left, is_excluded);
        for side in [left, right] {
            if named_by(side).0.is_empty() {
                self.walk(side, false, false);
            }
        }
    }

    /// What is compared for equality with a value that is the same for all rows.
    fn compared(&mut self, one: &Arc<dyn PhysicalExpr>, value: &Arc<dyn PhysicalExpr>, is_excluded: bool) {
        if !collect_columns(value).is_empty() {
            return;
        }
        let (columns, is_upper) = named_by(one);
        let spelling = spelling(one);
        for column in &columns {
            let value = Arc::clone(value);
            (self.found)(column, &Mention::Value { value, is_excluded, is_upper, spelling });
        }
        if columns.is_empty() && !is_excluded {
            self.holds_against(one, value);
        }
    }

    fn matched(&mut self, one: &Arc<dyn PhysicalExpr>, pattern: &Arc<dyn PhysicalExpr>, is_excluded: bool) {
        if !is_excluded {
            self.holds_against(one, pattern);
        }
    }

    fn holds_against(&mut self, one: &Arc<dyn PhysicalExpr>, value: &Arc<dyn PhysicalExpr>) {
        let text = value.downcast_ref::<Literal>().and_then(|literal| literal.value().try_as_str().flatten());
        let (Some(text), columns) = (text, collect_columns(one)) else { return };
        for column in &columns {
            (self.found)(column, &Mention::Text(text.to_owned()));
        }
    }
}

/// How a value of the column is spelt that makes an expression equal to a text.
fn spelling(expr: &Arc<dyn PhysicalExpr>) -> Option<Spelling> {
    if let Some(cast) = expr.downcast_ref::<CastExpr>() {
        return spelling(cast.expr());
    }
    let Some(function) = expr.downcast_ref::<ScalarFunctionExpr>() else {
        return expr.downcast_ref::<Column>().map(|_| Spelling::Exact);
    };
    match (function.name(), function.args()) {
        ("lower", [text]) => spelling(text).map(|_| Spelling::Lower),
        ("upper", [text]) => spelling(text).map(|_| Spelling::Upper),
        ("btrim" | "ltrim" | "rtrim", [text]) => spelling(text),
        _ => None,
    }
}

/// The columns whose target an expression names, and whether in capital letters.
fn named_by(expr: &Arc<dyn PhysicalExpr>) -> (Vec<Column>, bool) {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return (vec![column.clone()], false);
    }
    if let Some(cast) = expr.downcast_ref::<CastExpr>() {
        return named_by(cast.expr());
    }
    if let Some(function) = expr.downcast_ref::<ScalarFunctionExpr>()
        && SAME_NAME.contains(&function.name())
    {
        let is_upper = function.name() == "upper";
        let all: Vec<_> = function.args().iter().map(named_by).collect();
        let is_any_upper = is_upper || all.iter().any(|(_, is_upper)| *is_upper);
        return (all.into_iter().flat_map(|(columns, _)| columns).collect(), is_any_upper);
    }
    let Some(case) = expr.downcast_ref::<CaseExpr>() else { return (Vec::new(), false) };
    // What coalesce becomes, and the key of a FULL JOIN … USING.
    let asks_for_null = |when: &Arc<dyn PhysicalExpr>| when.downcast_ref::<IsNotNullExpr>().is_some();
    if case.expr().is_some() || !case.when_then_expr().iter().all(|(when, _)| asks_for_null(when)) {
        return (Vec::new(), false);
    }
    let results = case.when_then_expr().iter().map(|(_, then)| then).chain(case.else_expr());
    (results.flat_map(|result| named_by(result).0).collect(), false)
}

/// Whether an expression names the target that its columns name.
pub(in crate::scan) fn is_same_name(expr: &Arc<dyn PhysicalExpr>) -> bool {
    names_all(expr, expr)
}

/// Whether a part of an expression names the target that all columns of the whole name.
fn names_all(part: &Arc<dyn PhysicalExpr>, whole: &Arc<dyn PhysicalExpr>) -> bool {
    let (columns, (named, _)) = (collect_columns(whole), named_by(part));
    !columns.is_empty() && columns.iter().all(|column| named.contains(column))
}

/// What a condition tests: the left side of a comparison or of a match, or itself.
fn tested(expr: &Arc<dyn PhysicalExpr>) -> &Arc<dyn PhysicalExpr> {
    if let Some(like) = expr.downcast_ref::<LikeExpr>() {
        return like.expr();
    }
    match expr.downcast_ref::<BinaryExpr>() {
        Some(binary) if !matches!(binary.op(), Operator::And | Operator::Or) => binary.left(),
        _ => expr,
    }
}

fn is_match(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.downcast_ref::<LikeExpr>().is_some_and(|like| !like.negated())
        || expr.downcast_ref::<BinaryExpr>().is_some_and(|binary| MATCHES.contains(binary.op()))
        || expr
            .downcast_ref::<ScalarFunctionExpr>()
            .is_some_and(|function| ["starts_with", "regexp_like"].contains(&function.name()))
}

/// Whether it is true or false of a row by the texts of its columns alone.
fn is_condition(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let columns = collect_columns(expr);
    let place = columns.iter().map(Column::index).max().unwrap_or_default();
    let fields: Vec<_> = (0..=place).map(|_| Field::new("", DataType::Utf8, true)).collect();
    expr.downcast_ref::<Column>().is_none()
        && matches!(expr.data_type(&Schema::new(fields)), Ok(DataType::Boolean))
}

fn is_dynamic(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let mut is_one = false;
    let walked = expr.apply(|part| {
        is_one |= part.downcast_ref::<DynamicFilterPhysicalExpr>().is_some() || part.is_volatile_node();
        Ok(if is_one { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    is_one || walked.is_err()
}
