//! Axes: round numbers and times, and how they are written.

use chrono::{DateTime, Utc};

/// The least and the greatest of some values; a little room around a single one.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    match low.partial_cmp(&high)? {
        std::cmp::Ordering::Less => Some((low, high)),
        std::cmp::Ordering::Equal => Some((low - 0.5, high + 0.5)),
        std::cmp::Ordering::Greater => None,
    }
}

/// Round numbers from below the least value to above the greatest, about `count` of them.
pub(super) fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let rough = (high - low) / count.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let steps = (last - first).clamp(1.0, 1000.0) as usize;
    (0..=steps).map(|number| (first + number as f64) * step).collect()
}

/// A number in a few characters: `12`, `1.5k`, `2.25M`.
pub(super) fn number(value: f64) -> String {
    const SCALES: [(f64, &str); 5] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    let (scale, suffix) =
        SCALES.into_iter().find(|(scale, _)| value.abs() >= *scale && *scale > 1.0).unwrap_or((1.0, ""));
    let text = match (value / scale).abs() {
        small if small > 0.0 && small < 0.01 => return format!("{value:.1e}"),
        _ => format!("{:.2}", value / scale),
    };
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{}{suffix}", if text == "-0" { "0" } else { text })
}

/// A number as it is, for the end of a bar.
pub(super) fn exact(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A time in as many characters as a range of this many ms needs.
pub(super) fn time(ms: f64, range: f64) -> String {
    const DAY: f64 = 86_400_000.0;
    let Some(time) = DateTime::<Utc>::from_timestamp_millis(ms as i64) else { return String::new() };
    let format = match range {
        range if range <= 2.0 * DAY => "%m-%d %H:%M",
        range if range <= 400.0 * DAY => "%Y-%m-%d",
        _ => "%Y-%m",
    };
    time.format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        assert_eq!(ticks(0.0, 46.0, 5), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
        assert_eq!(ticks(-3.0, 7.0, 4), [-5.0, 0.0, 5.0, 10.0]);
        assert_eq!(extent([3.0].into_iter()), Some((2.5, 3.5)));
        assert_eq!(extent(std::iter::empty()), None);
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (12.5, "12.5"),
            (1500.0, "1.5k"),
            (2.25e6, "2.25M"),
            (-3e9, "-3G"),
            (0.001, "1.0e-3"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!((exact(137.0), exact(3.5)), ("137".to_owned(), "3.5".to_owned()));
    }
}
