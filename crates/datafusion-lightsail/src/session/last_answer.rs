//! The last answer as a table of the session, `_`: to ask on without a call.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::MemTable;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::resolve::resolve_table_references;

use super::Session;
use super::memory::Held;
use super::provenance::MadeTable;
use crate::error::Result;
use crate::scan::Record;

/// The name of the table.
pub const LAST_ANSWER: &str = "_";

/// Whether a statement reads the last answer.
pub fn reads_last_answer(statement: &Ast) -> bool {
    let tables = resolve_table_references(statement, true).map(|(tables, _)| tables).unwrap_or_default();
    tables.iter().any(|table| table.schema().is_none() && table.table() == LAST_ANSWER)
}

impl Session {
    /// Makes an answer the table `_`, in the place of the one before. What its record says is missing is told to those that
    /// read it.
    ///
    /// # Errors
    /// When the session takes no tables.
    pub fn keep_answer(
        &self,
        schema: &SchemaRef,
        batches: &[RecordBatch],
        record: &Arc<Record>,
    ) -> Result<()> {
        self.forget_answer()?;
        if schema.fields().is_empty() {
            return Ok(());
        }
        let schema = readable(schema);
        let batches =
            batches.iter().map(|batch| RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec()));
        let batches = batches.collect::<std::result::Result<Vec<_>, _>>()?;
        let table = Arc::new(MemTable::try_new(schema, vec![batches])?);
        self.context.register_table(LAST_ANSWER, MadeTable::of(table, record, Held::default()))?;
        Ok(())
    }

    /// Takes the table `_` away.
    ///
    /// # Errors
    /// When the session lets no table go.
    pub fn forget_answer(&self) -> Result<()> {
        self.context.deregister_table(LAST_ANSWER)?;
        Ok(())
    }
}

/// The columns with names that tell them apart: the second `name` is `name_2`.
fn readable(schema: &SchemaRef) -> SchemaRef {
    let mut taken: HashSet<String> = HashSet::new();
    let fields = schema.fields().iter().map(|field| {
        let mut name = field.name().clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{}_{number}", field.name());
            number += 1;
        }
        Field::new(name, field.data_type().clone(), true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
