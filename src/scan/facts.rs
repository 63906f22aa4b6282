//! What is known of every row that a scan can hand on, before anything is asked: its predicates, those of a join
//! included, as the catalog's declarations want to hear it.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, Literal, NotExpr};

use super::predicate::Predicate;
use crate::aws::Target;
use crate::aws::target::Profile;
use crate::catalog::names::can_ask_for;
use crate::catalog::operation::{Known, Parameters};

/// More items than this that a predicate names, and their parents' listing is read instead.
const MAX_SUBJECTS: usize = 500;

/// What predicates say of the rows of a table.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    predicate: Predicate,
    schema: SchemaRef,
    now: i64,
    /// Columns that are the same in all rows of the target that is asked.
    place: Vec<(&'static str, String)>,
}

impl Facts {
    /// What follows from a predicate over a table of this schema, at a time in ms since 1970.
    pub(super) fn new(predicate: Predicate, schema: SchemaRef, now: i64) -> Self {
        Self { predicate, schema, now, place: Vec::new() }
    }

    /// The same of the rows of a target that say they are in one of these regions.
    pub(super) fn at(&self, target: &Target, regions: &[&str]) -> Self {
        let mut place = vec![("profile", target.profile.name.clone())];
        if let [region] = regions {
            place.push(("region", (*region).to_owned()));
        }
        Self { place, ..self.clone() }
    }

    /// Nothing is known.
    pub(super) fn none(schema: SchemaRef, now: i64) -> Self {
        Self::new(Predicate::default(), schema, now)
    }

    /// Whether a row can pass of which these columns are known to be these texts, or NULL.
    pub(super) fn is_possible(&self, known: &[(&str, Option<&str>)]) -> bool {
        let is_new = |column: &str| known.iter().all(|(known, _)| *known != column);
        let place = self.place.iter().filter(|(column, _)| is_new(column));
        let place = place.map(|(column, text)| (*column, Some(text.as_str())));
        self.predicate.is_possible(&self.schema, &known.iter().copied().chain(place).collect::<Vec<_>>())
    }

    /// Whether no row can pass.
    pub(super) fn is_contradiction(&self) -> bool {
        self.predicate.is_contradiction()
    }

