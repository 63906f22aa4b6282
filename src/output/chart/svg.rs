//! A chart as SVG: for documents, and for browsers in the dark as in the light.

use super::axis::{exact, extent, number, ticks, time};
use super::{Drawing, Line, Marks, PALETTE};
use crate::output::html::escaped;

const WIDTH: f64 = 860.0;
/// The width beside other things: so much of it is left on a phone that letters can be read.
const NARROW: f64 = 460.0;
const HEIGHT: f64 = 380.0;
const BAR: f64 = 24.0;
/// The height of the line that a title has.
const TITLE: f64 = 20.0;
const TOP: f64 = 58.0;
const MARGIN: f64 = 64.0;

/// How many bars or lines are said in words.
const SAID: usize = 20;

/// The width of a letter, about: SVG has no way to ask.
const LETTER: f64 = 7.2;

/// The style of a picture that stands alone; a page has one for all of its pictures.
const STYLE: &str = "<style>text{font:13px system-ui,sans-serif;fill:currentColor}.t{font-size:16px;font-weight:600}\
    .g{stroke:currentColor;opacity:.15}svg{color:#1f2328;background:#fff}\
    @media(prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}</style>\n";

/// Where a picture is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// In a file of its own.
    Alone,
    /// In a page, which has the style.
    Page,
    /// In a page beside other things.
    Narrow,
}

pub(super) fn draw(drawing: &Drawing, frame: Frame) -> String {
    let width = if frame == Frame::Narrow { NARROW } else { WIDTH };
    let style = if frame == Frame::Alone { STYLE } else { "" };
    // Without a title its line is no part of the picture.
    let above = if drawing.title.is_some() { 0.0 } else { TITLE };
    let title = drawing
        .title
        .iter()
        .map(|title| format!("<text class=\"t\" x=\"12\" y=\"24\">{}</text>\n", escaped(title)));
    let title: String = title.collect();
    let (height, body) = match &drawing.marks {
        Marks::Bars(bars) => (TOP + BAR * bars.len() as f64 + 16.0, of_bars(bars, width)),
        Marks::Lines(lines) => (HEIGHT + 26.0 * (1.0 + lines.len() as f64 / 4.0), of_lines(lines)),
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 {above:.0} {width} {:.0}\" width=\"{width}\" role=\"img\">\n\
         <title>{}</title>\n{style}{title}<text x=\"12\" y=\"44\">{}</text>\n{body}</svg>\n",
        height - above,
        escaped(&words(drawing)),
        escaped(&drawing.measure)
    )
}

/// What a picture shows, for who does not see it.
fn words(drawing: &Drawing) -> String {
    let what = drawing.title.iter().chain(Some(&drawing.measure).filter(|measure| !measure.is_empty()));
    let what = what.cloned().collect::<Vec<_>>().join(", ");
    let bar = |(label, value): &(String, Option<f64>)| {
        format!("{label} {}", value.map_or("NULL".to_owned(), exact))
    };
    let line = |line: &Line| {
        let ends = line.points.first().zip(line.points.last());
        ends.map_or_else(String::new, |(first, last)| {
            format!("{} from {} to {}", line.name, exact(first.1), exact(last.1))
        })
    };
    let (parts, rest) = match &drawing.marks {
        Marks::Bars(bars) => (bars.iter().take(SAID).map(bar).collect::<Vec<_>>(), bars.len()),
        Marks::Lines(lines) => (lines.iter().take(SAID).map(line).collect(), lines.len()),
    };
    let more = match rest.saturating_sub(SAID) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{what}: {}{more}", parts.join(", "))
}

fn of_bars(bars: &[(String, Option<f64>)], width: f64) -> String {
    let longest = bars.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) as f64 * LETTER;
    let left = longest.min(width / 2.0) + 24.0;
    let most = bars
        .iter()
        .filter_map(|(_, value)| *value)
        .filter(|value| value.is_finite())
        .map(f64::abs)
        .fold(0.0, f64::max)
        .max(f64::MIN_POSITIVE);
    let room = width - left - 90.0;
    let mut body = String::new();
    for (place, (label, value)) in bars.iter().enumerate() {
        let y = TOP + BAR * place as f64;
        let middle = y + BAR * 0.68;
        body += &format!(
            "<text x=\"{:.0}\" y=\"{middle:.0}\" text-anchor=\"end\">{}</text>",
            left - 8.0,
            escaped(label)
        );
        let long = value.filter(|value| value.is_finite()).map_or(0.0, |value| value.abs() / most * room);
        let color = PALETTE[usize::from(value.is_some_and(|value| value < 0.0))].0;
        body += &format!(
            "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{long:.1}\" height=\"{:.1}\" fill=\"{color}\"/>",
            y + 3.0,
            BAR - 6.0
        );
        let text = value.map_or("NULL".to_owned(), exact);
        body += &format!("<text x=\"{:.1}\" y=\"{middle:.0}\">{text}</text>\n", left + long + 6.0);
    }
    body
}

fn of_lines(lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let (Some((first, last)), Some((low, high))) =
        (extent(points().map(|point| point.0)), extent(points().map(|point| point.1)))
    else {
        return "<text x=\"12\" y=\"70\">no points</text>\n".to_owned();
    };
    let low = if low >= 0.0 && low < high / 2.0 { 0.0 } else { low };
    let marks = ticks(low, high, 5);
    let (Some(&bottom), Some(&top)) = (marks.first(), marks.last()) else { return String::new() };
    let (right, floor) = (WIDTH - 20.0, HEIGHT - 30.0);
    let x = |time: f64| MARGIN + (time - first) / (last - first) * (right - MARGIN);
    let y = |value: f64| TOP + (top - value) / (top - bottom) * (floor - TOP);
    let mut body = String::new();
    for mark in &marks {
        body += &format!(
            "<line class=\"g\" x1=\"{MARGIN}\" x2=\"{right}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/><text x=\"{1:.0}\" y=\"{2:.1}\" \
             text-anchor=\"end\">{3}</text>\n",
            y(*mark),
            MARGIN - 8.0,
            y(*mark) + 4.0,
            number(*mark)
        );
    }
    for step in 0..=4 {
        let at = first + (last - first) * f64::from(step) / 4.0;
        let anchor = ["start", "middle", "middle", "middle", "end"][step as usize];
        body += &format!(
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>\n",
            x(at),
            floor + 20.0,
            time(at, last - first)
        );
    }
    for (series, line) in lines.iter().enumerate() {
        let color = PALETTE[series % PALETTE.len()].0;
        let path: Vec<String> =
            line.points.iter().map(|(time, value)| format!("{:.1},{:.1}", x(*time), y(*value))).collect();
        // More series than colours: the next ones are dashed.
        let dash = match series / PALETTE.len() {
            0 => String::new(),
            round => format!(" stroke-dasharray=\"{} 3\"", 2 + 4 * round),
        };
        body += &format!(
            "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"1.8\"{dash} points=\"{}\"/>\n",
            path.join(" ")
        );
        if lines.len() > 1 {
            let (column, row) = ((series % 4) as f64, (series / 4) as f64);
            let (left, top) = (MARGIN + column * 195.0, HEIGHT + 16.0 + row * 22.0);
            body += &format!(
                "<line x1=\"{left:.0}\" x2=\"{0:.0}\" y1=\"{1:.0}\" y2=\"{1:.0}\" stroke=\"{color}\" stroke-width=\"3\"{dash}/>\
                 <text x=\"{2:.0}\" y=\"{top:.0}\">{3}</text>\n",
                left + 18.0,
                top - 4.0,
                left + 24.0,
                escaped(&line.name)
            );
        }
    }
    body
}
