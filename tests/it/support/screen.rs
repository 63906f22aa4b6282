//! A terminal's screen from what is written to it, and its picture as SVG.

use std::fmt::Write;
use std::num::NonZeroU16;

use vt100::{Cell, Color, Parser};

const ROWS: NonZeroU16 = NonZeroU16::new(24).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(80).unwrap();

/// How long a query takes in a picture: every run takes another time.
const TIME: &str = "120 ms";

/// The size of a cell of the picture, in pixels, and what is around all of them.
const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 14.0;

/// The colours of a terminal, by their names in the picture.
pub struct Palette {
    pub background: &'static str,
    text: &'static str,
    dim: &'static str,
    red: &'static str,
    green: &'static str,
    yellow: &'static str,
    blue: &'static str,
    magenta: &'static str,
    cyan: &'static str,
}

/// Light, and dark.
pub const PALETTES: [Palette; 2] = [
    Palette {
        background: "#ffffff",
        text: "#1f2328",
        dim: "#636c76",
        red: "#cf222e",
        green: "#116329",
        yellow: "#7d4e00",
        blue: "#0550ae",
        magenta: "#8250df",
        cyan: "#0f6b75",
    },
    Palette {
        background: "#0d1117",
        text: "#e6edf3",
        dim: "#8b949e",
        red: "#ff7b72",
        green: "#56d364",
        yellow: "#e3b341",
        blue: "#79c0ff",
        magenta: "#d2a8ff",
        cyan: "#56d4dd",
    },
];

impl Palette {
    /// All that is drawn on the background.
    pub fn colors(&self) -> [(&'static str, &'static str); 8] {
        [
            ("text", self.text),
            ("dim", self.dim),
            ("red", self.red),
            ("green", self.green),
            ("yellow", self.yellow),
            ("blue", self.blue),
            ("magenta", self.magenta),
            ("cyan", self.cyan),
        ]
    }

    fn style(&self) -> String {
        let mut style = format!("rect{{fill:{}}}", self.background);
        for (name, color) in self.colors() {
            let _ = write!(style, ".{name}{{fill:{color}}}");
        }
        style
    }
}

/// The name of a cell's colour; one that no palette has is `unknown`, and nothing draws it.
fn color_of(cell: &Cell) -> &'static str {
    match cell.fgcolor() {
        Color::Default if cell.dim() => "dim",
        Color::Default => "text",
        Color::Idx(1 | 9 | 166) => "red",
        Color::Idx(2 | 10) => "green",
        Color::Idx(3 | 11) => "yellow",
        Color::Idx(4 | 12 | 32) => "blue",
        Color::Idx(5 | 13) => "magenta",
        Color::Idx(6 | 14 | 36) => "cyan",
        _ => "unknown",
    }
}

/// What a terminal shows.
pub struct Screen(vt100::Screen);

impl Screen {
    /// The screen after all of this, of which each byte is a character.
    pub fn of(written: &str) -> Self {
        let mut text = String::new();
        let mut rest = written;
        while let Some((before, after)) = rest.split_once(" in ") {
            text.extend([before, " in "]);
            let is_time = |end: &str| {
                let (number, rest) = after.split_once(end)?;
                (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.')).then_some(rest)
            };
            rest = match is_time(" ms,").or_else(|| is_time(" s,")) {
                Some(after) => {
                    text.extend([TIME, ","]);
                    after
                }
                None => after,
            };
        }
        text += rest;
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let mut parser = Parser::new(ROWS, COLUMNS, 0);
        parser.process(&bytes);
        Self(parser.screen().clone())
    }
}

/// The screen as a picture that is light or dark as its reader is.
pub fn svg(screen: &Screen, title: &str) -> String {
    let [light, dark] = PALETTES.map(|palette| palette.style());
    let width = f32::from(COLUMNS.get()) * CELL.0 + 2.0 * MARGIN;
    // What is below the last line is left out.
    let used = u16::try_from(screen.0.contents().lines().count()).unwrap();
    let height = f32::from(used) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>{}</title>
<style>text{{white-space:pre}}.bold{{font-weight:bold}}{light}@media (prefers-color-scheme:dark){{{dark}}}</style>
<rect width="{width}" height="{height}" rx="8"/>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14" xml:space="preserve">
"#,
        escaped(title)
    );
    for row in 0..used {
        for (column, text, cells, class) in runs(&screen.0, row) {
            let x = f32::from(column) * CELL.0 + MARGIN;
            let y = f32::from(row) * CELL.1 + MARGIN + 13.0;
            let length = f32::from(cells) * CELL.0;
            let _ = writeln!(
                svg,
                r#"<text x="{x:.1}" y="{y:.0}" textLength="{length:.1}" class="{class}">{}</text>"#,
                escaped(&text)
            );
        }
    }
    svg + "</g>\n</svg>\n"
}

/// The texts of a row that look the same: where they begin, what they say, how many cells they take, their classes.
fn runs(screen: &vt100::Screen, row: u16) -> Vec<(u16, String, u16, String)> {
    let mut runs: Vec<(u16, String, u16, String)> = Vec::new();
    for column in 0..COLUMNS.get() {
        let cell = screen.cell(row, column).unwrap();
        if cell.is_wide_continuation() {
            continue;
        }
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let width = if cell.is_wide() { 2 } else { 1 };
        let class = format!("{}{}", color_of(cell), if cell.bold() { " bold" } else { "" });
        match runs.last_mut() {
            Some((_, before, cells, same)) if *same == class || text == " " => {
                before.push_str(text);
                *cells += width;
            }
            _ => runs.push((column, text.to_owned(), width, class)),
        }
    }
    for (_, text, cells, _) in &mut runs {
        let blank = text.len() - text.trim_end_matches(' ').len();
        text.truncate(text.len() - blank);
        *cells -= u16::try_from(blank).unwrap();
    }
    runs.retain(|(_, text, ..)| !text.is_empty());
    runs
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// How well a colour can be told from another, as WCAG 2 defines it: from 1 to 21.
pub fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |color: &str| {
        let part = |from: usize| {
            let value = f64::from(u8::from_str_radix(&color[from..from + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}