    /// The items that the columns of `keys` name, each as request members; none if some member can have any value, or one
    /// that cannot be asked for. A member may be named by one column in one table and by another in the next.
    pub(super) fn subjects(&self, keys: &[(&str, &'static str)]) -> Option<Vec<Parameters>> {
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
    pub(super) fn allow(&self, subject: &Parameters, keys: &[(&str, &'static str)]) -> bool {
        let is_ours = |column: &str| self.schema.column_with_name(column).is_some();
        let known = keys.iter().filter(|(column, _)| is_ours(column));
        let known = known.filter_map(|(column, member)| Some((*column, Some(subject.text(member)?))));
        self.is_possible(&known.collect::<Vec<_>>())
    }
}

/// Whether a row of a target can pass that says it is in one of these regions.
pub(super) fn is_possible(facts: &Facts, target: &Target, regions: &[&str], account: Option<&str>) -> bool {
    regions.iter().any(|region| may_pass(facts, &target.profile, Some(region), account))
}

/// Whether a row of a profile can pass: of its region and account, as far as they are known.
pub(super) fn may_pass(
    facts: &Facts,
    profile: &Profile,
    region: Option<&str>,
    account: Option<&str>,
) -> bool {
    let mut known = vec![("profile", Some(profile.name.as_str()))];
    known.extend(region.map(|region| ("region", Some(region))));
    if account.is_none() {
        return facts.is_possible(&known);
    }
    // A row without an arn does not say its account.
    [account, None].into_iter().any(|account| {
        let with_account: Vec<_> = known.iter().copied().chain([("account_id", account)]).collect();
        facts.is_possible(&with_account)
    })
}

impl Known for Facts {
    fn texts(&self, column: &str) -> Option<BTreeSet<String>> {
        self.predicate.texts(column, &self.place)
    }

    fn range(&self, column: &str) -> (Option<i64>, Option<i64>) {
        let (mut least, mut greatest) = (None, None);
        let mut at_least = |value: i64| least = Some(least.map_or(value, |known: i64| known.max(value)));
        let mut at_most = |value: i64| greatest = Some(greatest.map_or(value, |known: i64| known.min(value)));
        for conjunct in self.predicate.conjuncts() {
            let Some((operator, value)) = comparison(conjunct.as_ref(), column) else { continue };
            match operator {
                Operator::Gt | Operator::GtEq => at_least(value.floor),
                Operator::Lt | Operator::LtEq => at_most(value.ceil),
                Operator::Eq => {
                    at_least(value.floor);
                    at_most(value.ceil);
                }
                _ => {}
            }
        }
        (least, greatest)
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

/// A number or a time in ms, between two whole ones if it is none.
struct Bound {
    floor: i64,
    ceil: i64,
}

/// The comparison of a column with a literal, the column on the left.
fn comparison(conjunct: &dyn PhysicalExpr, column: &str) -> Option<(Operator, Bound)> {
    let binary = conjunct.downcast_ref::<BinaryExpr>()?;
    let sides = |left: &dyn PhysicalExpr, right: &dyn PhysicalExpr| {
        // The bounds below are those of numbers and times, whose casts keep their order.
        let left = left.downcast_ref::<CastExpr>().map_or(left, |cast| cast.expr().as_ref());
        let is_it = left.downcast_ref::<Column>().is_some_and(|found| found.name() == column);
        is_it.then(|| bound(right.downcast_ref::<Literal>()?.value())).flatten()
    };
    let (left, right) = (binary.left().as_ref(), binary.right().as_ref());
    match sides(left, right) {
        Some(bound) => Some((*binary.op(), bound)),
        None => Some((binary.op().swap()?, sides(right, left)?)),
    }
}

fn bound(value: &ScalarValue) -> Option<Bound> {
    let exactly = |value: i64| Some(Bound { floor: value, ceil: value });
    let divided = |value: i64, by: i64| {
        let floor = value.div_euclid(by);
        Some(Bound { floor, ceil: floor + i64::from(value.rem_euclid(by) > 0) })
    };
    match value {
        ScalarValue::Int32(value) => exactly((*value)?.into()),
        ScalarValue::Int64(value) => exactly((*value)?),
        ScalarValue::TimestampSecond(value, _) => exactly((*value)?.checked_mul(1000)?),
        ScalarValue::TimestampMillisecond(value, _) => exactly((*value)?),
        ScalarValue::TimestampMicrosecond(value, _) => divided((*value)?, 1000),
        ScalarValue::TimestampNanosecond(value, _) => divided((*value)?, 1_000_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::common::DFSchema;
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::catalog::Table;
    use crate::catalog::resources::instances::{DISKS, INSTANCES};

    fn facts(table: &dyn Table, sql: &str) -> Facts {
        let context = SessionContext::new();
        let schema = DFSchema::try_from(table.schema()).unwrap();
        let expr = context.parse_sql_expr(sql, &schema).unwrap();
        let predicate = Predicate::new([context.create_physical_expr(expr, &schema).unwrap()]);
        Facts::new(predicate, table.schema(), 0)
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
            assert_eq!(facts(&INSTANCES, sql).range(column), range, "{sql}");
        }
        let between = bound(&ScalarValue::TimestampNanosecond(Some(-1_500_000), None)).unwrap();
        assert_eq!((between.floor, between.ceil), (-2, -1));
    }

    #[test]
    fn flags() {
        for (sql, flag) in [
            ("is_system_disk", Some(true)),
            ("NOT is_system_disk AND size_in_gb > 1", Some(false)),
            ("is_system_disk OR size_in_gb > 1", None),
        ] {
            assert_eq!(facts(&DISKS, sql).flag("is_system_disk"), flag, "{sql}");
        }
    }

    #[test]
    fn subjects_are_all_combinations_of_what_the_keys_can_be() {
        let keys = [("instance_name", "instanceName"), ("path", "devicePath")];
        let subjects = |sql: &str| {
            let subjects = facts(&DISKS, sql).subjects(&keys)?;
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
