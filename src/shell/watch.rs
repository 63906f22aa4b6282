//! `\watch`: a statement again and again, and what changed since the last time.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::StreamExt;

use super::console::Console;
use super::echo::Quiet;
use crate::output::{Destination, RowWriter};
use crate::progress::Progress;
use crate::say::say;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::RowOrder;
use datafusion_lightsail::script::{Parameters, Statement, located};

/// How many rows that came or went are shown; the others are counted.
const SHOWN: usize = 5;

/// The longest that throttling makes the time between two rounds.
const SLOWEST: Duration = Duration::from_secs(600);

/// Runs a statement every so often until Ctrl-C.
///
/// # Errors
/// When the statement has no rows, or fails. Ctrl-C is none.
pub(super) async fn watch(
    console: &mut Console<'_>,
    statement: &Statement,
    values: &Parameters,
    every: Duration,
) -> Result<()> {
    if !statement.has_rows() {
        return Err(Error::new(Kind::Usage, "the statement has no rows to watch").at(&statement.place));
    }
    let _quiet = Quiet::begin();
    let (mut before, mut every) = (None, every);
    loop {
        let round = round(console, statement, values, before.as_ref());
        let (rows, is_throttled) = tokio::select! {
            round = round => match round {
                // It hears Ctrl-C itself.
                Err(error) if error.kind() == Kind::Interrupted => return Ok(()),
                round => round?,
            },
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        before = Some(rows);
        if is_throttled {
            every = (every * 2).min(SLOWEST).max(every);
            console.note(format_args!("throttled: from now on every {}", seconds(every)));
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

/// Asks once and shows the rows. Gives them, and whether a call was throttled.
async fn round(
    console: &mut Console<'_>,
    statement: &Statement,
    values: &Parameters,
    before: Option<&BTreeMap<String, usize>>,
) -> Result<(BTreeMap<String, usize>, bool)> {
    // What was read before is what did not change.
    console.session.refresh();
    let record = console.begin(statement, values);
    let progress = Progress::begin(&record, console.display.rows.progress);
    let (session, asked) = (console.session.clone(), record.clone());
    let (ast, place, values) = (statement.ast.clone(), statement.place.clone(), values.clone());
    let read = async move {
        let located = |error| located(error, &place);
        let answer = session.ask_with(asked, ast, &values, RowOrder::Target).await;
        let mut answer = answer.map_err(located)?;
        let mut batches = Vec::new();
        while let Some(batch) = answer.stream.next().await {
            batches.push(batch.map_err(located)?);
        }
        Ok((answer.schema, batches))
    };
    let (schema, batches) = console.apart(read).await?;
    drop(progress);
    let options = console.screen_options();
    let mut writer = RowWriter::new(console.display.format, schema, Destination::stdout(), &options)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    let finished = writer.finish(&[])?;
    finished.note.into_iter().for_each(|note| console.note(note));
    finished.out.commit()?;
    let rows = counted(&batches)?;
    let at = chrono::Local::now().format("%H:%M:%S");
    match before {
        None => console.note(format_args!("{at}: {}; Ctrl-C ends", rows_of(rows.values().sum()))),
        Some(before) => {
            let (line, shown) = changes(before, &rows);
            console.note(format_args!("{at}: {line}"));
            shown.iter().for_each(say);
        }
    }
    Ok((rows, record.throttled() > 0))
}

/// The rows as texts, and how many there are of each.
fn counted(batches: &[RecordBatch]) -> Result<BTreeMap<String, usize>> {
    let options = FormatOptions::new().with_null("NULL");
    let mut rows = BTreeMap::new();
    for batch in batches {
        let texts = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = texts.iter().map(|text| text.value(row).to_string()).collect();
            *rows.entry(cells.join(" │ ")).or_default() += 1;
        }
    }
    Ok(rows)
}

/// What changed, in a line, and the first rows that came and went.
fn changes(before: &BTreeMap<String, usize>, now: &BTreeMap<String, usize>) -> (String, Vec<String>) {
    let more = |one: &BTreeMap<String, usize>, other: &BTreeMap<String, usize>| -> Vec<String> {
        let surplus = |(row, count): (&String, &usize)| {
            let times = count.saturating_sub(other.get(row).copied().unwrap_or_default());
            std::iter::repeat_n(row.clone(), times)
        };
        one.iter().flat_map(surplus).collect()
    };
    let (came, went) = (more(now, before), more(before, now));
    if came.is_empty() && went.is_empty() {
        return ("nothing changed".to_owned(), Vec::new());
    }
    let line = format!("{} came, {} went", rows_of(came.len()), went.len());
    let signed = |sign: &'static str, rows: Vec<String>| {
        let left_out = rows.len().saturating_sub(SHOWN);
        let more = (left_out > 0).then(|| format!("{sign} … {left_out} more"));
        rows.into_iter().take(SHOWN).map(move |row| format!("{sign} {row}")).chain(more)
    };
    (line, signed("+", came).chain(signed("-", went)).collect())
}

/// `1 row`, `2 rows`
fn rows_of(count: usize) -> String {
    format!("{count} row{}", if count == 1 { "" } else { "s" })
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[&str]) -> BTreeMap<String, usize> {
        let mut rows = BTreeMap::new();
        texts.iter().for_each(|text| *rows.entry((*text).to_owned()).or_default() += 1);
        rows
    }

    #[test]
    fn rows_that_came_and_went_are_told_apart() {
        let (line, shown) = changes(&rows(&["a", "b", "b"]), &rows(&["b", "c"]));
        assert_eq!(line, "1 row came, 2 went");
        assert_eq!(shown, ["+ c", "- a", "- b"]);
        assert_eq!(changes(&rows(&["a"]), &rows(&["a"])), ("nothing changed".to_owned(), vec![]));
        let many: Vec<String> = (0..9).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(changes(&rows(&[]), &rows(&many)).1.last().unwrap(), "+ … 4 more");
    }
}
