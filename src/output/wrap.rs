//! Text in lines of a width: broken at spaces, and within a word only where it is longer than a line.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The width of lines at least, however deep they stand.
const NARROWEST: usize = 20;

/// The width of the longest word: what a column must have so that none is cut.
pub(super) fn longest_word(text: &str) -> usize {
    text.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// The text in lines of this width at most, but for a character that is wider than that. One line at least.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let line = lines.last_mut();
        let needed = word.width() + usize::from(used > 0);
        if used + needed <= width {
            if let Some(line) = line {
                line.extend([if used > 0 { " " } else { "" }, word]);
            }
            used += needed;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for character in word.graphemes(true) {
            if used > 0 && used + character.width() > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(character);
            }
            used += character.width();
        }
    }
    lines
}

/// A line in lines of a width; what goes on stands deeper than what may stand beneath it.
pub(crate) fn folded(line: &str, width: Option<usize>) -> Vec<String> {
    const DEEPER: usize = 4;
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let Some(width) = width.filter(|width| line.width() > *width) else { return vec![line.to_owned()] };
    let lines = wrap(text, width.saturating_sub(indent + DEEPER).max(NARROWEST));
    let place = |number| if number == 0 { indent } else { indent + DEEPER };
    lines.iter().enumerate().map(|(number, line)| format!("{:1$}{line}", "", place(number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_only_long_words_are_cut() {
        for (text, width, lines) in [
            ("ssh from anywhere", 15, &["ssh from", "anywhere"][..]),
            ("日本日本日本日本", 15, &["日本日本日本日", "本"]),
            ("a longer-than-that b", 6, &["a", "longer", "-than-", "that b"]),
            ("fits", 4, &["fits"]),
            ("", 3, &[""]),
            ("two  spaces stay", 20, &["two  spaces stay"]),
            ("👩‍👩‍👧👩‍👩‍👧", 3, &["👩‍👩‍👧", "👩‍👩‍👧"]),
        ] {
            assert_eq!(wrap(text, width), lines, "{text}");
        }
        assert_eq!(longest_word("a longer-than-that b"), 16);
    }
}
