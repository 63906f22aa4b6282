//! Rows as a model reads them: columnar, whole cells, and nothing cut without a word.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::output::json_rows;
use datafusion_lightsail::catalog::table::type_name;
use datafusion_lightsail::error::Result;
use datafusion_lightsail::scan::Record;

/// The largest integer of which every reader of JSON keeps all digits.
const EXACT: u64 = 1 << 53;

/// An answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Rows {
    /// The names of the columns.
    columns: Vec<String>,
    /// Their types. Integers beyond 2^53 are texts.
    types: Vec<String>,
    /// The rows, each with its cells in the order of the columns.
    rows: Vec<Vec<Value>>,
    /// How many rows these are.
    row_count: usize,
    /// Whether there are more rows than these.
    truncated: bool,
    /// Whether everything was read that the statement wants: false if rows are missing or may be.
    complete: bool,
    /// Why rows of some targets are missing.
    missing: Vec<String>,
    /// What else is to be known of the answer.
    notes: Vec<String>,
    /// When the oldest of its pages was read.
    as_of: Option<String>,
    /// How many calls to AWS it cost.
    api_calls: u64,
}

impl Rows {
    /// All cells, row by row.
    pub(super) fn cells(&self) -> impl Iterator<Item = &Value> {
        self.rows.iter().flatten()
    }
}

/// Takes rows until there are enough.
pub(super) struct Taker {
    rows: Rows,
    most: usize,
    /// How many bytes are left.
    room: usize,
    /// The bytes of each column so far.
    sizes: Vec<usize>,
    /// Whether bytes, and not rows, were too many.
    is_full: bool,
}

impl Taker {
    pub(super) fn new(schema: &SchemaRef, most: usize, room: usize) -> Self {
        let fields = || schema.fields().iter();
        let rows = Rows {
            columns: fields().map(|field| field.name().clone()).collect(),
            types: fields().map(|field| type_name(field.data_type())).collect(),
            rows: Vec::new(),
            row_count: 0,
            truncated: false,
            complete: true,
            missing: Vec::new(),
            notes: Vec::new(),
            as_of: None,
            api_calls: 0,
        };
        Self { sizes: vec![0; rows.columns.len()], rows, most, room, is_full: false }
    }

    /// Takes the rows of a batch; true if there is no room for more.
    ///
    /// # Errors
    /// When a cell has no JSON, such as NaN.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<bool> {
        for mut row in json_rows(batch)? {
            if self.rows.rows.len() == self.most {
                self.rows.truncated = true;
                return Ok(true);
            }
            row.iter_mut().for_each(spell_out);
            let sizes: Vec<usize> = row.iter().map(|cell| cell.to_string().len() + 1).collect();
            self.sizes.iter_mut().zip(&sizes).for_each(|(all, one)| *all += one);
            let Some(room) = self.room.checked_sub(sizes.iter().sum()) else {
                (self.rows.truncated, self.is_full) = (true, true);
                return Ok(true);
            };
            self.room = room;
            self.rows.rows.push(row);
        }
        Ok(false)
    }

    /// The answer, with what its record says.
    pub(super) fn end(self, record: &Arc<Record>) -> Rows {
        let Self { mut rows, sizes, is_full, .. } = self;
        let completeness = record.completeness();
        rows.row_count = rows.rows.len();
        if is_full {
            let largest = sizes.iter().enumerate().max_by_key(|(_, size)| **size).map_or(0, |(at, _)| at);
            let column = rows.columns.get(largest).map_or("", String::as_str);
            rows.notes.push(format!(
                "the rows stop where they would be too large (--max-bytes); the largest column is {column}: leave it out, or ask for fewer rows"
            ));
        }
        rows.complete = completeness.is_complete();
        rows.missing = completeness.missing.iter().map(ToString::to_string).collect();
        rows.notes.extend(record.all_notes());
        rows.as_of = completeness
            .taken_at
            .map(|at| DateTime::<Utc>::from(at).to_rfc3339_opts(SecondsFormat::Millis, true));
        rows.api_calls = record.calls();
        rows
    }
}

/// Makes texts of the integers that readers of JSON round.
fn spell_out(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let is_rounded = number.as_u64().is_some_and(|number| number > EXACT)
                || number.as_i64().is_some_and(|number| number.unsigned_abs() > EXACT);
            if is_rounded {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spell_out),
        Value::Object(fields) => fields.values_mut().for_each(spell_out),
        _ => {}
    }
}
