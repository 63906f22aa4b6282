//! A report on a terminal: a line for each question, and the totals as tables.

use unicode_width::UnicodeWidthStr;

use super::model::{Figure, Outcome, Question, Report, Status};
use crate::output::{Destination, Format, Options, Style, blocks, paint, text as table, wrap};
use crate::saved::Level;
use crate::say::counted;
use datafusion_lightsail::captures::shown;
use datafusion_lightsail::catalog::meaning::Tone;
use datafusion_lightsail::error::Result;

/// What is said where rows are missing.
pub(super) const PARTIAL: &str = "PARTIAL";

/// How wide a name is that others are aligned with.
const NAMES: usize = 34;

/// The narrowest line that a terminal is taken to have.
const LEAST: usize = 60;

impl Report {
    /// What it is of, and as of when.
    pub(super) fn headline(&self) -> String {
        let whole = if self.is_complete() { "complete" } else { "NOT complete" };
        let asked = match &self.folder {
            Some(folder) => format!("captured in {folder}"),
            None => counted(self.calls, "API call"),
        };
        let targets = counted(self.targets, "target");
        format!("As of {}, {targets}, {asked}, {whole}.", shown(self.taken_at))
    }

    /// What is missing, one line each, and what may be, for it was not asked.
    pub(super) fn warnings(&self) -> Vec<(&'static str, String)> {
        let unanswered = self.questions.iter().filter(|it| it.status() == Status::Failed).count();
        let failed =
            (unanswered > 0).then(|| format!("{} could not be asked", counted(unanswered, "question")));
        let missing = self.missing.iter().cloned().chain(failed).map(|text| (PARTIAL, text));
        missing.chain(self.gaps.iter().cloned().map(|text| ("note", text))).collect()
    }

    /// The course of a figure as characters; empty if none is known.
    pub(super) fn course(&self, name: &str) -> String {
        let trend = self.trends.iter().find(|trend| trend.name == name);
        let values = trend.map(|trend| trend.points.iter().map(|(_, value)| *value).collect::<Vec<_>>());
        values.map(|values| blocks(&values)).unwrap_or_default()
    }
}

/// Writes the report for people, each line as wide as the terminal where there is one.
///
/// # Errors
/// When nothing can be written.
pub fn screen(report: &Report, mut out: Destination, options: &Options, whom: &str) -> Result<()> {
    let width = options.width.filter(|width| *width > 0).map(|width| width.max(LEAST));
    let text = Text { width, has_color: options.has_color };
    let mut head = String::new();
    paint("Lightsail fleet", Style::Bold, text.has_color, &mut head);
    head.push('\n');
    text.add(&report.headline(), Style::Plain, 0, &mut head);
    for (label, warning) in report.warnings() {
        let tone = if label == PARTIAL { Tone::Bad } else { Tone::Warn };
        text.add(&format!("{label}: {warning}"), Style::Tone(tone), 0, &mut head);
    }
    head.push('\n');
    let figures = report.figures();
    let widest = figures.iter().map(|figure| figure.text().width()).max().unwrap_or_default();
    figures.iter().for_each(|figure| text.figure(figure, widest, &report.course(figure.name), &mut head));
    out.send(head.as_bytes())?;
    for questions in report.questions.chunk_by(|one, other| one.theme == other.theme) {
        let mut lines = "\n".to_owned();
        let theme = questions.first().map(|question| question.theme.as_str()).unwrap_or_default();
        paint(theme, Style::Bold, text.has_color, &mut lines);
        lines.push('\n');
        questions.iter().for_each(|question| text.question(question, &mut lines));
        out.send(lines.as_bytes())?;
    }
    for total in &report.totals {
        let mut lines = "\n".to_owned();
        paint(&total.title, Style::Bold, text.has_color, &mut lines);
        lines.push('\n');
        match &total.outcome {
            Outcome::Answered { rows, .. } if rows.num_rows() == 0 => lines.push_str("  none\n"),
            Outcome::Answered { rows, .. } => lines += &table(rows, Format::Table, options)?,
            Outcome::Failed(error) => {
                text.add(&format!("failed: {}", error.message()), Style::Tone(Tone::Bad), 2, &mut lines);
            }
        }
        out.send(lines.as_bytes())?;
    }
    let mut foot = "\n".to_owned();
    for left_out in &report.left_out {
        text.add(&format!("not asked: {}: {}", left_out.name, left_out.reason), Style::Dim, 0, &mut foot);
    }
    let whom = if whom.is_empty() { String::new() } else { format!(" {whom}") };
    let more = format!(
        "lightsail-sql run NAME{whom} shows the rows of a question; -o fleet.html writes all of this with what to do"
    );
    text.add(&more, Style::Dim, 0, &mut foot);
    out.send(foot.as_bytes())?;
    out.commit()
}

/// How lines are laid out.
struct Text {
    /// How wide a line is; `None` is as wide as it has to be.
    width: Option<usize>,
    has_color: bool,
}

impl Text {
    /// Adds a text in lines that are indented.
    fn add(&self, text: &str, style: Style, indent: usize, lines: &mut String) {
        for line in wrap(text, self.width.map_or(usize::MAX, |width| width - indent)) {
            lines.push_str(&" ".repeat(indent));
            paint(&line, style, self.has_color, lines);
            lines.push('\n');
        }
    }

    fn figure(&self, figure: &Figure, widest: usize, course: &str, lines: &mut String) {
        let value = figure.text();
        let style = match (figure.name, figure.value) {
            ("red", Some(value)) if value > 0.0 => Style::Tone(Tone::Bad),
            ("yellow", Some(value)) if value > 0.0 => Style::Tone(Tone::Warn),
            _ => Style::Bold,
        };
        let mut line = " ".repeat(2 + widest - value.width());
        paint(&value, style, self.has_color, &mut line);
        let rest = format!("  {:26}  {}  {course}", figure.label, figure.remark);
        lines.push_str(&line);
        lines.push_str(self.fitting(rest.trim_end(), widest + 2).as_str());
        lines.push('\n');
    }

    fn question(&self, question: &Question, lines: &mut String) {
        let status = question.status();
        let (count, rest) = match &question.outcome {
            Outcome::Answered { rows, .. } => (
                rows.count.to_string(),
                rows.example.as_ref().map_or_else(String::new, |example| example.text.clone()),
            ),
            Outcome::Failed(error) => ("?".to_owned(), error.message().replace('\n', " ")),
        };
        let style = match status {
            Status::Green => Style::Tone(Tone::Good),
            Status::Found(Level::Info) => Style::Plain,
            Status::Found(Level::Yellow) | Status::Unknown => Style::Tone(Tone::Warn),
            Status::Found(Level::Red) | Status::Failed => Style::Tone(Tone::Bad),
        };
        lines.push_str("  ");
        paint(&format!("{:7}", status.name()), style, self.has_color, lines);
        let name = format!(" {count:>5}  {:NAMES$}  {rest}", question.name);
        lines.push_str(self.fitting(name.trim_end(), 9).as_str());
        lines.push('\n');
    }

    /// The text, cut where the line ends that it begins at this column of.
    fn fitting(&self, text: &str, from: usize) -> String {
        let Some(room) = self.width.map(|width| width.saturating_sub(from)) else { return text.to_owned() };
        if text.width() <= room {
            return text.to_owned();
        }
        let mut fitting = String::new();
        for character in text.chars() {
            if fitting.width() + unicode_width::UnicodeWidthChar::width(character).unwrap_or(0) >= room {
                break;
            }
            fitting.push(character);
        }
        fitting + "…"
    }
}
