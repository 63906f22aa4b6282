//! A course of a few numbers without axes: as blocks in a line of text, or as a small picture.

use super::PALETTE;
use crate::output::html::escaped;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 48.0;
const MARGIN: f64 = 4.0;

/// Where a value stands between the least and the greatest, from 0 to 1; in the middle if they are the same.
fn place(value: f64, (low, high): (f64, f64)) -> f64 {
    if high > low { (value - low) / (high - low) } else { 0.5 }
}

fn range(values: &[Option<f64>]) -> (f64, f64) {
    let known = || values.iter().flatten().copied();
    (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max))
}

/// The course as characters, a space where it is not known: `▁▄█ ▃`.
pub(crate) fn blocks(values: &[Option<f64>]) -> String {
    let range = range(values);
    let block = |value: &Option<f64>| {
        value.map_or(' ', |value| {
            let step = (place(value, range) * (BLOCKS.len() - 1) as f64).round() as usize;
            BLOCKS[step.min(BLOCKS.len() - 1)]
        })
    };
    values.iter().map(block).collect()
}

/// The course as a picture, with a gap where it is not known, and what it says in words.
pub(crate) fn spark(values: &[Option<f64>], words: &str) -> String {
    let range = range(values);
    let steps = values.len().saturating_sub(1).max(1) as f64;
    let at = |place_in_row: usize, value: f64| {
        let x = MARGIN + place_in_row as f64 / steps * (WIDTH - 2.0 * MARGIN);
        let y = HEIGHT - MARGIN - place(value, range) * (HEIGHT - 2.0 * MARGIN);
        (x, y)
    };
    let points: Vec<_> =
        values.iter().enumerate().map(|(place, value)| value.map(|value| at(place, value))).collect();
    let color = PALETTE[0].0;
    let mut body = String::new();
    for run in points.split(Option::is_none) {
        let line: Vec<String> = run.iter().flatten().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        body += &match &line[..] {
            [] => continue,
            [_] => String::new(),
            line => format!(
                "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" points=\"{}\"/>",
                line.join(" ")
            ),
        };
        if let Some((x, y)) = run.last().copied().flatten() {
            body += &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{color}\"/>");
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         role=\"img\"><title>{}</title>{body}</svg>\n",
        escaped(words)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_blocks_and_a_picture_with_gaps() {
        let values = [Some(1.0), Some(4.5), None, Some(8.0)];
        assert_eq!(blocks(&values), "▁▅ █");
        assert_eq!(blocks(&[Some(3.0), Some(3.0)]), "▅▅");
        assert_eq!(blocks(&[None]), " ");
        let picture = spark(&values, "1 to <8>");
        assert!(picture.contains("<title>1 to &lt;8&gt;</title>"), "{picture}");
        assert_eq!((picture.matches("<polyline").count(), picture.matches("<circle").count()), (1, 2));
        assert!(picture.contains("points=\"4.0,44.0 81.3,24.0\""), "{picture}");
    }
}
