//! Lists of names and what they are, for a screen of any width: a name is never wrapped.

use unicode_width::UnicodeWidthStr;

use crate::output::{Options, Style, paint, wrap};

/// What a text is laid out for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paper {
    /// Its width; `None` if there is no end to it.
    width: Option<usize>,
    has_color: bool,
}

/// How far below their heading names stand.
const INDENT: &str = "  ";

/// A text is not wrapped to less than this: it stands on the next line instead.
const READABLE: usize = 24;

impl Paper {
    /// What nobody sees on a screen.
    pub(crate) const ENDLESS: Self = Self { width: None, has_color: false };

    pub(super) fn new(options: &Options) -> Self {
        Self { width: options.width, has_color: options.has_color }
    }

    /// A line of its own above others.
    pub(super) fn heading(self, text: &str, out: &mut String) {
        paint(text, Style::Bold, self.has_color, out);
        out.push('\n');
    }

    /// Text of any length.
    pub(super) fn text(self, text: &str, out: &mut String) {
        for line in wrap(text, self.width.unwrap_or(usize::MAX)) {
            out.extend([line.trim_end(), "\n"]);
        }
    }

    /// Text that goes on below its beginning.
    pub(super) fn indented(self, text: &str, out: &mut String) {
        for line in wrap(
            text,
            self.width.map_or(usize::MAX, |width| width.saturating_sub(INDENT.len()).max(READABLE)),
        ) {
            out.extend([INDENT, line.trim_end(), "\n"]);
        }
    }

    /// A line for each name, with as much of the text as there is room for.
    pub(super) fn lines(self, rows: &[(String, String)], out: &mut String) {
        let names = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        for (name, text) in rows {
            let padding = " ".repeat(names - name.width());
            out.extend([INDENT, name, &padding, INDENT]);
            let room = self.width.map(|width| width.saturating_sub(names + 2 * INDENT.len()));
            paint(&cut(text, room), Style::Dim, self.has_color, out);
            out.push('\n');
        }
    }

    /// The texts beside their names, wrapped; beside a name that is too long, below it.
    pub(super) fn definitions(self, rows: &[(String, String)], out: &mut String) {
        let widest = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        let most = self.width.map_or(usize::MAX, |width| width.saturating_sub(READABLE + 2 * INDENT.len()));
        let names = widest.min(most.max(READABLE).min(self.width.map_or(usize::MAX, |width| width / 2)));
        let room = self
            .width
            .map_or(usize::MAX, |width| width.saturating_sub(names + 2 * INDENT.len()).max(READABLE));
        let margin = " ".repeat(names + 2 * INDENT.len());
        for (name, text) in rows {
            let is_beside = name.width() <= names;
            out.extend([INDENT, name]);
            if is_beside {
                out.extend([&" ".repeat(names - name.width()), INDENT]);
            } else {
                out.extend(["\n", &margin]);
            }
            for (number, line) in wrap(text, room).iter().enumerate() {
                if number > 0 {
                    out.push_str(&margin);
                }
                paint(line.trim_end(), Style::Dim, self.has_color, out);
                out.push('\n');
            }
        }
    }
}

/// The beginning of a text in one line of this width.
pub(super) fn cut(text: &str, room: Option<usize>) -> String {
    match room {
        Some(room) if text.width() > room => {
            let first = wrap(text, room.saturating_sub(1).max(1)).into_iter().next().unwrap_or_default();
            format!("{}…", first.trim_end_matches([',', ':', ';', ' ']))
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(width: usize) -> Paper {
        Paper { width: Some(width), has_color: false }
    }

    #[test]
    fn a_line_is_cut_between_words_and_a_definition_is_wrapped() {
        let rows = [
            ("name".to_owned(), "One of a great many words, more than fit.".to_owned()),
            ("a_name_of_great_length_that_leaves_no_room".to_owned(), "Below it.".to_owned()),
        ];
        let mut text = String::new();
        paper(30).lines(&rows[..1], &mut text);
        assert_eq!(text, "  name  One of a great many…\n");
        text.clear();
        paper(50).definitions(&rows, &mut text);
        let expected = "
  name                      One of a great many
                            words, more than fit.
  a_name_of_great_length_that_leaves_no_room
                            Below it.
";
        assert_eq!(text, expected[1..]);
        assert!(text.lines().all(|line| line.width() <= 50), "{text}");
    }
}
