//! A report as one page that needs nothing else: for a browser, a phone, a mail or paper.

use std::fmt::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use super::model::{Outcome, Question, Report, Status, Total, Trend, number};
use super::screen::PARTIAL;
use crate::output::{bars, escaped_html as escaped, html_table, page_end, page_head, spark};
use datafusion_lightsail::captures::shown;
use datafusion_lightsail::error::{Error, Kind, Result};

const STYLE: &str = include_str!("report.css");

const TITLE: &str = "Lightsail fleet";

/// The text of the file.
///
/// # Errors
/// When a value cannot be written.
pub fn html(report: &Report) -> Result<String> {
    let mut page = page_head(TITLE, STYLE);
    let _ = write!(page, "<main>\n<header>\n<h1>{TITLE}</h1>\n<p>{}</p>\n", escaped(&report.headline()));
    let warnings = report.warnings();
    if !warnings.is_empty() {
        let items = warnings.iter().map(|(_, warning)| format!("<li>{}</li>", escaped(warning)));
        let head = match warnings.iter().any(|(label, _)| *label == PARTIAL) {
            true => "<strong>PARTIAL</strong>: not everything was seen.",
            false => "Not everything was asked.",
        };
        let _ = writeln!(
            page,
            "<div class=\"partial\" role=\"note\">{head}\n<ul>{}</ul></div>",
            items.collect::<String>()
        );
    }
    page.push_str("</header>\n");
    page.push_str(&figures(report));
    let (found, quiet): (Vec<&Question>, Vec<&Question>) = worst_first(report)
        .into_iter()
        .partition(|question| matches!(question.status(), Status::Found(_) | Status::Failed));
    let found = (!found.is_empty()).then(|| questions(&found));
    let none = "<p>No question found anything.</p>\n".to_owned();
    let _ = writeln!(page, "<section>\n<h2>Findings</h2>\n{}</section>", found.unwrap_or(none));
    for total in &report.totals {
        page.push_str(&section(total)?);
    }
    if !quiet.is_empty() {
        let items = quiet.iter().map(|question| {
            let status = question.status();
            format!(
                "<li><span class=\"level {0}\">{0}</span> {1}</li>\n",
                status.name(),
                escaped(&question.title)
            )
        });
        let _ = writeln!(
            page,
            "<section>\n<h2>Nothing found</h2>\n<ul class=\"quiet\">\n{}</ul>\n</section>",
            items.collect::<String>()
        );
    }
    if !report.left_out.is_empty() {
        let items = report
            .left_out
            .iter()
            .map(|it| format!("<li><code>{}</code>: {}</li>\n", escaped(&it.name), escaped(&it.reason)));
        let _ = writeln!(
            page,
            "<section>\n<h2>Not asked</h2>\n<ul>\n{}</ul>\n</section>",
            items.collect::<String>()
        );
    }
    let _ = writeln!(
        page,
        "<footer><p>lightsail-sql {}. Prices are list prices in US dollars; times are in UTC.</p></footer>\n</main>",
        env!("CARGO_PKG_VERSION")
    );
    Ok(page + &page_end())
}

fn worst_first(report: &Report) -> Vec<&Question> {
    let mut questions: Vec<&Question> = report.questions.iter().collect();
    questions.sort_by_key(|question| std::cmp::Reverse((question.status(), question.count())));
    questions
}

fn figures(report: &Report) -> String {
    let mut tiles = String::new();
    for figure in report.figures() {
        let class = match (figure.name, figure.value) {
            ("red" | "yellow", Some(value)) if value > 0.0 => figure.name,
            _ => "plain",
        };
        let trend = report.trends.iter().find(|trend| trend.name == figure.name);
        let _ = writeln!(
            tiles,
            "<li class=\"{class}\"><span class=\"value\">{}</span><span class=\"label\">{}</span>\
             <span class=\"remark\">{}</span>{}</li>",
            escaped(&figure.text()),
            escaped(figure.label),
            escaped(&figure.remark),
            trend.map(course).unwrap_or_default()
        );
    }
    format!("<ul class=\"figures\">\n{tiles}</ul>\n")
}

