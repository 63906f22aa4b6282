//! The profiles, accounts and regions that a query names.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, InListExpr, Literal, NotExpr};
use datafusion::physical_expr::utils::collect_columns;

use crate::scan::plan::spec::ScanSpec;

/// The targets that a query names, by the columns that it compares with their names.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Names {
    pub(in crate::scan) profiles: BTreeSet<String>,
    pub(in crate::scan) accounts: BTreeSet<String>,
    pub(in crate::scan) regions: BTreeSet<String>,
    /// Regions that it leaves out.
    pub(in crate::scan) excluded: BTreeSet<String>,
    /// What only a subquery knows, with the columns that are compared with it.
    later: Vec<(String, Name)>,
}

/// A value that a column is compared with.
#[derive(Debug, Clone)]
pub(in crate::scan) struct Name {
    value: Arc<dyn PhysicalExpr>,
    /// Whether rows of another value are wanted.
    is_excluded: bool,
}

impl Names {
    /// Adds a value that a column of a scan is compared with, if it is one of the columns that say the target.
    pub(in crate::scan) fn add(&mut self, scan: &ScanSpec, column: &str, name: &Name) {
        match name.value.downcast_ref::<Literal>() {
            Some(literal) => self.add_value(scan, column, literal.value(), name.is_excluded),
            None => self.later.push((column.to_owned(), name.clone())),
        }
    }

    /// The names once the subqueries have run that a scan waits for.
    pub(in crate::scan) fn now(mut self, scan: &ScanSpec) -> Self {
        let no_row = RecordBatch::new_empty(Arc::new(Schema::empty()));
        for (column, Name { value, is_excluded }) in std::mem::take(&mut self.later) {
            if let Ok(ColumnarValue::Scalar(value)) = value.evaluate(&no_row) {
                self.add_value(scan, &column, &value, is_excluded);
            }
        }
        self
    }

    fn add_value(&mut self, scan: &ScanSpec, column: &str, value: &ScalarValue, is_excluded: bool) {
        let Some(text) = value.try_as_str().flatten() else { return };
        let names = match (column, is_excluded) {
            ("profile", false) => &mut self.profiles,
            ("account_id", false) => &mut self.accounts,
            ("region", false) => &mut self.regions,
            ("region", true) => &mut self.excluded,
            (_, true) => return,
            _ => {
                if let Some(place) = scan.place_of(column, text) {
                    self.regions.insert(place.region.to_owned());
                    self.accounts.extend(place.account.map(ToOwned::to_owned));
                }
                return;
            }
        };
        names.insert(text.to_owned());
    }
}

/// The region that a text names, and the account.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::scan) struct Place<'a> {
    pub(in crate::scan) region: &'a str,
    account: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// What an ARN says: `arn:aws:lightsail:us-east-1:123456789012:Instance/…`.
    fn of_arn(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (arn, _, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, _) = (parts.next()?, parts.next()?, parts.next()?);
        let is_one = arn == "arn" && service == "lightsail" && !region.is_empty();
        let account = (!account.is_empty()).then_some(account);
        is_one.then_some(Self { region, account })
    }

    /// What the name of a zone says: `us-east-1a`.
    fn of_zone(zone: &'a str) -> Option<Self> {
        let region = zone.strip_suffix(|end: char| end.is_ascii_lowercase())?;
        let (name, number) = region.rsplit_once('-')?;
        let is_one =
            name.contains('-') && !number.is_empty() && number.bytes().all(|one| one.is_ascii_digit());
        is_one.then_some(Self { region, account: None })
    }
}

impl ScanSpec {
    /// The columns of which a join says something, and which say in which region their row is.
    pub(in crate::scan) fn columns_of_place(&self) -> BTreeSet<String> {
        let columns = self.dynamic.iter().flat_map(collect_columns).map(|column| column.name().to_owned());
        columns.filter(|column| self.says_place(column)).collect()
    }

    fn says_place(&self, column: &str) -> bool {
        let is_of =
            |what: &str| column.strip_suffix(what).is_some_and(|of| of.is_empty() || of.ends_with('_'));
        // What is named of other regions says nothing of the row's own.
        (is_of("arn") || is_of("availability_zone"))
            && self.sources().iter().all(|source| !source.operation.reaches.contains(&column))
    }

