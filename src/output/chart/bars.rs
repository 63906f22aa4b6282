//! Bars of characters.

use unicode_width::UnicodeWidthStr;

use super::PALETTE;
use super::axis::exact;
use crate::output::wrap;

/// Parts of a character from one eighth on.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A label may take this part of the width.
const LABEL: usize = 2;

pub(super) fn draw(bars: &[(String, Option<f64>)], measure: &str, width: usize, has_color: bool) -> String {
    let longest = bars.iter().map(|(label, _)| label.width()).max().unwrap_or(0).min(width / LABEL);
    let values: Vec<String> = bars.iter().map(|(_, value)| value.map_or("NULL".to_owned(), exact)).collect();
    let widest = values.iter().map(|value| value.width()).max().unwrap_or(0);
    let room = width.saturating_sub(longest + widest + 2).max(1);
    let most = bars
        .iter()
        .filter_map(|(_, value)| *value)
        .filter(|value| value.is_finite())
        .map(f64::abs)
        .fold(0.0, f64::max);
    let mut text = format!("{measure}\n");
    for ((label, value), number) in bars.iter().zip(&values) {
        let label = wrap(label, longest.max(1)).into_iter().next().unwrap_or_default();
        let bar = value.map_or_else(String::new, |value| bar(value, most, room));
        let padding = " ".repeat(longest - label.width());
        let gap = if bar.is_empty() { "" } else { " " };
        let bar = match has_color && !bar.is_empty() {
            true => format!(
                "\x1b[38;5;{}m{bar}\x1b[0m",
                PALETTE[usize::from(value.is_some_and(|value| value < 0.0))].1
            ),
            false => bar,
        };
        text.push_str(&format!("{label}{padding} {bar}{gap}{number}\n"));
    }
    text
}

/// A bar of eighths of characters; what is below zero is hatched.
fn bar(value: f64, most: f64, room: usize) -> String {
    if most == 0.0 || !value.is_finite() {
        return String::new();
    }
    let eighths = (value.abs() / most * (room * 8) as f64).round() as usize;
    match value < 0.0 {
        true => "░".repeat(eighths.div_ceil(8)),
        false => "█".repeat(eighths / 8) + EIGHTHS[eighths % 8],
    }
}
