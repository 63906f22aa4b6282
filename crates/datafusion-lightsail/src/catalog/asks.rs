//! Which request members a predicate fills, for [`Operation::asks`](super::operation::Operation::asks): functions of
//! what is known, no I/O. Whatever they leave out of an answer, the predicate would drop.

use aws_sdk_lightsail::types::AppCategory;

use super::names::can_ask_for;
use super::operation::{Known, Parameters, Value};

/// More values than this, and one listing of all is less than a request for each.
const MAX_REQUESTS: usize = 8;

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

/// One request for each name that a column can have, or one for all.
pub(super) fn each_name(known: &dyn Known, column: &str, member: &'static str) -> Vec<Parameters> {
    match known.texts(column) {
        Some(names) if names.iter().all(|name| can_ask_for(member, name)) => each_text(known, column, member),
        _ => vec![Parameters::default()],
    }
}

/// One request for each text that a column can have, or one for all.
fn each_text(known: &dyn Known, column: &str, member: &'static str) -> Vec<Parameters> {
    match known.texts(column) {
        Some(texts) if texts.len() <= MAX_REQUESTS => {
            texts.into_iter().map(|text| Parameters::default().with_text(member, text)).collect()
        }
        _ => vec![Parameters::default()],
    }
}

/// The same for an enum: the API refuses a request with a value that it does not know.
pub(super) fn each_of(
    known: &dyn Known,
    column: &str,
    member: &'static str,
    values: &[&str],
) -> Vec<Parameters> {
    match known.texts(column) {
        Some(texts) if texts.iter().all(|text| values.contains(&text.as_str())) => {
            each_text(known, column, member)
        }
        _ => vec![Parameters::default()],
    }
}

/// What is not offered any more is listed too, except where only what `is_active` is wanted.
pub(super) fn with_inactive(known: &dyn Known) -> Parameters {
    match known.flag("is_active") {
        Some(true) => Parameters::default(),
        _ => Parameters::default().with("includeInactive", Value::Flag(true)),
    }
}

/// Without a category the API lists what belongs to none, so that all there is takes a request for each category, too;
/// fewer where `column` can have only some.
pub(super) fn each_category(known: &dyn Known, column: Option<&str>) -> Vec<Parameters> {
    let texts = column.and_then(|column| known.texts(column));
    let categories = AppCategory::values().iter().copied();
    let categories =
        categories.filter(|category| texts.as_ref().is_none_or(|texts| texts.contains(*category)));
    let of_none = texts
        .as_ref()
        .is_none_or(|texts| texts.iter().any(|text| !AppCategory::values().contains(&text.as_str())));
    let requests = of_none.then(|| with_inactive(known)).into_iter();
    requests
        .chain(categories.map(|category| with_inactive(known).with_text("appCategory", category)))
        .collect()
}

/// `startTime` and `endTime` as far as the range of a column of times says them. They are whole seconds around the
/// range: services differ in whether an end belongs to it.
pub(super) fn between(known: &dyn Known, column: &str) -> Vec<Parameters> {
    let (from, to) = known.range(column);
    if matches!((from, to), (Some(from), Some(to)) if from > to) {
        return Vec::new();
    }
    let mut parameters = Parameters::default();
    if let Some(from) = from {
        parameters = parameters.with("startTime", Value::Time(floor(from, SECOND)));
    }
    if let Some(to) = to {
        parameters = parameters.with("endTime", Value::Time(after(to, SECOND)));
    }
    vec![parameters]
}

/// The last multiple of `step` that is not after `time`.
pub(super) fn floor(time: i64, step: i64) -> i64 {
    time.div_euclid(step).saturating_mul(step)
}

