//! What is said of the saved queries: all of them by theme, or one with its parameters.

use std::collections::BTreeMap;
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{Library, SavedQuery};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::parameters::Declaration;

/// How wide the column of names is at most.
const NAMES: usize = 36;

impl Library {
    /// Those that a pattern matches, by theme; one that is alone, or named by it, with all that its header says.
    ///
    /// # Errors
    /// [`Kind::Usage`] when there is none; the hint names the nearest.
    pub fn list(&self, pattern: Option<&str>, width: usize) -> Result<String> {
        let pattern = pattern.unwrap_or_default();
        if let Ok(query) = self.find(pattern) {
            return Ok(query.describe(width));
        }
        match self.matching(pattern)[..] {
            [] => {
                let error = Error::new(Kind::Usage, format!("no saved query has {pattern:?} in it"));
                let near = self.find(pattern).err().and_then(|error| error.hint().map(ToOwned::to_owned));
                Err(near.map_or_else(|| error.retold(), |hint| error.retold().with_hint(hint)))
            }
            [query] => Ok(query.describe(width)),
            ref queries => Ok(by_theme(queries, width)),
        }
    }
}

fn by_theme(queries: &[&SavedQuery], width: usize) -> String {
    let mut themes: BTreeMap<&str, Vec<&SavedQuery>> = BTreeMap::new();
    queries.iter().for_each(|query| themes.entry(&query.theme).or_default().push(query));
    let names = queries.iter().map(|query| query.name.width()).max().unwrap_or_default().min(NAMES);
    let mut text = String::new();
    for (theme, queries) in themes {
        let _ = writeln!(text, "{theme}");
        for query in queries {
            let mut what = query.title();
            let parameters = query.parameters();
            if !parameters.is_empty() {
                let _ = write!(what, " ({})", parameters.join(", "));
            }
            let _ = writeln!(text, "{}", beside(&query.name, names, &what, width));
        }
        text.push('\n');
    }
    text.push_str("lightsail-sql run NAME [k=v …] runs one, \\run NAME [k=v …] in the shell;\n");
    text.push_str("lightsail-sql queries NAME, or \\queries NAME, tells all of it.\n");
    text
}

impl SavedQuery {
    /// `days=90` for each parameter; only the name of one that must be given, or is NULL.
    fn parameters(&self) -> Vec<String> {
        let header = self.header();
        let parameter = |declared: datafusion_lightsail::header::Parameter<'_>| match declared.default {
            Some(default) if default != "null" => format!("{}={default}", declared.name),
            _ => declared.name.to_owned(),
        };
        header.parameters().map(parameter).collect()
    }

    /// All that its header says.
    fn describe(&self, width: usize) -> String {
        let header = self.header();
        let mut text = format!("{} ({})\n{}\n", self.name, self.theme, self.title());
        let description = header.field("description").map_or_else(|| header.description(), ToOwned::to_owned);
        if !description.is_empty() {
            let _ = write!(text, "\n{}\n", wrapped(&description, width).join("\n"));
        }
        if let Ok(Some(level)) = self.level() {
            let advice = self.advice().unwrap_or_default();
            let _ = write!(text, "\n{}\n", wrapped(&format!("{level}: {advice}"), width).join("\n"));
        }
        let declared = self.script().map(|script| script.declared.clone()).unwrap_or_default();
        if !declared.is_empty() {
            text.push_str("\nparameters:\n");
        }
        let head = |declared: &Declaration| match &declared.default {
            _ if declared.kind.is_none() && declared.default.is_none() => declared.name.clone(),
            _ => {
                let short = Declaration { meaning: String::new(), ..declared.clone() };
                short.to_string()
            }
        };
        let names =
            declared.iter().map(|declared| head(declared).width()).max().unwrap_or_default().min(NAMES);
        for declared in &declared {
            let _ = writeln!(text, "{}", beside(&head(declared), names, &declared.meaning, width));
        }
        if let Some(path) = &self.path {
            let _ = write!(text, "\nfile: {}\n", path.display());
        }
        let example = declared
            .first()
            .map(|declared| format!(" {}={}", declared.name, declared.default.as_deref().unwrap_or("…")));
        let _ = write!(text, "\nlightsail-sql run {}{}\n", self.name, example.unwrap_or_default());
        text
    }
}

/// A name and what it is, which goes on in lines beneath itself.
fn beside(name: &str, names: usize, what: &str, width: usize) -> String {
    let indent = names + 4;
    let pad = " ".repeat(names.saturating_sub(name.width()));
    let lines = wrapped(what, width.saturating_sub(indent));
    let what = lines.join(&format!("\n{}", " ".repeat(indent)));
    format!("  {name}{pad}  {what}").trim_end().to_owned()
}

/// The words of a text in lines of this width; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_stands_in_the_list_and_fits_the_screen() {
        let library = Library::open(&[]).unwrap();
        for width in [80, 120, 200] {
            let list = library.list(None, width).unwrap();
            let longest = list.lines().map(UnicodeWidthStr::width).max().unwrap();
            assert!(longest <= width, "{longest} of {width}");
            for query in library.matching("") {
                assert!(
                    list.lines().any(|line| line.split_whitespace().next() == Some(&query.name)),
                    "{list}"
                );
            }
        }
    }

    #[test]
    fn one_that_is_named_is_described() {
        let library = Library::open(&[]).unwrap();
        let told = library.list(Some("instances_by_age"), 80).unwrap();
        for part in [
            "Instances by age\n",
            "parameters:\n  days integer = 365",
            "lightsail-sql run instances_by_age days=365",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert!(told.lines().all(|line| line.width() <= 80), "{told}");
        assert!(library.list(Some("AGE"), 80).is_ok());
        let error = library.list(Some("nonsense"), 80).unwrap_err();
        assert!(error.to_string().contains("\"nonsense\""), "{error}");
    }
}
