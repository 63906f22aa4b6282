//! Which tables a capture has.

use datafusion_lightsail::catalog::{TABLES, Table};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;

use crate::pattern::Pattern;

/// The pattern of all tables that tell what there is.
const ALL: &str = "*";

/// The tables that patterns choose, without those that others exclude. What tells what happened, such as metrics and logs,
/// is only there where a pattern names it.
///
/// # Errors
/// [`Kind::Usage`] when a pattern matches no table, or no table is left.
pub fn chosen(tables: &[String], excluded: &[String]) -> Result<Vec<&'static dyn Table>> {
    tables.iter().chain(excluded).try_for_each(|pattern| check(pattern))?;
    let all = [ALL.to_owned()];
    let patterns = if tables.is_empty() { &all[..] } else { tables };
    let is_chosen = |table: &&&'static dyn Table| {
        let matches = |pattern: &String| match pattern.as_str() {
            ALL => table.range().is_none(),
            pattern => Pattern::new(pattern).matches(table.name()),
        };
        patterns.iter().any(matches)
            && !excluded.iter().any(|pattern| Pattern::new(pattern).matches(table.name()))
    };
    let chosen: Vec<_> = TABLES.iter().filter(is_chosen).copied().collect();
    match chosen.is_empty() {
        true => Err(Error::new(Kind::Usage, "no table is left to capture")),
        false => Ok(chosen),
    }
}

fn check(pattern: &str) -> Result<()> {
    if TABLES.iter().any(|table| Pattern::new(pattern).matches(table.name())) {
        return Ok(());
    }
    let error = Error::new(Kind::Usage, format!("there is no table {pattern}"));
    let names: Vec<String> = TABLES.iter().map(|table| table.name().to_owned()).collect();
    Err(match nearest(pattern, &names) {
        Some(meant) => error.with_hint(format!("did you mean {meant}?")),
        None => error.with_hint("lightsail-sql -c '\\d' lists them; views are made of tables"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tables: &[&str], excluded: &[&str]) -> Vec<&'static str> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        chosen(&owned(tables), &owned(excluded)).unwrap().iter().map(|table| table.name()).collect()
    }

    #[test]
    fn what_happened_is_only_captured_where_it_is_named() {
        let all = names(&[], &[]);
        assert!(all.contains(&"instances") && all.contains(&"auto_snapshots"), "{all:?}");
        for table in
            ["instance_metrics", "container_logs", "relational_database_log_events", "cost_estimates"]
        {
            assert!(!all.contains(&table), "{table}");
            assert!(names(&["*", table], &[]).contains(&table));
        }
        assert_eq!(names(&["*", "instance_metrics"], &[]).len(), all.len() + 1);
        assert_eq!(
            names(&["disks", "inst*s"], &["*snap*", "instance_port_*", "*metrics"]),
            ["instances", "disks"]
        );
    }

    #[test]
    fn a_slip_is_said() {
        let error = chosen(&["instnaces".into()], &[]).err().unwrap().to_string();
        assert!(error.contains("did you mean instances?"), "{error}");
        assert!(chosen(&["disks".into()], &["d*".into()]).is_err());
    }
}
