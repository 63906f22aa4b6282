//! All tables as one, so that what several of them need of the API is asked once: a row for each page, and in it a column
//! for each table with the table's rows of that page.

use std::hash::RandomState;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StructArray, new_null_array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::error::ArrowError;

use super::TABLES;
use super::operation::{Items, Needs, Operation};
use super::table::{ColumnInfo, Group, Origin, Source, Table};

/// All tables as one.
#[derive(Debug)]
pub struct Everything;

/// What a column is where its table has no rows of a page. Made once: there are a great many pages.
static NO_ROWS: LazyLock<Vec<ArrayRef>> =
    LazyLock::new(|| fields().iter().map(|field| new_null_array(field.data_type(), 1)).collect());

fn fields() -> Vec<Field> {
    let field = |table: &&dyn Table| {
        let rows = DataType::Struct(table.schema().fields().clone());
        Field::new_list(table.name(), Field::new_list_field(rows, false), true)
    };
    TABLES.iter().map(field).collect()
}

/// Whether pages of one operation are those of another: its own, or those that tell each item's details.
fn answers(operation: &'static Operation, other: &Operation) -> bool {
    [Some(operation), operation.detail].into_iter().flatten().any(|known| std::ptr::eq(known, other))
}

/// A table and some of its rows.
pub type Rows = (&'static dyn Table, RecordBatch);

/// The rows of the tables, out of the row of each page.
pub fn rows(pages: &RecordBatch) -> impl Iterator<Item = Rows> {
    let schema = pages.schema();
    let columns: Vec<_> =
        schema.fields().iter().map(|field| field.name().clone()).zip(pages.columns()).collect();
    columns.into_iter().flat_map(|(name, column)| {
        let table = TABLES.iter().find(|table| table.name() == name);
        let pages = column.as_list_opt::<i32>();
        let of_page = |(table, pages): (&&'static dyn Table, &ListArray)| {
            let (table, pages): (&'static dyn Table, _) = (*table, pages.clone());
            let rows =
                move |page| Some((table, RecordBatch::from(pages.value(page).as_struct_opt()?.clone())));
            (0..column.len()).filter(|page| column.is_valid(*page)).filter_map(rows).collect::<Vec<_>>()
        };
        table.zip(pages).map(of_page).unwrap_or_default()
    })
}

impl Table for Everything {
    fn name(&self) -> &'static str {
        "everything"
    }

    fn group(&self) -> Group {
        Group::System
    }

    fn description(&self) -> &'static str {
        "Pages, one row each, with the rows that each table has of them."
    }

    fn sources(&self) -> Vec<Source> {
        let all: Vec<usize> = (0..TABLES.len()).collect();
        self.sources_of(&all)
    }

    /// The operations of some tables, each with what all of these need of it.
    fn sources_of(&self, columns: &[usize]) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        for table in columns.iter().filter_map(|column| TABLES.get(*column)) {
            let needs = table.columns().iter().fold(Needs::NONE, |sum, column| sum.union(column.needs));
            for source in table.sources() {
                let needs = source.needs.union(needs);
                // Two operations that ask about different things may have one name.
                match sources.iter_mut().find(|known| std::ptr::eq(known.operation, source.operation)) {
                    Some(known) => known.needs = known.needs.union(needs),
                    // The rows of a column that has only some texts are here with those of other tables.
                    None => sources.push(Source { needs, texts: None, ..source }),
                }
            }
        }
        sources
    }

    fn key(&self) -> Option<&'static str> {
        None
    }

    fn examples(&self) -> &'static [&'static str] {
        &[]
    }

    fn columns(&self) -> Vec<ColumnInfo> {
        let columns = fields().into_iter().zip(TABLES);
        columns
            .map(|(field, table)| ColumnInfo {
                field,
                description: table.description(),
                needs: Needs::NONE,
                is_volatile: false,
            })
            .collect()
    }

    fn account(&self, operation: &Operation, items: &Items) -> Option<String> {
        TABLES.iter().find_map(|table| table.account(operation, items))
    }

    fn identities(&self, operation: &Operation, items: &Items, hasher: &RandomState) -> Option<Vec<u64>> {
        TABLES.iter().find_map(|table| table.identities(operation, items, hasher))
    }

    fn batch(
        &self,
        items: &Items,
        range: Range<usize>,
        origin: Origin<'_>,
        projection: &[usize],
        schema: &SchemaRef,
    ) -> Result<RecordBatch, ArrowError> {
        let column = |(at, &number): (usize, &usize)| {
            let (table, no_rows) = (TABLES[number], &NO_ROWS[number]);
            if !table.sources().iter().any(|source| answers(source.operation, origin.operation)) {
                return Ok(Arc::clone(no_rows));
            }
            let all: Vec<usize> = (0..table.columns().len()).collect();
            let rows = StructArray::from(table.batch(items, range.clone(), origin, &all, &table.schema())?);
            let DataType::List(item) = schema.field(at).data_type() else { return Ok(Arc::clone(no_rows)) };
            let offsets = OffsetBuffer::from_lengths([rows.len()]);
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, Arc::new(rows), None)?) as ArrayRef)
        };
        let columns = projection.iter().enumerate().map(column).collect::<Result<Vec<_>, ArrowError>>()?;
        RecordBatch::try_new(Arc::clone(schema), columns)
    }
}
