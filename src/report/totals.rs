//! The totals of a report: questions about the whole fleet that no saved query asks, each an SQL file.

use datafusion_lightsail::header::Header;

/// A total: its name, and an SQL file with its title, its description and its theme.
pub(super) struct Declared {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

macro_rules! totals {
    ($($name:literal),* $(,)?) => {
        &[$(Declared { name: $name, sql: include_str!(concat!("totals/", $name, ".sql")) }),*]
    };
}

/// All of them, in the order in which a report has them.
pub(super) static TOTALS: &[Declared] =
    totals!["instances", "cost", "unpriced", "actuals", "storage", "expiring"];

/// The one that asks a call of each instance and disk, and is only asked where that is wanted.
pub(super) const ACTUALS: &str = "actuals";

impl Declared {
    pub(super) fn field(&self, name: &str) -> String {
        Header::read(self.sql).field(name).unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_it_is() {
        for total in TOTALS {
            for field in ["title", "description", "theme"] {
                assert!(!total.field(field).is_empty(), "{}: {field}", total.name);
            }
        }
        assert!(TOTALS.iter().any(|total| total.name == ACTUALS));
    }
}
