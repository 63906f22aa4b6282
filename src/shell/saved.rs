//! `\queries` and `\run`: the saved queries in the shell.

use crate::saved::Library;
use crate::script::Script;
use datafusion_lightsail::error::Result;
use datafusion_lightsail::script::Parameters;

/// How wide the list is where the terminal does not say its width.
const WIDTH: usize = 80;

/// The saved queries that a pattern matches, or all that there is to say of one.
///
/// # Errors
/// As [`Library::list`].
pub(super) fn list(pattern: &str) -> Result<String> {
    let width = terminal_size::terminal_size_of(std::io::stderr());
    Library::of_config()?.list(Some(pattern), width.map_or(WIDTH, |(width, _)| usize::from(width.0)))
}

/// The query that a line `NAME [k=v …]` names, with the values of all its parameters.
///
/// # Errors
/// When there is no such query or parameter, or a value is not of its type.
pub(super) fn read(line: &str) -> Result<(Script, Parameters)> {
    let mut words = words(line).into_iter();
    let name = words.next().unwrap_or_default();
    let (script, given) = Library::of_config()?.find(&name)?.with(&words.collect::<Vec<_>>())?;
    let values = script.values(&given)?;
    Ok((script, values))
}

/// Offers what may follow `\run ` or `\queries `: names, and behind the name the parameters that it does not have yet.
pub(super) fn offered(typed: &str, mut offer: impl FnMut(&str)) {
    let Ok(library) = Library::of_config() else { return };
    let mut words: Vec<&str> = typed.split_whitespace().collect();
    if !typed.ends_with(char::is_whitespace) {
        words.pop();
    }
    match words[..] {
        [_] => library.names().for_each(offer),
        ["\\run", name, ref values @ ..] => {
            let declared =
                library.find(name).and_then(|query| query.script()).map(|script| script.declared.clone());
            let is_new = |name: &str| {
                !values.iter().any(|value| value.split_once('=').is_some_and(|(given, _)| given == name))
            };
            let declared = declared.unwrap_or_default();
            declared.iter().filter(|declared| is_new(&declared.name)).for_each(|declared| {
                offer(&format!("{}=", declared.name));
            });
        }
        _ => {}
    }
}

/// The words of a line; quotes keep spaces together, and single ones around a whole value are the value's own.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => {
                quote = None;
                if c == '\'' {
                    word.push(c);
                }
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                if c == '\'' {
                    word.push(c);
                }
            }
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (_, c) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_have_spaces() {
        for (line, expected) in [
            ("a  days=3", vec!["a", "days=3"]),
            ("a tag=\"b c\" x=1", vec!["a", "tag=b c", "x=1"]),
            ("a tag='b c'", vec!["a", "tag='b c'"]),
            ("", vec![]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
        let (_, values) = read("tag_coverage tag='cost center'").unwrap();
        assert_eq!(values["tag"].to_string(), "cost center");
    }

    #[test]
    fn names_and_parameters_are_offered() {
        let found = |typed: &str| {
            let mut found = Vec::new();
            offered(typed, |name| found.push(name.to_owned()));
            found
        };
        assert!(found("\\run ").contains(&"stopped_instances".to_owned()));
        assert_eq!(found("\\run sto"), found("\\queries "));
        assert_eq!(found("\\run instances_by_age "), ["days=", "as_of="]);
        assert_eq!(found("\\run instances_by_age days=3 a"), ["as_of="]);
        assert!(found("\\queries instances_by_age ").is_empty());
        assert!(found("\\run nosuch ").is_empty());
    }
}
