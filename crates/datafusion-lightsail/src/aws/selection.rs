//! Which profiles a list of names, globs, exclusions and `@files` means.

use std::collections::HashSet;

use super::discovery::glob;
use super::files::listed;
use crate::error::{Error, Kind, Result};

/// The names that a list means, in its order and none twice, and what in it means nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) names: Vec<String>,
    /// Parts of the list that cannot be followed, and why.
    pub(super) strays: Vec<(String, String)>,
}

/// Whether a part of a list names one profile, as far as can be told without knowing which there are.
pub fn is_profile_name(part: &str) -> bool {
    !part.starts_with(['!', '@']) && !part.contains(['*', '?'])
}

impl Selection {
    /// What a list means among the profiles that there are. A name that is one of theirs is that name, however it is
    /// written. A list of exclusions alone excludes from all.
    ///
    /// A name that nobody has is kept: only whoever asks it can say what is wrong.
    pub(super) fn of(list: &[String], known: &[&str], read: impl Fn(&str) -> Result<String>) -> Self {
        let all: HashSet<&str> = known.iter().copied().collect();
        let mut selection = Self::default();
        let mut parts: Vec<String> = Vec::new();
        for part in &rejoined(list, known) {
            match part.strip_prefix('@').filter(|_| !all.contains(part.as_str())) {
                None => parts.push(part.clone()),
                Some(path) => match read(path) {
                    Ok(text) => parts.extend(names_in(&text).map(ToOwned::to_owned)),
                    Err(error) => selection.strays.push((part.clone(), error.message().to_owned())),
                },
            }
        }
        let is_name = |part: &str| all.contains(part) || is_profile_name(part);
        let (excluded, mut included): (Vec<&str>, Vec<&str>) =
            parts.iter().map(String::as_str).partition(|part| part.starts_with('!') && !all.contains(part));
        if included.is_empty() && !excluded.is_empty() {
            included.push("*");
        }
        let mut names: Vec<&str> = Vec::new();
        let mut seen = HashSet::new();
        for part in included {
            match is_name(part) {
                true => names.extend(seen.insert(part).then_some(part)),
                false => {
                    let matching = known.iter().copied().filter(|name| glob(part, name));
                    let mut is_stray = true;
                    for name in matching {
                        is_stray = false;
                        names.extend(seen.insert(name).then_some(name));
                    }
                    if is_stray {
                        selection.strays.push((part.to_owned(), nothing(part, known)));
                    }
                }
            }
        }
        for pattern in &excluded {
            let bare = &pattern[1..];
            if !names.iter().chain(known).any(|name| glob(bare, name)) {
                selection.strays.push(((*pattern).to_owned(), nothing(bare, known)));
            }
        }
        let is_out = |name: &&str| excluded.iter().any(|pattern| glob(&pattern[1..], name));
        names.retain(|name| !is_out(name));
        if names.is_empty() && selection.strays.is_empty() {
            let list = list.join(",");
            selection.strays.push((list.clone(), format!("nothing is left of {list}: {}", there_are(known))));
        }
        selection.names = names.into_iter().map(ToOwned::to_owned).collect();
        selection
    }
}

/// The list with names put together again that have commas, which part the names of a list.
fn rejoined(list: &[String], known: &[&str]) -> Vec<String> {
    let mut with_commas: Vec<(&str, Vec<&str>)> = known
        .iter()
        .filter(|name| name.contains(','))
        .map(|name| (*name, name.split(',').map(str::trim).collect()))
        .collect();
    with_commas.sort_by_key(|(_, pieces)| std::cmp::Reverse(pieces.len()));
    let (mut parts, mut rest) = (Vec::new(), list);
    while let Some(first) = rest.first() {
        let is_next = |pieces: &[&str]| {
            rest.len() >= pieces.len() && rest.iter().zip(pieces).all(|(part, piece)| part.trim() == *piece)
        };
        let (name, taken) = match with_commas.iter().find(|(_, pieces)| is_next(pieces)) {
            Some((name, pieces)) => ((*name).to_owned(), pieces.len()),
            None => (first.clone(), 1),
        };
        parts.push(name);
        rest = &rest[taken..];
    }
    parts
}

/// The names in a file: one a line, without comments.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Reads a file of names.
///
/// # Errors
/// [`Kind::Credentials`] when it cannot be read.
pub(super) fn read_names(path: &str) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| Error::new(Kind::Credentials, format!("cannot read the names in {path}: {error}")))
}

fn nothing(pattern: &str, known: &[&str]) -> String {
    format!("no profile matches {pattern}: {}", there_are(known))
}

fn there_are(known: &[&str]) -> String {
    match known {
        [] => "there are no profiles".to_owned(),
        known => format!("the profiles there are: {}", listed(known.iter().copied())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(list: &str) -> (String, Vec<String>) {
        let known = ["team-a", "team-b", "team-old", "other", "@work", "a*", "one, two", "one, two,three"];
        let list: Vec<String> = list.split(',').map(ToOwned::to_owned).collect();
        let read = |path: &str| match path {
            "file" => Ok("# text\n\nteam-b\r\n  other  \n!team-old\n".to_owned()),
            _ => read_names(path),
        };
        let Selection { names, strays } = Selection::of(&list, &known, read);
        (names.join(","), strays.into_iter().map(|(part, _)| part).collect())
    }

    #[test]
    fn names_globs_exclusions_and_files() {
        for (list, expected) in [
            ("other,team-a,other", "other,team-a"),
            ("team-*,!team-old", "team-a,team-b"),
            ("team-?,team-a", "team-a,team-b"),
            ("!team-*", "other,@work,a*,one, two,one, two,three"),
            ("other,one, two", "other,one, two"),
            ("one,two,three,team-a", "one, two,three,team-a"),
            ("one*two", "one, two"),
            ("team-*,@file", "team-a,team-b,other"),
            ("@work,a*", "@work,a*"),
            ("gone", "gone"),
            ("gone,!gone,other", "other"),
        ] {
            assert_eq!(selected(list), (expected.to_owned(), Vec::new()), "{list}");
        }
    }

    /// The first line is the list, the others are the profiles that there are.
    #[test]
    fn fuzz_lists() {
        crate::fuzz::fuzz("lists", 3000, |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let (list, known) = text.split_once('\n').unwrap_or((&text, ""));
            let known: Vec<&str> = known.lines().collect();
            let list = crate::options::list(list);
            let selection = Selection::of(&list, &known, |_| Ok(known.join("\n")));
            let unique: HashSet<&String> = selection.names.iter().collect();
            assert_eq!(unique.len(), selection.names.len(), "none comes twice: {selection:?}");
            assert!(list.is_empty() || !selection.names.is_empty() || !selection.strays.is_empty());
            for pattern in &list {
                let _ = known.iter().filter(|name| glob(pattern, name)).count();
            }
        });
    }

    #[test]
    fn what_means_nothing_is_told() {
        for (list, names, strays) in [
            ("taem-*", "", "taem-*"),
            ("team-*,!team-odl", "team-a,team-b,team-old", "!team-odl"),
            ("other,@nowhere", "other", "@nowhere"),
            ("other,!other", "", "other,!other"),
        ] {
            assert_eq!(selected(list), (names.to_owned(), vec![strays.to_owned()]), "{list}");
        }
    }
}
