//! Filters that want a value which a column never has.

use datafusion::common::utils::datafusion_strsim::levenshtein;

use crate::aws::listed;
use crate::catalog::operation::Known;
use crate::catalog::values::columns;
use crate::scan::plan::mentions::Spelling;
use crate::scan::plan::spec::ScanSpec;

impl ScanSpec {
    /// What a person is told of each column that is compared with values which the API does not have.
    pub(in crate::scan) fn unknown_values(&self) -> Vec<String> {
        columns(self.table.name()).filter_map(|(column, values)| self.unknown_of(column, values)).collect()
    }

    fn unknown_of(&self, column: &str, values: &[&str]) -> Option<String> {
        let mut unknown = self.constraints.texts(column).unwrap_or_default();
        unknown.retain(|text| !values.contains(&text.as_str()));
        // What is said above a UNION may be meant for its other branches.
        let said = if self.said.is_in_union { &[][..] } else { &self.said.names.values };
        let is_unknown = |text: &str, spelling| match spelling {
            Spelling::Exact => !values.contains(&text),
            Spelling::Lower => !values.iter().any(|value| value.to_lowercase() == text),
            Spelling::Upper => !values.iter().any(|value| value.to_uppercase() == text),
        };
        // `<> ''` is how people leave out what is empty.
        let said = said
            .iter()
            .filter(|(of, text, spelling)| of == column && !text.is_empty() && is_unknown(text, *spelling));
        unknown.extend(said.map(|(_, text, _)| text.clone()));
        let quoted = |texts: Vec<&str>, word: &str| {
            texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(word)
        };
        let distance = |value: &str, text: &str| levenshtein(&value.to_lowercase(), &text.to_lowercase());
        let near = |text: &String| {
            let near = values.iter().copied().filter(|value| distance(value, text) <= 2);
            near.min_by_key(|value| distance(value, text))
        };
        let mut meant: Vec<&str> = unknown.iter().filter_map(near).collect();
        meant.dedup();
        let meant = match meant.is_empty() {
            true => String::new(),
            false => format!(" (did you mean {}?)", quoted(meant, " and ")),
        };
        let are_none = match unknown.len() {
            0 => return None,
            1 => "is no value",
            _ => "are no values",
        };
        let (name, unknown) =
            (self.table.name(), quoted(unknown.iter().map(String::as_str).collect(), " or "));
        let known = if are_none.starts_with("is") { "is known" } else { "are known" };
        Some(format!(
            "{unknown} {are_none} of {name}.{column} that {known}{meant}: there are {}",
            listed(values.iter().copied())
        ))
    }
}
