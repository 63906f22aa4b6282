//! All that must hold for any table and any operation; every violation is reported, by name.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::datatypes::DataType;

use super::asks::tests::Facts;
use super::operation::{Operation, Scope};
use super::{TABLES, Table};

/// Columns that look like a secret and are none.
const HARMLESS: &[(&str, &str)] =
    &[("distribution_waf_rules.atp_config_password_field", "the name of a field in a form")];

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn is_sentence(text: &str) -> bool {
    text.ends_with('.') && text.len() > 8 && !text.contains('\n') && !text.contains("  ")
}

fn types(table: &dyn Table) -> BTreeMap<String, DataType> {
    let columns = table.columns().into_iter();
    columns.map(|column| (column.field.name().clone(), column.field.data_type().clone())).collect()
}

/// Every operation with the tables that it feeds: none for one that only names whom to ask about.
fn operations() -> Vec<(&'static Operation, Vec<&'static dyn Table>)> {
    let mut all: Vec<(&'static Operation, Vec<&'static dyn Table>)> = Vec::new();
    let mut left: Vec<(&'static Operation, Option<&'static dyn Table>)> = Vec::new();
    for table in TABLES {
        left.extend(table.sources().into_iter().map(|source| (source.operation, Some(*table))));
    }
    while let Some((operation, table)) = left.pop() {
        left.extend(operation.detail.map(|detail| (detail, table)));
        match all.iter_mut().find(|(known, _)| std::ptr::eq(*known, operation)) {
            Some((_, tables)) => tables.extend(table),
            None => {
                left.extend(operation.parents.iter().map(|parent| (parent.operation, None)));
                all.push((operation, table.into_iter().collect()));
            }
        }
    }
    all
}

fn wrong_in_table(table: &dyn Table) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = table.name();
    if !is_identifier(name) {
        wrong.push(format!("{name}: no plain identifier"));
    }
    if !is_sentence(table.description()) {
        wrong.push(format!("{name}: its description is no sentence"));
    }
    let mut columns = HashSet::new();
    for column in table.columns() {
        let at = format!("{name}.{}", column.field.name());
        if !columns.insert(column.field.name().clone()) {
            wrong.push(format!("{at}: declared twice"));
        }
        if !is_identifier(column.field.name()) {
            wrong.push(format!("{at}: no plain identifier"));
        }
        if !is_sentence(column.description) {
            wrong.push(format!("{at}: its description is no sentence"));
        }
        let looks_secret =
            ["password", "secret", "private_key"].iter().any(|s| column.field.name().contains(s));
        if looks_secret && !HARMLESS.iter().any(|(harmless, _)| *harmless == at) {
            wrong.push(format!("{at}: looks like a secret"));
        }
    }
    if table.examples().is_empty() {
        wrong.push(format!("{name}: has no example"));
    }
    for example in table.examples() {
        let is_about = example.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        if !is_about || !example.starts_with("SELECT ") || example.contains("  ") || example.contains(';') {
            wrong.push(format!("{name}: no example of one query about it: {example}"));
        }
    }
    if let Some(key) = table.key() {
        if types(table).get(key) != Some(&DataType::Utf8) {
            wrong.push(format!("{name}: its key {key} is no text column"));
        }
        if table.sources().iter().any(|source| source.operation.lookup.is_none()) {
            wrong.push(format!("{name}: has a key, but {} has no look-up", table.operations()));
        }
    }
    for source in table.sources() {
        if let Some((column, texts)) = source.texts
            && (types(table).get(column) != Some(&DataType::Utf8) || texts.is_empty())
        {
            wrong.push(format!("{name}: {} tells the texts of no column", source.operation.name));
        }
    }
    wrong
}

/// A child table begins with the name and the arn of its parent, which must be columns of a table of the same items.
fn wrong_in_child(table: &dyn Table) -> Option<String> {
    let columns = table.columns();
    let parent = columns.get(3)?.field.name().strip_suffix("_name")?.to_owned();
    (columns.get(4)?.field.name() == &format!("{parent}_arn")).then_some(())?;
    let shares = |other: &&&dyn Table| {
        let names: HashSet<_> = other.sources().iter().map(|source| source.operation.name).collect();
        table.sources().iter().all(|source| names.contains(source.operation.name))
    };
    let has_keys = |other: &&dyn Table| ["name", "arn"].iter().all(|key| types(*other).contains_key(*key));
    let is_there =
        TABLES.iter().filter(shares).any(|other| has_keys(other) && other.name().starts_with(&parent));
    (!is_there).then(|| format!("{}: there is no table of the {parent} that its keys name", table.name()))
}

