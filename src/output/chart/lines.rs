//! Lines of dots, four rows and two columns of them in a character; of many series, a row of small bars each.

use unicode_width::UnicodeWidthStr;

use super::axis::{extent, number, ticks, time};
use super::{Line, PALETTE};
use crate::output::wrap;

/// How many lines of characters a chart has.
const HEIGHT: usize = 12;

/// The heights of a character.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The dots of a character from top to bottom, left and right.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

pub(super) fn draw(lines: &[Line], measure: &str, width: usize, has_color: bool) -> String {
    let times = extent(lines.iter().flat_map(|line| &line.points).map(|point| point.0));
    let values = extent(lines.iter().flat_map(|line| &line.points).map(|point| point.1));
    let (Some(times), Some(values)) = (times, values) else { return format!("{measure}\nno points\n") };
    // Without colours nobody could tell one line from another where they cross.
    let is_plot = lines.len() == 1 || has_color && lines.len() <= PALETTE.len();
    match is_plot {
        true => plot(lines, measure, width, has_color, times, values),
        false => sparks(lines, measure, width, times),
    }
}

fn plot(
    lines: &[Line],
    measure: &str,
    width: usize,
    has_color: bool,
    (first, last): (f64, f64),
    (low, high): (f64, f64),
) -> String {
    let low = if low >= 0.0 && low < high / 2.0 { 0.0 } else { low };
    let marks = ticks(low, high, 4);
    let (Some(&bottom), Some(&top)) = (marks.first(), marks.last()) else { return String::new() };
    let margin = marks.iter().map(|mark| number(*mark).width()).max().unwrap_or(0);
    let columns = width.saturating_sub(margin + 2).max(2);
    let mut canvas = vec![vec![(0_u8, 0_usize); columns]; HEIGHT];
    let (dots_x, dots_y) = ((columns * 2 - 1) as f64, (HEIGHT * 4 - 1) as f64);
    let place =
        |(x, y): (f64, f64)| ((x - first) / (last - first) * dots_x, (top - y) / (top - bottom) * dots_y);
    for (series, line) in lines.iter().enumerate() {
        let mut dot = |x: f64, y: f64| {
            let (x, y) = (x.round().clamp(0.0, dots_x) as usize, y.round().clamp(0.0, dots_y) as usize);
            let cell = &mut canvas[y / 4][x / 2];
            cell.0 |= DOTS[x % 2][y % 4];
            cell.1 = series;
        };
        if let [single] = line.points.as_slice() {
            let (x, y) = place(*single);
            dot(x, y);
        }
        for pair in line.points.windows(2) {
            let ((x0, y0), (x1, y1)) = (place(pair[0]), place(pair[1]));
            let steps = (x1 - x0).abs().max((y1 - y0).abs()).ceil().max(1.0);
            for step in 0..=steps as usize {
                let part = step as f64 / steps;
                dot(x0 + (x1 - x0) * part, y0 + (y1 - y0) * part);
            }
        }
    }
    let mut text = format!("{measure}\n");
    let row_of = |mark: f64| ((top - mark) / (top - bottom) * (HEIGHT - 1) as f64).round() as usize;
    for (row, cells) in canvas.iter().enumerate() {
        let label =
            marks.iter().find(|mark| row_of(**mark) == row).map_or(String::new(), |mark| number(*mark));
        let axis = if label.is_empty() { '│' } else { '┤' };
        text.push_str(&format!("{label:>margin$} {axis}"));
        for (dots, series) in cells {
            let character = char::from_u32(0x2800 + u32::from(*dots)).filter(|_| *dots > 0).unwrap_or(' ');
            match has_color && *dots > 0 {
                true => text.push_str(&colored(&character.to_string(), *series)),
                false => text.push(character),
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.push_str(&format!("{:margin$} ╰{}\n", "", "─".repeat(columns)));
    let (from, to) = (time(first, last - first), time(last, last - first));
    let gap = columns.saturating_sub(from.width() + to.width());
    text.push_str(&format!("{:margin$}  {from}{}{to}\n", "", " ".repeat(gap)));
    if lines.len() > 1 {
        let names = lines.iter().enumerate().map(|(series, line)| (format!("■ {}", line.name), series));
        let mut used = 0;
        for (name, series) in names {
            if used > 0 && used + name.width() + 2 > width {
                text.push('\n');
                used = 0;
            }
            text.push_str(if used > 0 { "  " } else { "" });
            text.push_str(&colored(&name, series));
            used += name.width() + 2;
        }
        text.push('\n');
    }
    text
}

/// A row for each series: its name, its course, and its least and greatest value.
fn sparks(lines: &[Line], measure: &str, width: usize, (first, last): (f64, f64)) -> String {
    let ranges: Vec<String> = lines
        .iter()
        .map(|line| match extent_of(line) {
            Some((low, high)) => format!("{} – {}", number(low), number(high)),
            None => String::new(),
        })
        .collect();
    let longest = lines.iter().map(|line| line.name.width()).max().unwrap_or(0).min(width / 2);
    let widest = ranges.iter().map(|range| range.width()).max().unwrap_or(0);
    let room = width.saturating_sub(longest + widest + 2).max(1);
    let mut text = format!("{measure}\n{} to {}\n", time(first, last - first), time(last, last - first));
    for (line, range) in lines.iter().zip(&ranges) {
        let name = wrap(&line.name, longest.max(1)).into_iter().next().unwrap_or_default();
        let padding = " ".repeat(longest - name.width());
        text.push_str(&format!("{name}{padding} {} {range}\n", spark(line, room, first, last)));
    }
    text
}

/// The averages of as many parts of the time as there are characters; a part without a point is as the one before.
fn spark(line: &Line, room: usize, first: f64, last: f64) -> String {
    let (low, high) = extent_of(line).unwrap_or((0.0, 1.0));
    let mut parts = vec![(0.0, 0_u32); room];
    for (time, value) in &line.points {
        let place = ((time - first) / (last - first) * room as f64) as usize;
        let part = &mut parts[place.min(room - 1)];
        *part = (part.0 + value, part.1 + 1);
    }
    let mut before = ' ';
    let level = |(sum, count): (f64, u32)| {
        // Between two points it is as it was: a gap would look like an outage.
        if count > 0 {
            let height = if high > low { (sum / f64::from(count) - low) / (high - low) } else { 0.0 };
            before = LEVELS[((height * 8.0) as usize).min(7)];
        }
        before
    };
    parts.into_iter().map(level).collect()
}

fn extent_of(line: &Line) -> Option<(f64, f64)> {
    let (low, high) =
        line.points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, value)| {
            (low.min(*value), high.max(*value))
        });
    (low <= high).then_some((low, high))
}

fn colored(text: &str, series: usize) -> String {
    format!("\x1b[38;5;{}m{text}\x1b[0m", PALETTE[series % PALETTE.len()].1)
}