/// The first multiple of `step` after `time`.
pub(super) fn after(time: i64, step: i64) -> i64 {
    floor(time, step).saturating_add(step)
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// 2025-06-01T00:00:00Z.
    pub(in crate::catalog) const NOW: i64 = 1_748_736_000_000;

    /// What a test says is known; it remembers what it was asked for.
    #[derive(Default)]
    pub(in crate::catalog) struct Facts {
        texts: BTreeMap<&'static str, BTreeSet<String>>,
        ranges: BTreeMap<&'static str, (Option<i64>, Option<i64>)>,
        flags: BTreeMap<&'static str, bool>,
        later: BTreeSet<&'static str>,
        pub(in crate::catalog) asked_for: RefCell<BTreeSet<(String, &'static str)>>,
    }

    impl Facts {
        pub(in crate::catalog) fn texts(mut self, column: &'static str, texts: &[&str]) -> Self {
            self.texts.insert(column, texts.iter().map(|text| (*text).to_owned()).collect());
            self
        }

        pub(in crate::catalog) fn range(
            mut self,
            column: &'static str,
            from: Option<i64>,
            to: Option<i64>,
        ) -> Self {
            self.ranges.insert(column, (from, to));
            self
        }

        pub(in crate::catalog) fn later(mut self, column: &'static str) -> Self {
            self.later.insert(column);
            self
        }

        pub(in crate::catalog) fn flag(mut self, column: &'static str, flag: bool) -> Self {
            self.flags.insert(column, flag);
            self
        }
    }

    impl Known for Facts {
        fn texts(&self, column: &str) -> Option<BTreeSet<String>> {
            self.asked_for.borrow_mut().insert((column.to_owned(), "text"));
            self.texts.get(column).cloned()
        }

        fn range(&self, column: &str) -> (Option<i64>, Option<i64>) {
            self.asked_for.borrow_mut().insert((column.to_owned(), "range"));
            self.ranges.get(column).copied().unwrap_or_default()
        }

        fn allowed(&self, column: &str, values: &[i64]) -> Option<Vec<i64>> {
            self.asked_for.borrow_mut().insert((column.to_owned(), "allowed"));
            let (least, greatest) = self.ranges.get(column)?;
            let is_in = |value: &&i64| {
                least.is_none_or(|least| least <= **value)
                    && greatest.is_none_or(|greatest| **value <= greatest)
            };
            Some(values.iter().filter(is_in).copied().collect())
        }

        fn is_about(&self, column: &str) -> bool {
            self.ranges.contains_key(column) || self.texts.contains_key(column)
        }

        fn is_decided_later(&self, column: &str) -> bool {
            self.later.contains(column)
        }

        fn flag(&self, column: &str) -> Option<bool> {
            self.asked_for.borrow_mut().insert((column.to_owned(), "flag"));
            self.flags.get(column).copied()
        }

        fn now(&self) -> i64 {
            NOW
        }
    }

    /// The requests, as text.
    pub(in crate::catalog) fn shown(requests: &[Parameters]) -> Vec<String> {
        requests.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_few_names_are_a_request_each() {
        let ask = |facts: Facts| shown(&each_name(&facts, "name", "alarmName"));
        assert_eq!(ask(Facts::default()), [""]);
        assert_eq!(ask(Facts::default().texts("name", &["b2", "a1"])), ["alarmName=a1", "alarmName=b2"]);
        assert_eq!(ask(Facts::default().texts("name", &[])), [""; 0]);
        let nine = ["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"];
        assert_eq!(ask(Facts::default().texts("name", &nine)), [""]);
        assert_eq!(ask(Facts::default().texts("name", &["a1", "b 2"])), [""], "AWS would refuse b 2");
    }

    #[test]
    fn an_enum_is_sent_only_if_the_api_knows_it() {
        let ask = |texts: &[&str]| {
            shown(&each_of(&Facts::default().texts("status", texts), "status", "statuses", &["A", "B"]))
        };
        assert_eq!(ask(&["A"]), ["statuses=A"]);
        assert_eq!(ask(&["A", "C"]), [""]);
    }

    #[test]
    fn the_inactive_are_left_out_only_where_the_predicate_does() {
        let ask = |facts: Facts| with_inactive(&facts).to_string();
        assert_eq!(ask(Facts::default()), "includeInactive=true");
        assert_eq!(ask(Facts::default().flag("is_active", false)), "includeInactive=true");
        assert_eq!(ask(Facts::default().flag("is_active", true)), "");
    }

    #[test]
    fn every_category_is_asked_for_unless_the_predicate_leaves_it_out() {
        let ask = |facts: Facts| shown(&each_category(&facts.flag("is_active", true), Some("app_category")));
        assert_eq!(ask(Facts::default()), ["", "appCategory=LfR"]);
        assert_eq!(ask(Facts::default().texts("app_category", &["LfR"])), ["appCategory=LfR"]);
        assert_eq!(ask(Facts::default().texts("app_category", &["other"])), [""]);
    }

    #[test]
    fn times_are_widened_to_whole_seconds() {
        let ask = |from, to| shown(&between(&Facts::default().range("created_at", from, to), "created_at"));
        assert_eq!(ask(None, None), [""]);
        assert_eq!(
            ask(Some(NOW + 1), Some(NOW + 1)),
            ["endTime=2025-06-01T00:00:01Z, startTime=2025-06-01T00:00:00Z"]
        );
        assert_eq!(ask(Some(NOW), None), ["startTime=2025-06-01T00:00:00Z"]);
        assert_eq!(ask(Some(2), Some(1)), [""; 0]);
        assert_eq!(ask(Some(i64::MAX), None).len(), 1, "no overflow");
    }
}