fn wrong_in_operation(operation: &Operation, tables: &[&'static dyn Table]) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = operation.name;
    for asked in [name].into_iter().chain(operation.lookup.as_ref().map(|lookup| lookup.name)) {
        if !asked.starts_with("Get") {
            wrong.push(format!("{asked}: does it only read?"));
        }
    }
    if operation.parents.is_empty() != operation.keys.is_empty() {
        wrong.push(format!("{name}: has keys without parents, or parents without keys"));
    }
    let members: BTreeSet<_> = operation.keys.iter().map(|(_, member)| *member).collect();
    // A table of many kinds of resources has no column for what one of them asks.
    for table in tables.iter().filter(|table| table.sources().len() == 1) {
        let types = types(*table);
        let has = |member: &&&str| {
            let mut columns =
                operation.keys.iter().filter(|(_, of)| of == *member).map(|(column, _)| *column);
            columns.any(|column| types.get(column) == Some(&DataType::Utf8))
        };
        for member in members.iter().filter(|member| !has(member)) {
            wrong.push(format!("{name}: no column of {} tells its {member}", table.name()));
        }
    }
    for (column, _) in operation.keys {
        if !tables.is_empty() && !tables.iter().any(|table| types(*table).contains_key(*column)) {
            wrong.push(format!("{name}: its key {column} is a column of no table"));
        }
    }
    let facts = Facts::default();
    if (operation.asks)(&facts).is_empty() {
        wrong.push(format!("{name}: asks nothing where nothing is known"));
    }
    for (column, kind) in facts.asked_for.borrow().iter() {
        let fits = |data_type: &DataType| match *kind {
            "text" => *data_type == DataType::Utf8,
            "flag" => *data_type == DataType::Boolean,
            _ => matches!(data_type, DataType::Int32 | DataType::Timestamp(..)),
        };
        if !tables.iter().any(|table| types(*table).get(column).is_some_and(fits)) {
            wrong.push(format!("{name}: asks for the {kind} of {column}, which no table has"));
        }
    }
    let is_time = |column: &str| {
        tables.iter().any(|table| matches!(types(*table).get(column), Some(DataType::Timestamp(..))))
    };
    let has_range = facts.asked_for.borrow().iter().any(|(column, kind)| *kind == "range" && is_time(column));
    if has_range && (operation.falls_short_of)(&facts).is_empty() {
        wrong.push(format!("{name}: asks for a range of times, and says nothing where none is known"));
    }
    for column in operation.reaches {
        if !tables.iter().any(|table| types(*table).contains_key(*column)) {
            wrong.push(format!("{name}: reaches other regions by {column}, which no table has"));
        }
    }
    let is_global = ["Distribution", "Domain"].iter().any(|what| name.contains(what));
    if is_global != (operation.scope == Scope::UsEast1) {
        wrong.push(format!("{name}: is {:?} its scope?", operation.scope));
    }
    wrong
}

#[test]
fn the_registry_keeps_its_invariants() {
    let mut wrong = Vec::new();
    let mut names = HashSet::new();
    for table in TABLES {
        if !names.insert(table.name()) {
            wrong.push(format!("{}: declared twice", table.name()));
        }
        wrong.extend(wrong_in_table(*table));
        wrong.extend(wrong_in_child(*table));
    }
    for (operation, tables) in operations() {
        wrong.extend(wrong_in_operation(operation, &tables));
    }
    for (harmless, _) in HARMLESS {
        let is_there = |(table, column): (&str, &str)| {
            TABLES.iter().any(|known| known.name() == table && types(*known).contains_key(column))
        };
        if !harmless.split_once('.').is_some_and(is_there) {
            wrong.push(format!("{harmless}: excused, but there is no such column"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
