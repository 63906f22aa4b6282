//! What Tab offers behind ON: the keys of the tables that are joined, as the catalog describes them.

use datafusion_lightsail::catalog::TABLES;

use super::offer::Offer;
use crate::shell::names;
use crate::shell::sources::Source;

/// A column whose values are those of another table's.
struct Key {
    table: &'static str,
    column: String,
    of_table: &'static str,
    of_column: &'static str,
}

/// The keys that the descriptions of columns name: `…, to join with instances.arn.`
fn keys() -> Vec<Key> {
    let of_column = |table: &'static str, name: &str, description: &'static str| -> Vec<Key> {
        let targets = description.split_once("to join with ").map_or("", |(_, targets)| targets);
        let key = |target: &'static str| {
            let (of_table, of_column) = target.trim_end_matches(['.', ',', ':', ';']).split_once('.')?;
            let is_name =
                |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            let is_key = is_name(of_table) && is_name(of_column);
            is_key.then(|| Key { table, column: name.to_owned(), of_table, of_column })
        };
        targets.split_whitespace().filter_map(key).collect()
    };
    let columns =
        TABLES.iter().flat_map(|table| table.columns().into_iter().map(move |column| (table.name(), column)));
    columns.flat_map(|(table, column)| of_column(table, column.field.name(), column.description)).collect()
}

/// Adds the conditions that join these tables.
pub(super) fn conditions(sources: &[Source], offer: &mut Offer<'_>) {
    let keys = keys();
    let called = |name: &'static str| sources.iter().filter(move |source| names::is(&source.table, name));
    for key in &keys {
        for one in called(key.table) {
            for other in called(key.of_table).filter(|other| other.alias != one.alias) {
                let (one, other) = (names::quoted(&one.alias), names::quoted(&other.alias));
                offer.add(&format!("{one}.{} = {other}.{}", key.column, key.of_column));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_knows_keys_of_tables_that_there_are() {
        let keys = keys();
        assert!(keys.len() > 30, "{}", keys.len());
        for Key { table, column, of_table, of_column } in &keys {
            let other = TABLES.iter().find(|known| known.name() == *of_table);
            let has = other
                .is_some_and(|other| other.columns().iter().any(|known| known.field.name() == of_column));
            assert!(has, "{table}.{column}: {of_table}.{of_column}");
        }
    }
}
