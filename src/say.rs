//! What is said on standard error beside the rows: errors, warnings, notes.

use std::io::{Write, stderr};
use std::sync::OnceLock;

use crate::output::{Style, has_color, paint, wrap};
use datafusion_lightsail::catalog::meaning::Tone;
use datafusion_lightsail::script::fit;
use datafusion_lightsail::visible::visible;
use unicode_width::UnicodeWidthStr;

/// The first words of what is said, and how they look.
const LABELS: [(&str, Style); 4] = [
    ("error:", Style::Tone(Tone::Bad)),
    ("warning:", Style::Tone(Tone::Warn)),
    ("note:", Style::Dim),
    ("hint:", Style::Dim),
];

/// `1 question`, `3 questions`
pub(crate) fn counted(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether the labels are in colours.
static HAS_COLOR: OnceLock<bool> = OnceLock::new();

/// Decides for the rest of the run whether labels are in colours, whatever standard error is.
pub(crate) fn set_color(has_color: bool) {
    // It is decided once: the flags are read before anything else is said.
    let _ = HAS_COLOR.set(has_color);
}

/// A line on standard error, or several: nothing in them drives a terminal, whoever wrote it. Who has closed standard error
/// does not want to hear of that either, and `eprintln!` would panic.
pub fn say(line: impl std::fmt::Display) {
    let text = line.to_string();
    let is_colored = HAS_COLOR.get().copied().unwrap_or_else(|| has_color(&stderr()));
    let width = terminal_size::terminal_size_of(stderr()).map(|(width, _)| usize::from(width.0));
    // A pseudo-terminal without a size says that it is 0 wide.
    let lines = fitted(&text, width.filter(|width| *width > 0).unwrap_or(usize::MAX));
    let lines: Vec<_> = lines.iter().map(|line| labelled(line, is_colored)).collect();
    let _ = writeln!(stderr(), "{}", lines.join("\n"));
}

/// The lines of a text, broken between words where they are wider than this; of a line with a caret below it the part
/// around the caret.
fn fitted(text: &str, width: usize) -> Vec<String> {
    let mut fitted = Vec::new();
    let mut lines = text.split('\n').map(visible).peekable();
    while let Some(line) = lines.next() {
        let indent = line.width() - line.trim_start_matches(' ').width();
        let room = width.saturating_sub(indent).max(1);
        let caret =
            lines.peek().filter(|below| below.trim_start_matches(' ') == "^").map(|below| below.width() - 1);
        match caret {
            // A line with a caret is indented by two.
            Some(column) if line.width() > width => {
                let (shown, column) = fit(&line[2..], column.saturating_sub(2), width.saturating_sub(2));
                fitted.extend([format!("  {shown}"), format!("  {:column$}^", "")]);
                lines.next();
            }
            _ if line.width() > width => {
                let parts = wrap(line.trim_start_matches(' '), room);
                fitted.extend(parts.into_iter().map(|part| format!("{:indent$}{part}", "")));
            }
            _ => fitted.push(line.into()),
        }
    }
    fitted
}

/// The line with its label in its style, if there are colours.
fn labelled(line: &str, has_color: bool) -> String {
    let known = LABELS.iter().find_map(|(label, style)| Some((*label, *style, line.strip_prefix(label)?)));
    let Some((label, style, rest)) = known else { return line.to_owned() };
    let mut text = String::new();
    paint(label, style, has_color, &mut text);
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_cut_around_a_caret() {
        let text = "error: -c:1:8: there is no column nme\n  SELECT nme FROM instances\n         ^\nhint: did you mean name?";
        assert_eq!(fitted(text, usize::MAX).join("\n"), text);
        let expected = [
            "error: -c:1:8: there",
            "is no column nme",
            "  …ECT nme FROM ins…",
            "       ^",
            "hint: did you mean",
            "name?",
        ];
        let found = fitted(text, 20);
        assert!(found.iter().all(|line| line.width() <= 20), "{found:?}");
        assert_eq!(found[..2], expected[..2]);
        assert_eq!(found[4..], expected[4..]);
        assert_eq!(
            found[2].find("nme").map(|byte| found[2][..byte].width()),
            found[3].find('^'),
            "{found:?}"
        );
    }

    #[test]
    fn labels_are_in_colours_and_the_rest_is_not() {
        assert_eq!(labelled("error: no error: here", true), "\x1b[31merror:\x1b[0m no error: here");
        assert_eq!(labelled("warning: a", true), "\x1b[33mwarning:\x1b[0m a");
        assert_eq!(labelled("hint: a", true), "\x1b[2mhint:\x1b[0m a");
        for line in ["4 rows in 120 ms", "an error: a", ""] {
            assert_eq!(labelled(line, true), line);
        }
        assert_eq!(labelled("error: a", false), "error: a");
    }
}
