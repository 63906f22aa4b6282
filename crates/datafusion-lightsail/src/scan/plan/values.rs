//! Filters that want a value which a column never has.

use datafusion::common::utils::datafusion_strsim::levenshtein;

use crate::aws::listed;
use crate::catalog::operation::Known;
use crate::catalog::values::columns;
use crate::scan::plan::spec::ScanSpec;

impl ScanSpec {
    /// What a person is told of each column whose filter wants values that the API does not have.
    pub(in crate::scan) fn unknown_values(&self) -> Vec<String> {
        let of_column = |(column, values): (&str, &[&str])| {
            let wanted = self.constraints.texts(column)?;
            let unknown: Vec<String> = wanted
                .iter()
                .filter(|text| !values.contains(&text.as_str()))
                .map(|text| format!("'{text}'"))
                .collect();
            let first = wanted.iter().find(|text| !values.contains(&text.as_str()))?;
            let distance = |value: &&&str| levenshtein(&value.to_lowercase(), &first.to_lowercase());
            let near = values.iter().filter(|value| distance(value) <= 2).min_by_key(distance);
            let meant = near.map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
            let (name, unknown) = (self.table.name(), unknown.join(" or "));
            let are_none = if unknown.contains(" or ") { "are no values" } else { "is no value" };
            Some(format!(
                "{unknown} {are_none} of {name}.{column} that is known{meant}: there are {}",
                listed(values.iter().copied())
            ))
        };
        columns(self.table.name()).filter_map(of_column).collect()
    }
}
