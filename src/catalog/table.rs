//! What a table is: an operation, and columns over the rows that its items become.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::column::Column;
use super::operation::{Items, Operation, Parameters};
use super::rows::Rows;

/// A table's declaration.
pub struct TableSpec<R: Rows> {
    /// Its name in SQL.
    pub name: &'static str,
    /// What a row is, in one sentence.
    pub description: &'static str,
    /// The operation that feeds it.
    pub operation: &'static Operation,
    /// The column whose value names the item that a row comes from, for the operation's look-up.
    pub key: Option<&'static str>,
    /// Its columns, after the three that all tables begin with.
    pub columns: &'static [Column<R>],
}

/// The columns that every table begins with: name, description, nullable.
const COMMON: [(&str, &str, bool); 3] = [
    ("profile", "The AWS profile that was asked.", false),
    ("account_id", "The AWS account that owns the resource, from its arn.", true),
    ("region", "The AWS region of the resource.", false),
];

/// A column as documentation and completion see it.
#[derive(Debug, Clone)]
pub struct ColumnInfo {
    /// Name, type and nullability.
    pub field: Field,
    /// One sentence.
    pub description: &'static str,
    /// What reading it asks of the API.
    pub needs: Parameters,
}

/// Any table, whatever its rows are.
pub trait Table: fmt::Debug + Send + Sync {
    /// Its name in SQL.
    fn name(&self) -> &'static str;
    /// What a row is, in one sentence.
    fn description(&self) -> &'static str;
    /// The operation that feeds it.
    fn operation(&self) -> &'static Operation;
    /// The column whose value names the item that a row comes from, if the operation has a look-up by that name.
    fn key(&self) -> Option<&'static str>;
    /// All columns, in order.
    fn columns(&self) -> Vec<ColumnInfo>;
    /// The record batch of one page: the columns named by `projection` (indices into [`Table::columns`]).
    ///
    /// `profile` and `asked_region` are those of the target that answered.
    ///
    /// # Errors
    /// When the page holds something else than the operation promises.
    fn batch(
        &self,
        items: &Items,
        profile: &str,
        asked_region: &str,
        projection: &[usize],
        schema: &SchemaRef,
    ) -> Result<RecordBatch, ArrowError>;

    /// The Arrow schema of all columns.
    fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns().into_iter().map(|column| column.field).collect::<Vec<_>>()))
    }
}

impl<R: Rows> Table for TableSpec<R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn operation(&self) -> &'static Operation {
        self.operation
    }

    fn key(&self) -> Option<&'static str> {
        self.key
    }

    fn columns(&self) -> Vec<ColumnInfo> {
        let common = COMMON.iter().map(|&(name, description, nullable)| ColumnInfo {
            field: Field::new(name, DataType::Utf8, nullable),
            description,
            needs: Parameters::NONE,
        });
        let own = self.columns.iter().map(|column| ColumnInfo {
            field: column.field(),
            description: column.description,
            needs: column.needs,
        });
        common.chain(own).collect()
    }

    fn batch(
        &self,
        items: &Items,
        profile: &str,
        asked_region: &str,
        projection: &[usize],
        schema: &SchemaRef,
    ) -> Result<RecordBatch, ArrowError> {
        let wrong =
            || ArrowError::SchemaError(format!("{} is fed with pages of another operation", self.name));
        let rows: Vec<R::Row<'_>> =
            items.of::<R::Item>().ok_or_else(wrong)?.iter().flat_map(R::rows).collect();
        let text = |get: &dyn for<'r> Fn(&'r R::Row<'_>) -> Option<&'r str>| -> ArrayRef {
            Arc::new(rows.iter().map(get).collect::<StringArray>())
        };
        let columns = projection.iter().map(|&index| match index {
            0 => Ok(Arc::new(StringArray::from_iter_values(rows.iter().map(|_| profile))) as ArrayRef),
            1 => Ok(text(&|row| R::arn(row).and_then(account_id))),
            2 => Ok(Arc::new(StringArray::from_iter_values(
                rows.iter().map(|row| R::region(row).unwrap_or(asked_region)),
            )) as ArrayRef),
            own => self.columns[own - COMMON.len()].build(&rows),
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
    }
}

impl<R: Rows> fmt::Debug for TableSpec<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The account in `arn:aws:lightsail:us-east-1:123456789012:Instance/…`: the fifth part, if there is one.
fn account_id(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::account_id;

    #[test]
    fn the_account_is_the_fifth_part_of_the_arn() {
        assert_eq!(account_id("arn:aws:lightsail:us-east-1:123456789012:Instance/x"), Some("123456789012"));
        assert_eq!(account_id("arn:aws:lightsail:us-east-1"), None);
        assert_eq!(account_id("arn:aws:lightsail:us-east-1::Instance/x"), None);
    }
}
