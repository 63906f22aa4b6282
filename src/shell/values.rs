//! The values that Tab offers: what the session knows without asking anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::prelude::SessionContext;
use datafusion_lightsail::catalog::values::values;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::ScanContext;
use datafusion_lightsail::settings::SETTINGS;

/// How many values are remembered of a column, and of how many columns.
const REMEMBERED: usize = 1000;

/// A value that is longer is not typed but looked for.
const LONGEST: usize = 64;

/// So many rows of a batch are looked at: more would be felt where a million are shown.
const LOOKED_AT: usize = 200;

/// The column whose values are the keys of tags: no result has one of this name.
const TAG_KEYS: &str = "";

/// The values that were shown so far, by their columns.
static SEEN: Mutex<BTreeMap<String, BTreeSet<String>>> = Mutex::new(BTreeMap::new());

/// Remembers the short texts and the keys of the tags in rows that a person sees.
pub(crate) fn see(batch: &RecordBatch) {
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let column = column.slice(0, column.len().min(LOOKED_AT));
        match column.data_type() {
            DataType::Map(..) => {
                let Some(map) = column.as_map_opt() else { continue };
                for entries in map.iter().flatten() {
                    let [keys, values] = entries.columns() else { continue };
                    let keys = keys.as_string_opt::<i32>();
                    let values = values.as_string_opt::<i32>();
                    remember(TAG_KEYS, keys.into_iter().flatten().flatten());
                    for (key, value) in keys.into_iter().flatten().zip(values.into_iter().flatten()) {
                        remember(&tag(key.unwrap_or_default()), value.into_iter());
                    }
                }
            }
            DataType::Utf8 => {
                remember(field.name(), column.as_string_opt::<i32>().into_iter().flatten().flatten());
            }
            _ => {}
        }
    }
}

fn remember<'v>(column: &str, values: impl Iterator<Item = &'v str>) {
    let mut seen = seen();
    if !seen.contains_key(column) && seen.len() < REMEMBERED {
        seen.insert(column.to_owned(), BTreeSet::new());
    }
    let Some(known) = seen.get_mut(column) else { return };
    for value in values.filter(|value| (1..=LONGEST).contains(&value.len())) {
        if known.len() < REMEMBERED && !known.contains(value) {
            known.insert(value.to_owned());
        }
    }
}

fn seen() -> MutexGuard<'static, BTreeMap<String, BTreeSet<String>>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn seen_of(column: &str) -> Vec<String> {
    seen().get(column).into_iter().flatten().cloned().collect()
}

/// What the values of a tag are remembered by: no column is called so.
pub(super) fn tag(key: &str) -> String {
    format!("['{key}']")
}

/// The keys of the tags that were shown so far.
pub(super) fn tag_keys() -> Vec<String> {
    seen_of(TAG_KEYS)
}

/// The regions that there are, as far as anybody has told.
pub(super) fn regions(context: &SessionContext) -> Vec<String> {
    let config = context.copied_config();
    let Some(scans) = ScanContext::of(config.options()) else { return Vec::new() };
    let profiles = config.options().extensions.get::<LightsailOptions>().map(LightsailOptions::profile_list);
    let profiles = scans.clients().profiles(&profiles.unwrap_or_default());
    let mut regions: Vec<String> =
        profiles.iter().take(1).flat_map(|profile| scans.clients().known_regions(profile)).collect();
    regions.sort_unstable();
    regions
}

/// The profiles of the AWS configuration files, or the accounts that are asked.
pub(super) fn profiles(context: &SessionContext) -> Vec<String> {
    let config = context.copied_config();
    let Some(scans) = ScanContext::of(config.options()) else { return Vec::new() };
    let mut names: Vec<String> =
        scans.clients().profiles(&["*".to_owned()]).into_iter().map(|profile| profile.name).collect();
    names.retain(|name| name != "*");
    names.sort_unstable();
    names
}

/// The values of a column of one of these tables: those that the API says there are, else those that were shown.
pub(super) fn of_column(context: &SessionContext, tables: &[&str], column: &str) -> Vec<String> {
    match column {
        "region" => regions(context),
        "profile" => match profiles(context) {
            none if none.is_empty() => seen_of(column),
            profiles => profiles,
        },
        column => {
            let mut found: Vec<String> = tables
                .iter()
                .flat_map(|table| values(table, column))
                .map(|value| (*value).to_owned())
                .collect();
            found.sort_unstable();
            found.dedup();
            if found.is_empty() { seen_of(column) } else { found }
        }
    }
}

/// What a `lightsail.*` setting may be set to.
pub(super) fn of_setting(context: &SessionContext, name: &str) -> Vec<String> {
    match name.to_ascii_lowercase().as_str() {
        "regions" => [vec!["all".to_owned()], regions(context)].concat(),
        "profiles" => profiles(context),
        name => {
            let defaults = LightsailOptions::default();
            let setting = SETTINGS.iter().find(|setting| setting.name == name);
            let is_switch = setting.is_some_and(|setting| setting.show(&defaults) == "false");
            if is_switch { vec!["true".to_owned(), "false".to_owned()] } else { Vec::new() }
        }
    }
}
