//! The profiles, accounts and regions that a query names.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::common::cast::as_boolean_array;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::utils::collect_columns;

use crate::scan::plan::mentions::{self, Mention, Spelling, find_mentions};
use crate::scan::plan::spec::ScanSpec;

/// The targets that a query names, by the columns that it compares with their names.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Names {
    pub(in crate::scan) profiles: BTreeSet<String>,
    pub(in crate::scan) accounts: BTreeSet<String>,
    pub(in crate::scan) regions: BTreeSet<String>,
    /// Regions that it leaves out.
    pub(in crate::scan) excluded: BTreeSet<String>,
    /// The texts that columns are compared with, wanted or not.
    pub(in crate::scan) values: Vec<(String, String, Spelling)>,
    /// What is wanted of regions, by a pattern or otherwise: conditions over the name of a region.
    conditions: Vec<Arc<dyn PhysicalExpr>>,
    /// What only a subquery knows, with the columns that are compared with it.
    later: Vec<(String, Mention)>,
}

impl Names {
    /// Adds what is said of a column of a scan, if it is one of the columns that say the target.
    pub(in crate::scan) fn add(&mut self, scan: &ScanSpec, column: &str, mention: &Mention) {
        match mention {
            Mention::Value { value, is_excluded, is_upper, spelling } => {
                match value.downcast_ref::<Literal>() {
                    Some(literal) => {
                        if let (Some(spelling), Some(Some(text))) = (spelling, literal.value().try_as_str()) {
                            self.values.push((column.to_owned(), text.to_owned(), *spelling));
                        }
                        self.add_value(scan, column, literal.value(), *is_excluded, *is_upper);
                    }
                    None => self.later.push((column.to_owned(), mention.clone())),
                }
            }
            Mention::Condition(condition) if column == "region" => {
                self.conditions.push(Arc::clone(condition));
            }
            Mention::Text(text) if scan.says_place(column) => self.add_parts(text),
            Mention::Condition(_) | Mention::Text(_) => {}
        }
    }

    /// The regions of `known` that conditions want which leave none of those that are `asked`.
    pub(in crate::scan) fn wanted<'a>(&self, asked: &[String], known: &'a [String]) -> BTreeSet<&'a str> {
        let of_condition = |condition: &Arc<dyn PhysicalExpr>| {
            let is_for_others = !passing(condition, asked)?.contains(&true);
            let passing = passing(condition, known)?.into_iter().zip(known);
            Some(
                passing
                    .filter(|(passes, _)| is_for_others && *passes)
                    .map(|(_, region)| region.as_str())
                    .collect(),
            )
        };
        self.conditions.iter().filter_map(of_condition).flat_map(|wanted: Vec<_>| wanted).collect()
    }

    /// The names once the subqueries have run that a scan waits for.
    pub(in crate::scan) fn now(mut self, scan: &ScanSpec) -> Self {
        let no_row = RecordBatch::new_empty(Arc::new(Schema::empty()));
        for (column, mention) in std::mem::take(&mut self.later) {
            if let Mention::Value { value, is_excluded, is_upper, .. } = mention
                && let Ok(ColumnarValue::Scalar(value)) = value.evaluate(&no_row)
            {
                self.add_value(scan, &column, &value, is_excluded, is_upper);
            }
        }
        self
    }

    /// These profiles, accounts and regions.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn of(
        profiles: BTreeSet<String>,
        accounts: BTreeSet<String>,
        regions: BTreeSet<String>,
    ) -> Self {
        Self { profiles, accounts, regions, ..Self::default() }
    }

    /// Adds what a scan at a worker has heard of a join.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub(in crate::scan) fn and_heard(mut self, heard: &Self) -> Self {
        self.profiles.extend(heard.profiles.iter().cloned());
        self.accounts.extend(heard.accounts.iter().cloned());
        self.regions.extend(heard.regions.iter().cloned());
        self
    }

    /// Adds a text that a column is compared with by a join.
    pub(in crate::scan) fn add_text(&mut self, scan: &ScanSpec, column: &str, text: &str) {
        self.add_value(scan, column, &ScalarValue::from(text), false, false);
    }

    /// Adds the regions and accounts that are parts of a pattern for ARNs or zones.
    fn add_parts(&mut self, text: &str) {
        for part in text.split([':', '/', '%', '^', '$']).map(|part| part.trim_end_matches(['_', '.', '*'])) {
            let is_account = part.len() == 12 && part.bytes().all(|one| one.is_ascii_digit());
            if is_account {
                self.accounts.insert(part.to_owned());
            } else if let Some(place) = Place::of_region(part).or_else(|| Place::of_zone(part)) {
                self.regions.insert(place.region.to_owned());
            }
        }
    }

    fn add_value(
        &mut self,
        scan: &ScanSpec,
        column: &str,
        value: &ScalarValue,
        is_excluded: bool,
        is_upper: bool,
    ) {
        let Some(text) = value.try_as_str().flatten() else { return };
        let small = is_upper.then(|| text.to_lowercase());
        let text = small.as_deref().unwrap_or(text);
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
        Self::of_region(zone.strip_suffix(|end: char| end.is_ascii_lowercase())?)
    }

    /// What has the form of a region's name: `us-east-1`.
    pub(in crate::scan) fn of_region(region: &'a str) -> Option<Self> {
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

    pub(in crate::scan) fn says_place(&self, column: &str) -> bool {
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

/// Which of these regions a condition is true of; `None` where that cannot be said.
fn passing(condition: &Arc<dyn PhysicalExpr>, regions: &[String]) -> Option<Vec<bool>> {
    let schema = Arc::new(Schema::new(vec![Field::new("region", DataType::Utf8, true)]));
    let column = Arc::new(StringArray::from_iter_values(regions));
    let rows = RecordBatch::try_new(schema, vec![column]).ok()?;
    let passing = condition.evaluate(&rows).ok()?.into_array(rows.num_rows()).ok()?;
    Some(as_boolean_array(&passing).ok()?.iter().map(|passes| passes == Some(true)).collect())
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
            find_mentions(conjunct, mentions::Place::Filter, &mut |column, mention| {
                said.names.add(scan, column.name(), mention);
            });
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
