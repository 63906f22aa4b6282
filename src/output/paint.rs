//! Colours of a terminal, or none.

use std::io::IsTerminal;

use datafusion_lightsail::catalog::meaning::Tone;

/// How a piece of text looks on a terminal that has colours.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Plain,
    Bold,
    Dim,
    Tone(Tone),
}

const RESET: &str = "\x1b[0m";

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Tone(Tone::Good) => "\x1b[32m",
            Self::Tone(Tone::Warn) => "\x1b[33m",
            Self::Tone(Tone::Bad) => "\x1b[31m",
        }
    }
}

/// Appends the text, in its style if there are colours.
pub(crate) fn paint(text: &str, style: Style, has_color: bool, line: &mut String) {
    if !has_color || style == Style::Plain || text.is_empty() {
        return line.push_str(text);
    }
    line.extend([style.code(), text, RESET]);
}

/// Whether what is written to this stream is seen in colours: a terminal that has them, and nobody who does not want any
/// (NO_COLOR).
pub fn has_color(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb()
}

/// Whether the terminal can only write one character after the other.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb")
}