    /// The place that a text names that one of its columns is compared with.
    pub(in crate::scan) fn place_of<'a>(&self, column: &str, text: &'a str) -> Option<Place<'a>> {
        if !self.says_place(column) {
            return None;
        }
        if column.ends_with("arn") { Place::of_arn(text) } else { Place::of_zone(text) }
    }
}

/// Finds the values that columns are compared with for equality, wherever in a condition: of `region = 'a' OR x` too.
pub(in crate::scan) fn find_names(condition: &Arc<dyn PhysicalExpr>, found: &mut impl FnMut(&Column, &Name)) {
    find(condition, false, found);
}

fn find(condition: &Arc<dyn PhysicalExpr>, is_negated: bool, found: &mut dyn FnMut(&Column, &Name)) {
    if let Some(not) = condition.downcast_ref::<NotExpr>() {
        return find(not.arg(), !is_negated, found);
    }
    if let Some(list) = condition.downcast_ref::<InListExpr>() {
        let Some(column) = column(list.expr().as_ref()) else { return };
        for value in list.list().iter().filter_map(value) {
            found(column, &Name { value, is_excluded: is_negated != list.negated() });
        }
        return;
    }
    let Some(binary) = condition.downcast_ref::<BinaryExpr>() else { return };
    let (left, right) = (binary.left(), binary.right());
    let is_excluded = match binary.op() {
        Operator::And | Operator::Or => {
            find(left, is_negated, found);
            return find(right, is_negated, found);
        }
        Operator::Eq | Operator::IsNotDistinctFrom => is_negated,
        Operator::NotEq | Operator::IsDistinctFrom => !is_negated,
        _ => return,
    };
    let sides = column(left.as_ref()).zip(value(right)).or_else(|| column(right.as_ref()).zip(value(left)));
    if let Some((column, value)) = sides {
        found(column, &Name { value, is_excluded });
    }
}

fn column(expr: &dyn PhysicalExpr) -> Option<&Column> {
    match expr.downcast_ref::<CastExpr>() {
        Some(cast) => column(cast.expr().as_ref()),
        None => expr.downcast_ref::<Column>(),
    }
}

/// A value that is the same for all rows: a literal, or what a subquery finds out.
fn value(expr: &Arc<dyn PhysicalExpr>) -> Option<Arc<dyn PhysicalExpr>> {
    collect_columns(expr).is_empty().then(|| Arc::clone(expr))
}

/// What is said of a scan above it.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Said {
    /// The columns that are compared there.
    pub(in crate::scan) later: Arc<BTreeSet<String>>,
    /// The targets that are named there, or in the scan's own predicate.
    pub(in crate::scan) names: Names,
    /// Whether it is in a branch of a UNION: what is named there may be meant for the other branches.
    pub(in crate::scan) is_in_union: bool,
}

impl Said {
    /// What a scan says of itself.
    pub(in crate::scan) fn alone(scan: &ScanSpec) -> Self {
        let mut said = Self::default();
        for conjunct in scan.predicate.conjuncts() {
            find_names(conjunct, &mut |column, name| said.names.add(scan, column.name(), name));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_and_zones_name_places() {
        let place = |region, account| Some(Place { region, account });
        for (arn, expected) in [
            ("arn:aws:lightsail:eu-west-1:123456789012:Instance/a", place("eu-west-1", Some("123456789012"))),
            ("arn:aws-cn:lightsail:global::Domain/a", place("global", None)),
            ("arn:aws:iam::123456789012:role/a", None),
            ("arn:aws:lightsail:eu-west-1", None),
            ("web-1", None),
        ] {
            assert_eq!(Place::of_arn(arn), expected, "{arn}");
        }
        for (zone, expected) in [
            ("eu-west-1a", place("eu-west-1", None)),
            ("us-gov-west-1b", place("us-gov-west-1", None)),
            ("eu-west-1", None),
            ("all", None),
            ("a-1a", None),
        ] {
            assert_eq!(Place::of_zone(zone), expected, "{zone}");
        }
    }
}
