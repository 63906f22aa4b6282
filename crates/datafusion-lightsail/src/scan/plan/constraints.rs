//! What is known of every row that a scan can hand on, before anything is asked: its predicates, those of a join
//! included, as the catalog's declarations want to hear it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::Int64Array;
use arrow::datatypes::SchemaRef;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, NotExpr};
use datafusion::physical_expr::utils::collect_columns;

use crate::aws::Target;
use crate::aws::target::Profile;
use crate::catalog::names::can_ask_for;
use crate::catalog::operation::{Known, Parameters};
use crate::scan::plan::predicate::Predicate;
use crate::scan::plan::ranges::Interval;

/// More items than this that a predicate names, and their parents' listing is read instead.
const MAX_SUBJECTS: usize = 500;

/// What predicates say of the rows of a table.
#[derive(Debug, Clone)]
pub(in crate::scan) struct Constraints {
    predicate: Predicate,
    schema: SchemaRef,
    now: i64,
    /// Columns that are the same in all rows of the target that is asked.
    place: Vec<(&'static str, String)>,
    /// Columns that the query compares with what it only finds out after the calls.
    later: Arc<BTreeSet<String>>,
    /// The texts of columns, as far as they were wanted: of a list of 10,000 names they take a while.
    texts: Arc<Mutex<Texts>>,
}

type Texts = HashMap<String, Option<BTreeSet<String>>>;

impl Constraints {
    /// What follows from a predicate over a table of this schema, at a time in ms since 1970.
    pub(in crate::scan) fn new(predicate: Predicate, schema: SchemaRef, now: i64) -> Self {
        Self { predicate, schema, now, place: Vec::new(), later: Arc::default(), texts: Arc::default() }
    }

    /// Adds predicates.
    #[must_use]
    pub(in crate::scan) fn and(self, more: Predicate) -> Self {
        Self { predicate: self.predicate.and(more), texts: Arc::default(), ..self }
    }

    /// Adds the columns that the query compares with what it only finds out after the calls.
    pub(in crate::scan) fn with_later(self, later: &Arc<BTreeSet<String>>) -> Self {
        Self { later: Arc::clone(later), ..self }
    }

    /// Adds that the rows are of a target, in one of these regions.
    pub(in crate::scan) fn at(&self, target: &Target, regions: &[&str]) -> Self {
        let mut place = vec![("profile", target.profile.name.clone())];
        if let [region] = regions {
            place.push(("region", (*region).to_owned()));
        }
        Self { place, texts: Arc::default(), ..self.clone() }
    }

    /// Adds that a column is one text in all rows.
    pub(in crate::scan) fn with_text(&self, column: &'static str, text: &str) -> Self {
        let texts = Texts::from([(column.to_owned(), Some(BTreeSet::from([text.to_owned()])))]);
        Self { texts: Arc::new(Mutex::new(texts)), ..self.clone() }
    }

    /// Nothing is known.
    pub(in crate::scan) fn none(schema: SchemaRef, now: i64) -> Self {
        Self::new(Predicate::default(), schema, now)
    }

    /// Whether a row can pass of which these columns are known to be these texts, or NULL.
    pub(in crate::scan) fn is_possible(&self, known: &[(&str, Option<&str>)]) -> bool {
        let is_new = |column: &str| known.iter().all(|(known, _)| *known != column);
        let place = self.place.iter().filter(|(column, _)| is_new(column));
        let place = place.map(|(column, text)| (*column, Some(text.as_str())));
        self.predicate.is_possible(&self.schema, &known.iter().copied().chain(place).collect::<Vec<_>>())
    }

    /// Whether no row can pass: of some column the predicates leave no text, no number or no time.
    pub(in crate::scan) fn is_contradiction(&self) -> bool {
        let is_empty = |column: &String| self.texts(column).is_some_and(|texts| texts.is_empty());
        let columns = self.predicate.conjuncts().iter().flat_map(collect_columns);
        let columns: BTreeSet<String> = columns.map(|column| column.name().to_owned()).collect();
        self.predicate.named().iter().any(is_empty)
            || columns.iter().any(|column| self.interval(column).is_empty())
    }

