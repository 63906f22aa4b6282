//! The values that Tab offers: what the session knows without asking anybody.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::prelude::SessionContext;
use datafusion_lightsail::catalog::values::values;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::ScanContext;
use datafusion_lightsail::settings::SETTINGS;

/// How many keys of tags are remembered.
const REMEMBERED: usize = 1000;

/// The keys of the tags that were shown so far.
static TAG_KEYS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Remembers the keys of the tags in rows that a person sees.
pub(crate) fn see(batch: &RecordBatch) {
    let maps = batch.columns().iter().filter(|column| matches!(column.data_type(), DataType::Map(..)));
    for map in maps.filter_map(|column| column.as_map_opt()) {
        let Some(keys) = map.keys().as_string_opt::<i32>() else { continue };
        let mut seen = seen();
        for key in keys.iter().flatten() {
            if seen.len() < REMEMBERED && !seen.contains(key) {
                seen.insert(key.to_owned());
            }
        }
    }
}

fn seen() -> MutexGuard<'static, BTreeSet<String>> {
    TAG_KEYS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The keys of the tags that were shown so far.
pub(super) fn tag_keys() -> Vec<String> {
    seen().iter().cloned().collect()
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

/// The values of a column of one of these tables, as far as the API says which there are.
pub(super) fn of_column(context: &SessionContext, tables: &[&str], column: &str) -> Vec<String> {
    match column {
        "region" => regions(context),
        "profile" => profiles(context),
        column => {
            let mut found: Vec<String> = tables
                .iter()
                .flat_map(|table| values(table, column))
                .map(|value| (*value).to_owned())
                .collect();
            found.sort_unstable();
            found.dedup();
            found
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
