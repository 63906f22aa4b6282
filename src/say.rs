//! What is said on standard error beside the rows: errors, warnings, notes.

use std::io::{Write, stderr};
use std::sync::OnceLock;

use crate::output::{Style, has_color, paint};
use datafusion_lightsail::catalog::meaning::Tone;
use datafusion_lightsail::visible::visible;

/// The first words of what is said, and how they look.
const LABELS: [(&str, Style); 4] = [
    ("error:", Style::Tone(Tone::Bad)),
    ("warning:", Style::Tone(Tone::Warn)),
    ("note:", Style::Dim),
    ("hint:", Style::Dim),
];

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
    let lines: Vec<_> = text.split('\n').map(|line| labelled(&visible(line), is_colored)).collect();
    let _ = writeln!(stderr(), "{}", lines.join("\n"));
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
