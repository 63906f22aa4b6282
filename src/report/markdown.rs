//! A report as Markdown: for a wiki, a ticket or a chat.

use std::fmt::Write;

use super::model::{Outcome, Question, Report, Status};
use crate::output::{Format, Options, escaped_markdown as escaped, text as table};
use datafusion_lightsail::error::Result;

/// The text of the file.
///
/// # Errors
/// When a value cannot be written.
pub fn markdown(report: &Report) -> Result<String> {
    let mut text = format!("# Lightsail fleet\n\n{}\n\n", escaped(&report.headline()));
    for (label, warning) in report.warnings() {
        let _ = writeln!(text, "> **{label}**: {}\n", escaped(&warning));
    }
    text.push_str("| | | |\n|---:|---|---|\n");
    for figure in report.figures() {
        let course = report.course(figure.name);
        let remark = [figure.remark.as_str(), course.as_str()].join(" ");
        let _ = writeln!(text, "| **{}** | {} | {} |", figure.text(), figure.label, remark.trim());
    }
    let themes = report.questions.chunk_by(|one, other| one.theme == other.theme);
    for questions in themes {
        let theme = questions.first().map(|question| question.theme.as_str()).unwrap_or_default();
        let _ = writeln!(text, "\n## {}\n", escaped(theme));
        text.push_str("| | count | question | first of them | what to do |\n|---|---:|---|---|---|\n");
        questions.iter().for_each(|question| text.push_str(&line(question)));
    }
    for total in &report.totals {
        let _ = writeln!(text, "\n## {}\n\n{}\n", escaped(&total.title), escaped(&total.description));
        text.push_str(&match &total.outcome {
            Outcome::Answered { rows, .. } if rows.num_rows() == 0 => "None.\n".to_owned(),
            Outcome::Answered { rows, .. } => table(rows, Format::Markdown, &Options::default())?,
            Outcome::Failed(error) => format!("**failed**: {}\n", escaped(error.message())),
        });
    }
    if !report.left_out.is_empty() {
        text.push_str("\n## Not asked\n\n");
    }
    for left_out in &report.left_out {
        let _ = writeln!(text, "- {}: {}", escaped(&left_out.name), escaped(&left_out.reason));
    }
    Ok(text)
}

fn line(question: &Question) -> String {
    let status = question.status();
    let name = match status {
        Status::Found(_) | Status::Failed => format!("**{}**", status.name()),
        _ => status.name().to_owned(),
    };
    let (count, example) = match &question.outcome {
        Outcome::Answered { rows, .. } => {
            (rows.count.to_string(), rows.example.as_ref().map(|example| escaped(&example.text)))
        }
        Outcome::Failed(error) => ("?".to_owned(), Some(escaped(&error.message().replace('\n', " ")))),
    };
    let is_found = matches!(status, Status::Found(_));
    let advice = question.advice.as_deref().filter(|_| is_found).unwrap_or_default();
    format!(
        "| {name} | {count} | {} `{}` | {} | {} |\n",
        escaped(&question.title),
        question.command.replace('`', "'").replace('|', "\\|"),
        example.unwrap_or_default(),
        escaped(advice)
    )
}