    fn texts_of(&self, column: &str) -> Option<BTreeSet<String>> {
        let texts = self.predicate.texts(column, &self.place)?;
        let place = self.place.iter().filter(|(known, _)| *known != column);
        let place = place.map(|(known, text)| (*known, vec![Some(text.as_str()); texts.len()]));
        let of_column = (column, texts.iter().map(|text| Some(text.as_str())).collect());
        let rows: Vec<_> = std::iter::once(of_column).chain(place).collect();
        let are_possible = self.predicate.are_possible(&self.schema, &rows);
        let possible = texts.iter().zip(are_possible).filter(|(_, is_possible)| *is_possible);
        Some(possible.map(|(text, _)| text.clone()).collect())
    }

    fn interval(&self, column: &str) -> Interval {
        Interval::of(self.predicate.conjuncts(), column, &self.schema)
    }

    /// The items that the columns of `keys` name, each as request members; none if some member can have any value, or one
    /// that cannot be asked for. A member may be named by one column in one table and by another in the next.
    pub(in crate::scan) fn subjects(&self, keys: &[(&str, &'static str)]) -> Option<Vec<Parameters>> {
        let mut texts: BTreeMap<&'static str, Option<BTreeSet<String>>> = BTreeMap::new();
        for (column, member) in keys {
            let known = texts.entry(member).or_default();
            *known = known.take().or_else(|| self.texts(column));
        }
        let mut subjects = vec![Parameters::default()];
        for (member, texts) in texts {
            let texts = texts.filter(|names| names.iter().all(|name| can_ask_for(member, name)))?;
            if subjects.len().saturating_mul(texts.len()) > MAX_SUBJECTS {
                return None;
            }
            let with_each = |subject: Parameters| {
                texts.iter().map(move |text| subject.clone().with_text(member, text)).collect::<Vec<_>>()
            };
            subjects = subjects.into_iter().flat_map(with_each).collect();
        }
        Some(subjects)
    }

    /// Whether a row about an item can pass.
    pub(in crate::scan) fn allow(&self, subject: &Parameters, keys: &[(&str, &'static str)]) -> bool {
        let is_ours = |column: &str| self.schema.column_with_name(column).is_some();
        let known = keys.iter().filter(|(column, _)| is_ours(column));
        let known = known.filter_map(|(column, member)| Some((*column, Some(subject.text(member)?))));
        self.is_possible(&known.collect::<Vec<_>>())
    }
}

/// Whether a row of a target can pass that says it is in one of these regions.
pub(in crate::scan) fn is_possible(
    constraints: &Constraints,
    target: &Target,
    regions: &[&str],
    account: Option<&str>,
) -> bool {
    regions.iter().any(|region| may_pass(constraints, &target.profile, Some(region), account))
}

/// Whether a row of a profile can pass: of its region and account, as far as they are known.
pub(in crate::scan) fn may_pass(
    constraints: &Constraints,
    profile: &Profile,
    region: Option<&str>,
    account: Option<&str>,
) -> bool {
    let mut known = vec![("profile", Some(profile.name.as_str()))];
    known.extend(region.map(|region| ("region", Some(region))));
    if account.is_none() {
        return constraints.is_possible(&known);
    }
    // A row without an arn does not say its account.
    [account, None].into_iter().any(|account| {
        let with_account: Vec<_> = known.iter().copied().chain([("account_id", account)]).collect();
        constraints.is_possible(&with_account)
    })
}

impl Known for Constraints {
    fn texts(&self, column: &str) -> Option<BTreeSet<String>> {
        let mut known = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(texts) = known.get(column) {
            return texts.clone();
        }
        let texts = self.texts_of(column);
        known.insert(column.to_owned(), texts.clone());
        texts
    }

    fn range(&self, column: &str) -> (Option<i64>, Option<i64>) {
        let Interval { least, greatest, .. } = self.interval(column);
        (least, greatest)
    }

    fn allowed(&self, column: &str, values: &[i64]) -> Option<Vec<i64>> {
        let field = self.schema.field_with_name(column).ok()?;
        let all = Arc::new(Int64Array::from(values.to_vec()));
        let are_allowed = self.predicate.allowed(field, all, &self.place)?;
        let allowed = values.iter().zip(are_allowed).filter(|(_, is_allowed)| *is_allowed);
        Some(allowed.map(|(value, _)| *value).collect())
    }

    fn is_about(&self, column: &str) -> bool {
        let columns = self.predicate.conjuncts().iter().flat_map(collect_columns);
        columns.into_iter().any(|found| found.name() == column)
    }

    fn is_decided_later(&self, column: &str) -> bool {
        self.later.contains(column)
    }

    fn flag(&self, column: &str) -> Option<bool> {
        let is_it = |expr: &dyn PhysicalExpr| {
            expr.downcast_ref::<Column>().is_some_and(|found| found.name() == column)
        };
        self.predicate.conjuncts().iter().find_map(|conjunct| {
            if is_it(conjunct.as_ref()) {
                return Some(true);
            }
            let negated = conjunct.downcast_ref::<NotExpr>()?;
            is_it(negated.arg().as_ref()).then_some(false)
        })
    }

    fn now(&self) -> i64 {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use datafusion::common::DFSchema;
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::catalog::Table;
    use crate::catalog::resources::instances::{DISKS, INSTANCES};

    fn constraints(table: &dyn Table, sql: &str) -> Constraints {
        let context = SessionContext::new();
        let schema = DFSchema::try_from(table.schema()).unwrap();
        let expr = context.parse_sql_expr(sql, &schema).unwrap();
        let predicate = Predicate::new([context.create_physical_expr(expr, &schema).unwrap()]);
        Constraints::new(predicate, table.schema(), 0)
    }

    #[test]
    fn ranges_of_numbers_and_times() {
        for (sql, column, range) in [
            ("cpu_count > 2 AND cpu_count <= 8", "cpu_count", (Some(2), Some(8))),
            ("2 < cpu_count AND cpu_count < 8 AND cpu_count < 4", "cpu_count", (Some(2), Some(4))),
            ("cpu_count BETWEEN 2 AND 8", "cpu_count", (Some(2), Some(8))),
            ("cpu_count = 2", "cpu_count", (Some(2), Some(2))),
            ("cpu_count > 2 OR state = 'x'", "cpu_count", (None, None)),
            ("cpu_count <> 2", "cpu_count", (None, None)),
            ("cpu_count > NULL", "cpu_count", (None, None)),
        ] {
            assert_eq!(constraints(&INSTANCES, sql).range(column), range, "{sql}");
        }
    }

    #[test]
    fn flags() {
        for (sql, flag) in [
            ("is_system_disk", Some(true)),
            ("NOT is_system_disk AND size_in_gb > 1", Some(false)),
            ("is_system_disk OR size_in_gb > 1", None),
        ] {
            assert_eq!(constraints(&DISKS, sql).flag("is_system_disk"), flag, "{sql}");
        }
    }

    #[test]
    fn subjects_are_all_combinations_of_what_the_keys_can_be() {
        let keys = [("instance_name", "instanceName"), ("path", "devicePath")];
        let subjects = |sql: &str| {
            let subjects = constraints(&DISKS, sql).subjects(&keys)?;
            Some(subjects.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(subjects("instance_name = 'a1'"), None);
        assert_eq!(
            subjects("instance_name IN ('a1', 'b2') AND path = 'x'"),
            Some(vec!["devicePath=x, instanceName=a1".into(), "devicePath=x, instanceName=b2".into()])
        );
        assert_eq!(subjects("instance_name IN ('a1', 'b 2') AND path = 'x'"), None, "AWS would refuse b 2");
    }
}
