//! A report for machines.

use arrow::array::RecordBatch;
use serde_json::{Map, Value, json};

use super::model::{Example, Outcome, Question, Report, Total, Trend};
use crate::output::json_rows;
use datafusion_lightsail::captures::shown;
use datafusion_lightsail::error::{Error, Kind, Result};

/// The text of the file.
///
/// # Errors
/// When a value cannot be written.
pub fn json(report: &Report) -> Result<String> {
    let figures = report.figures().into_iter().map(|figure| {
        let value = json!({"value": figure.value, "complete": figure.is_complete, "label": figure.label});
        (figure.name.to_owned(), value)
    });
    let totals = report.totals.iter().map(|of| Ok((of.name.to_owned(), total(of)?)));
    let left_out = report.left_out.iter().map(|it| json!({"name": it.name, "reason": it.reason}));
    let value = json!({
        "program": concat!("lightsail-sql ", env!("CARGO_PKG_VERSION")),
        "taken_at": shown(report.taken_at),
        "captures": report.folder,
        "complete": report.is_complete(),
        "missing": report.missing,
        "targets": report.targets,
        "calls": report.calls,
        "figures": figures.collect::<Map<_, _>>(),
        "questions": report.questions.iter().map(question).collect::<Vec<_>>(),
        "totals": totals.collect::<Result<Map<_, _>>>()?,
        "trends": report.trends.iter().map(trend).collect::<Map<_, _>>(),
        "left_out": left_out.collect::<Vec<_>>(),
    });
    Ok(format!("{value:#}\n"))
}

fn question(question: &Question) -> Value {
    let (count, example, is_complete, error) = match &question.outcome {
        Outcome::Answered { rows, is_complete } => {
            (Some(rows.count), rows.example.as_ref(), *is_complete, None)
        }
        Outcome::Failed(error) => (None, None, false, Some(error.to_string())),
    };
    json!({
        "name": question.name,
        "title": question.title,
        "theme": question.theme,
        "level": question.level.name(),
        "status": question.status().name(),
        "count": count,
        "complete": is_complete,
        "example": example.map(|Example { row, .. }| row),
        "advice": question.advice,
        "command": question.command,
        "error": error,
    })
}

fn total(total: &Total) -> Result<Value> {
    let (rows, error) = match &total.outcome {
        Outcome::Answered { rows, .. } => (Some(objects(rows)?), None),
        Outcome::Failed(error) => (None, Some(error.to_string())),
    };
    let is_complete = total.is_complete();
    Ok(json!({"title": total.title, "complete": is_complete, "rows": rows, "error": error}))
}

fn objects(batch: &RecordBatch) -> Result<Vec<Value>> {
    let schema = batch.schema();
    let rows = json_rows(batch).map_err(|error| {
        Error::new(Kind::Output, format!("a total cannot be written: {error}")).with_source(error)
    })?;
    let names = || schema.fields().iter().map(|field| field.name().clone());
    Ok(rows.into_iter().map(|row| Value::Object(names().zip(row).collect())).collect())
}

fn trend(trend: &Trend) -> (String, Value) {
    let point = |(at, value): &(_, Option<f64>)| json!({"captured_at": shown(*at), "value": value});
    (trend.name.to_owned(), json!(trend.points.iter().map(point).collect::<Vec<_>>()))
}
