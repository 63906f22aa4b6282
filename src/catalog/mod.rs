//! What can be asked: declarations only, no I/O.
//!
//! [`TABLES`] is the one slice that everything else is derived from: the SQL schema, `\d`, completion, and the
//! tests that hold each table against the SDK's own model of the API.

pub mod column;
pub mod operation;
pub mod resources;
pub mod rows;
pub mod table;

use resources::{add_ons, instances, tags};
pub use table::Table;

/// Every table, in the order in which they are listed.
pub static TABLES: &[&dyn Table] =
    &[&instances::INSTANCES, &instances::DISKS, &instances::PORTS, &tags::TAGS, &add_ons::ADD_ONS];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::TABLES;

    /// All that must hold for any table; every violation is reported, by name.
    #[test]
    fn the_registry_keeps_its_invariants() {
        let mut wrong = Vec::new();
        let mut names = HashSet::new();
        for table in TABLES {
            let name = table.name();
            let identifier = |s: &str| {
                s.starts_with(|c: char| c.is_ascii_lowercase())
                    && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            };
            let sentence = |s: &str| s.ends_with('.') && s.len() > 8 && !s.contains('\n');
            if !names.insert(name) {
                wrong.push(format!("{name}: declared twice"));
            }
            if !identifier(name) {
                wrong.push(format!("{name}: no plain identifier"));
            }
            if !sentence(table.description()) {
                wrong.push(format!("{name}: its description is no sentence"));
            }
            let mut columns = HashSet::new();
            for column in table.columns() {
                let at = format!("{name}.{}", column.field.name());
                if !columns.insert(column.field.name().clone()) {
                    wrong.push(format!("{at}: declared twice"));
                }
                if !identifier(column.field.name()) {
                    wrong.push(format!("{at}: no plain identifier"));
                }
                if !sentence(column.description) {
                    wrong.push(format!("{at}: its description is no sentence"));
                }
                if ["password", "secret", "private_key"].iter().any(|s| column.field.name().contains(s)) {
                    wrong.push(format!("{at}: looks like a secret"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
