//! The profiles, accounts and regions that a query names.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, InListExpr, Literal, NotExpr};

/// The targets that a query names, by the columns that it compares with their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::scan) struct Names {
    pub(in crate::scan) profiles: BTreeSet<String>,
    pub(in crate::scan) accounts: BTreeSet<String>,
    pub(in crate::scan) regions: BTreeSet<String>,
    /// Regions that it leaves out.
    pub(in crate::scan) excluded: BTreeSet<String>,
}

/// A text that a column is compared with.
pub(in crate::scan) struct Name<'a> {
    pub(in crate::scan) text: &'a str,
    /// Whether rows of another text are wanted.
    pub(in crate::scan) is_excluded: bool,
}

impl Names {
    /// Adds a name that a column of a table is compared with, if it is one of the columns that say the target.
    pub(in crate::scan) fn add(&mut self, column: &str, name: &Name<'_>) {
        let names = match (column, name.is_excluded) {
            ("profile", false) => &mut self.profiles,
            ("account_id", false) => &mut self.accounts,
            ("region", false) => &mut self.regions,
            ("region", true) => &mut self.excluded,
            _ => return,
        };
        names.insert(name.text.to_owned());
    }
}

/// Finds the texts that columns are compared with for equality, wherever in a condition: of `region = 'a' OR x` too.
pub(in crate::scan) fn find_names(
    condition: &Arc<dyn PhysicalExpr>,
    found: &mut impl FnMut(&Column, &Name<'_>),
) {
    find(condition.as_ref(), false, found);
}

fn find(condition: &dyn PhysicalExpr, is_negated: bool, found: &mut dyn FnMut(&Column, &Name<'_>)) {
    if let Some(not) = condition.downcast_ref::<NotExpr>() {
        return find(not.arg().as_ref(), !is_negated, found);
    }
    if let Some(list) = condition.downcast_ref::<InListExpr>() {
        let Some(column) = column(list.expr().as_ref()) else { return };
        for text in list.list().iter().filter_map(|item| text(item.as_ref())) {
            found(column, &Name { text, is_excluded: is_negated != list.negated() });
        }
        return;
    }
    let Some(binary) = condition.downcast_ref::<BinaryExpr>() else { return };
    let (left, right) = (binary.left().as_ref(), binary.right().as_ref());
    let is_excluded = match binary.op() {
        Operator::And | Operator::Or => {
            find(left, is_negated, found);
            return find(right, is_negated, found);
        }
        Operator::Eq | Operator::IsNotDistinctFrom => is_negated,
        Operator::NotEq | Operator::IsDistinctFrom => !is_negated,
        _ => return,
    };
    let sides = column(left).zip(text(right)).or_else(|| column(right).zip(text(left)));
    if let Some((column, text)) = sides {
        found(column, &Name { text, is_excluded });
    }
}

fn column(expr: &dyn PhysicalExpr) -> Option<&Column> {
    match expr.downcast_ref::<CastExpr>() {
        Some(cast) => column(cast.expr().as_ref()),
        None => expr.downcast_ref::<Column>(),
    }
}

fn text(expr: &dyn PhysicalExpr) -> Option<&str> {
    expr.downcast_ref::<Literal>()?.value().try_as_str()?
}
