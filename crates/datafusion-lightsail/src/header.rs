//! The comment lines that an SQL file begins with: what it is about, its parameters, the columns of a view.
//!
//! ```sql
//! -- One row for each instance, or whatever else there is to say.
//! -- title: A field
//! -- description: Another, whose text
//! --   goes on in lines that are indented.
//! -- param days integer = 90: A parameter, its type, its default, and what it means.
//! ```
//!
//! The first empty line ends them, but parameters may also stand below it, before the first statement.

/// What the comment lines at the beginning of an SQL text say.
#[derive(Debug, Default)]
pub struct Header(Vec<Entry>);

/// One line with those that it goes on in.
#[derive(Debug)]
struct Entry {
    kind: Kind,
    text: String,
    /// The number of its first line, from 1.
    line: usize,
}

#[derive(Debug)]
enum Kind {
    Plain,
    Field(String),
    /// With `name type = default`.
    Parameter(String),
}

/// A parameter as a header declares it: `-- param NAME [TYPE] [= DEFAULT][: MEANING]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// Its name; empty if the declaration has none.
    pub name: &'a str,
    /// Its type as it is written, if the declaration says one.
    pub kind: Option<&'a str>,
    /// Its default as it is written; `None` if the parameter must be given.
    pub default: Option<&'a str>,
    /// What it means; empty if the declaration does not say.
    pub meaning: &'a str,
    /// The line of the declaration, from 1.
    pub line: usize,
}

impl Header {
    /// Reads the lines up to the first that is neither a comment nor empty.
    pub fn read(sql: &str) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let mut is_documentation = true;
        let mut is_open = false;
        for (line, number) in sql.lines().zip(1..) {
            if line.is_empty() {
                (is_documentation, is_open) = (false, false);
                continue;
            }
            let Some(comment) = line.strip_prefix("--") else { break };
            let comment = comment.trim_start_matches('-');
            let entry = |kind, text: &str| Entry { kind, text: text.to_owned(), line: number };
            if let Some(declaration) = comment.trim().strip_prefix("param ") {
                let (declared, meaning) = declaration.split_once(": ").unwrap_or((declaration, ""));
                entries.push(entry(Kind::Parameter(declared.to_owned()), meaning));
                is_open = true;
            } else if let Some(more) = comment.strip_prefix("   ") {
                if let Some(last) = entries.last_mut().filter(|_| is_open) {
                    last.text = format!("{} {}", last.text, more.trim());
                }
            } else if is_documentation {
                let text = comment.trim();
                entries.push(match text.split_once(": ").filter(|(name, _)| is_name(name)) {
                    Some((name, text)) => entry(Kind::Field(name.to_owned()), text),
                    None => entry(Kind::Plain, text),
                });
                is_open = true;
            }
        }
        Self(entries)
    }

    /// What stands there in plain words.
    pub fn description(&self) -> String {
        let plain = self.0.iter().filter(|entry| matches!(entry.kind, Kind::Plain));
        plain.map(|entry| entry.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The fields, each with its text, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|entry| match &entry.kind {
            Kind::Field(name) => Some((name.as_str(), entry.text.as_str())),
            Kind::Plain | Kind::Parameter(_) => None,
        })
    }

    /// The text of the field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields().find(|(of, _)| *of == name).map(|(_, text)| text)
    }

    /// The parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.0.iter().filter_map(|entry| match &entry.kind {
            Kind::Parameter(declared) => {
                let (left, default) = match declared.split_once('=') {
                    Some((left, default)) => (left, Some(default.trim())),
                    None => (declared.as_str(), None),
                };
                let left = left.trim();
                let (name, kind) = left.split_once(char::is_whitespace).unwrap_or((left, ""));
                let kind = Some(kind.trim()).filter(|kind| !kind.is_empty());
                Some(Parameter { name, kind, default, meaning: &entry.text, line: entry.line })
            }
            Kind::Plain | Kind::Field(_) => None,
        })
    }
}

fn is_name(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !word.is_empty() && word.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_description_and_fields() {
        let header = Header::read(
            "-- One row for each thing:\n--   a second line.\n-- name: What it is called.\n-- size_in_gb: How big\n\
             --   it is: in GB.\n-- Not a field: this.\n\n-- not: this.\n--   nor this.\nSELECT 1\n-- too: late",
        );
        assert_eq!(header.description(), "One row for each thing: a second line. Not a field: this.");
        let fields: Vec<_> = header.fields().collect();
        assert_eq!(fields, [("name", "What it is called."), ("size_in_gb", "How big it is: in GB.")]);
        assert_eq!(header.field("name"), Some("What it is called."));
        assert_eq!(header.field("not"), None);
        assert_eq!(header.parameters().count(), 0);
    }

    #[test]
    fn parameters_may_stand_below_an_empty_line() {
        let header = Header::read(
            "-- title: Old ones\n-- param days integer = 90: how old\n--   is old\n\n--param  as_of=null\n\
             -- param tag text\nSELECT 1\n-- param late = 1",
        );
        let parameter = |name, kind, default, meaning, line| Parameter { name, kind, default, meaning, line };
        let found: Vec<_> = header.parameters().collect();
        assert_eq!(
            found,
            [
                parameter("days", Some("integer"), Some("90"), "how old is old", 2),
                parameter("as_of", None, Some("null"), "", 5),
                parameter("tag", Some("text"), None, "", 6)
            ]
        );
        assert_eq!(header.fields().collect::<Vec<_>>(), [("title", "Old ones")]);
    }

    #[test]
    fn lines_end_as_they_may() {
        let header = Header::read("-- title: T\r\n-- param a = 1: b\r\n\r\nSELECT 1\r\n");
        assert_eq!(header.field("title"), Some("T"));
        assert_eq!(
            header.parameters().next().map(|found| (found.name, found.default, found.meaning)),
            Some(("a", Some("1"), "b"))
        );
        assert_eq!(Header::read("").fields().count(), 0);
    }
}