/// How a figure went, as a picture and in words.
fn course(trend: &Trend) -> String {
    let known: Vec<_> = trend.points.iter().filter_map(|(at, value)| Some((at, (*value)?))).collect();
    let (Some((from, first)), Some((to, last))) = (known.first(), known.last()) else { return String::new() };
    let text = |value: &f64| number(*value, trend.is_money);
    let day = |time: &chrono::DateTime<chrono::Utc>| shown(*time).chars().take(10).collect::<String>();
    let words = format!("{} on {} to {} on {}", text(first), day(from), text(last), day(to));
    let values: Vec<_> = trend.points.iter().map(|(_, value)| *value).collect();
    let picture = spark(&values, &format!("{}: {words}", trend.label));
    format!("<span class=\"course\">{picture}<span class=\"remark\">{}</span></span>", escaped(&words))
}

fn questions(questions: &[&Question]) -> String {
    let mut rows = String::new();
    for (place, question) in questions.iter().enumerate() {
        let status = question.status();
        let (count, example) = match &question.outcome {
            Outcome::Answered { rows, is_complete } => {
                let least = if *is_complete { "" } else { "<span class=\"remark\">or more</span>" };
                let example =
                    rows.example.as_ref().map_or_else(String::new, |example| escaped(&example.text));
                (format!("{}{least}", rows.count), example)
            }
            Outcome::Failed(error) => ("?".to_owned(), escaped(error.message())),
        };
        let advice = question.advice.as_deref().map(|advice| format!("<p>{}</p>", escaped(advice)));
        let _ = writeln!(
            rows,
            "<tr><td data-sort=\"{place}\"><span class=\"level {0}\">{0}</span></td><td>{1}</td>\
             <td class=\"question\"><strong>{2}</strong>{3}<code>{4}</code></td>\
             <td class=\"number\" data-sort=\"{5}\">{count}</td><td class=\"example\">{example}</td></tr>",
            status.name(),
            escaped(&question.theme),
            escaped(&question.title),
            advice.unwrap_or_default(),
            escaped(&question.command),
            question.count(),
        );
    }
    format!(
        "<table class=\"findings\">\n<thead><tr><th>level</th><th>theme</th><th>question</th>\
         <th class=\"number\">count</th><th>first of them</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn section(total: &Total) -> Result<String> {
    let body = match &total.outcome {
        Outcome::Answered { rows, .. } if rows.num_rows() == 0 => "<p>None.</p>\n".to_owned(),
        Outcome::Answered { rows, .. } => {
            let table = html_table(rows).map_err(|error| {
                Error::new(Kind::Output, format!("a total cannot be written: {error}")).with_source(error)
            })?;
            let picture = total.chart.as_deref().and_then(|column| picture(rows, column));
            let figure = picture.map(|picture| format!("<figure>\n{picture}</figure>\n"));
            format!("<div class=\"beside\">\n<div>\n{table}</div>\n{}</div>\n", figure.unwrap_or_default())
        }
        Outcome::Failed(error) => format!("<p class=\"partial\">failed: {}</p>\n", escaped(error.message())),
    };
    let part = if total.is_complete() { "" } else { " <span class=\"level failed\">partial</span>" };
    Ok(format!(
        "<section>\n<h2>{}{part}</h2>\n<p class=\"remark\">{}</p>\n{body}</section>\n",
        escaped(&total.title),
        escaped(&total.description)
    ))
}

/// Bars of a column over the first one; `None` where there is nothing to compare.
fn picture(rows: &RecordBatch, column: &str) -> Option<String> {
    let labels = rows.columns().first()?.as_string_opt::<i32>()?;
    let values = cast(rows.column_by_name(column)?, &DataType::Float64).ok()?;
    let values = values.as_primitive_opt::<Float64Type>()?;
    let bar = |row: usize| {
        let label = if labels.is_valid(row) { labels.value(row) } else { "NULL" };
        (label.to_owned(), values.is_valid(row).then(|| values.value(row)))
    };
    (rows.num_rows() > 1).then(|| bars(column, (0..rows.num_rows()).map(bar).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::Level;

    #[test]
    fn each_status_has_a_colour() {
        let levels = [Level::Red, Level::Yellow, Level::Info].map(Status::Found);
        for status in levels.into_iter().chain([Status::Green, Status::Unknown, Status::Failed]) {
            assert!(STYLE.contains(&format!(".level.{}", status.name())), "{status:?}");
        }
    }
}
