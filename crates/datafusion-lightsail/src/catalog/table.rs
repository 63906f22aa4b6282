//! What a table is: the operations that feed it, and columns over the rows that their items become.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

use super::column::Column;
pub use super::group::Group;
use super::operation::{Items, Needs, Operation, Scope};
use super::rows::{FromItem, Rows};

/// A table's declaration.
pub struct TableSpec<R: Rows> {
    /// Its name in SQL.
    pub name: &'static str,
    /// Where it is listed.
    pub group: Group,
    /// What a row is, in one sentence.
    pub description: &'static str,
    /// The operations that feed it: one for most tables.
    pub feeds: &'static [Feed<R>],
    /// The column whose value names the item that a row comes from, for the operation's look-up.
    pub key: Option<&'static str>,
    /// Queries that show what it is for; tests run them on the demo fleet.
    pub examples: &'static [&'static str],
    /// Its columns, after the three that all tables begin with.
    pub columns: &'static [Column<R>],
}

/// An operation, and how its items become rows of a table.
pub struct Feed<R: Rows> {
    source: Source,
    rows: Flatten<R>,
}

/// The rows of some of the items on a page, if they are what the operation lists.
type Flatten<R> = for<'a> fn(&'a Items, &Range<usize>) -> Option<Vec<<R as Rows>::Row<'a>>>;

/// An operation as a source of rows, and what is known of them before it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The operation.
    pub operation: &'static Operation,
    /// What the rows ask of it, whichever columns are read.
    pub needs: Needs,
    /// The only texts that a column can have in its rows, where the table has several sources.
    pub texts: Option<(&'static str, &'static [&'static str])>,
}

impl<R: Rows> Feed<R> {
    /// The rows of an operation that lists `T`s.
    pub const fn of<T: Send + Sync + 'static>(operation: &'static Operation) -> Self
    where
        R: FromItem<T>,
    {
        Self {
            source: Source { operation, needs: Needs::NONE, texts: None },
            rows: |items, range| Some(items.part::<T>(range)?.iter().flat_map(R::rows).collect()),
        }
    }

    /// Makes its rows depend on `needs`: they are there only if the API is asked with them.
    #[must_use]
    pub const fn needing(mut self, needs: Needs) -> Self {
        self.source.needs = needs;
        self
    }

    /// Declares the only texts that a column can have in its rows.
    #[must_use]
    pub const fn with(mut self, column: &'static str, texts: &'static [&'static str]) -> Self {
        self.source.texts = Some((column, texts));
        self
    }
}

/// The columns that every table begins with: name, description, nullable.
const COMMON: [(&str, &str, bool); 3] = [
    ("profile", "The AWS profile that was asked.", false),
    (
        "account_id",
        "The AWS account that owns the resource, from its arn or its parent's; NULL where the API tells neither.",
        true,
    ),
    (
        "region",
        "The AWS region of the resource, global for domains and distributions; where the API says none, the region \
         that was asked.",
        false,
    ),
];

/// The place of `account_id` among the columns of every table.
pub const ACCOUNT: usize = 1;

/// A column as documentation and completion see it.
#[derive(Debug, Clone)]
pub struct ColumnInfo {
    /// Name, type and nullability.
    pub field: Field,
    /// One sentence.
    pub description: &'static str,
    /// What reading it asks of the API.
    pub needs: Needs,
    /// Whether it changes by itself, so that a comparison of two times leaves it out.
    pub is_volatile: bool,
}

/// A type as people write it: `Map(Utf8, Utf8)`, `Timestamp(ms, UTC)`.
pub fn type_name(kind: &DataType) -> String {
    let names = |fields: &Fields| -> Vec<String> {
        fields.iter().map(|field| type_name(field.data_type())).collect()
    };
    match kind {
        DataType::List(element) => format!("List({})", type_name(element.data_type())),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => format!("Map({})", names(fields).join(", ")),
            other => format!("Map({other})"),
        },
        DataType::Struct(fields) => {
            let members = fields.iter().zip(names(fields));
            let members: Vec<_> = members.map(|(field, kind)| format!("{} {kind}", field.name())).collect();
            format!("Struct({})", members.join(", "))
        }
        DataType::Timestamp(TimeUnit::Millisecond, Some(zone)) => format!("Timestamp(ms, {zone})"),
        other => other.to_string(),
    }
}

/// Where the items of a page come from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The operation that answered.
    pub operation: &'static Operation,
    /// The profile that was asked.
    pub profile: &'a str,
    /// The region that was asked.
    pub region: &'a str,
    /// The account of the profile, if it is known: for rows without an arn that says theirs.
    pub account: Option<&'a str>,
}

/// Any table, whatever its rows are.
pub trait Table: fmt::Debug + Send + Sync {
    /// Its name in SQL.
    fn name(&self) -> &'static str;
    /// Where it is listed.
    fn group(&self) -> Group;
    /// What a row is, in one sentence.
    fn description(&self) -> &'static str;
    /// The operations that feed it, at least one.
    fn sources(&self) -> Vec<Source>;
    /// The operations that feed some of its columns, which are named by their place in [`Table::columns`].
    fn sources_of(&self, _columns: &[usize]) -> Vec<Source> {
        self.sources()
    }
    /// The column of times of a table that tells what happened and not what there is: without a range of it only a part is
    /// asked of the API.
    fn range(&self) -> Option<&'static str> {
        self.sources().iter().find_map(|source| source.operation.range)
    }
    /// The column whose value names the item that a row comes from, if the operation has a look-up by that name.
    fn key(&self) -> Option<&'static str>;
    /// Queries that show what it is for.
    fn examples(&self) -> &'static [&'static str];
    /// All columns, in order.
    fn columns(&self) -> Vec<ColumnInfo>;
    /// The account that the first row says it belongs to.
    fn account(&self, operation: &Operation, items: &Items) -> Option<String>;
    /// A hash of the arn of each item that has one; `None` if the operation does not feed it.
    fn identities(&self, operation: &Operation, items: &Items, hasher: &RandomState) -> Option<Vec<u64>>;
    /// The record batch of the items in `range`: the columns named by `projection` (indices into [`Table::columns`]).
    ///
    /// # Errors
    /// When the page holds something else than the operation promises.
    fn batch(
        &self,
        items: &Items,
        range: Range<usize>,
        origin: Origin<'_>,
        projection: &[usize],
        schema: &SchemaRef,
    ) -> Result<RecordBatch, ArrowError>;

    /// The Arrow schema of all columns.
    fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns().into_iter().map(|column| column.field).collect::<Vec<_>>()))
    }

    /// The names of the operations that feed it.
    fn operations(&self) -> String {
        let names: Vec<_> = self.sources().iter().map(|source| source.operation.name).collect();
        names.join(", ")
    }

    /// The operation that answers for one item by its name, if a predicate can name one.
    fn lookup(&self) -> Option<&'static str> {
        self.key()?;
        self.sources().iter().find_map(|source| source.operation.lookup.as_ref()).map(|lookup| lookup.name)
    }

    /// What a policy must allow, such as `lightsail:GetInstances`: reading it takes the operations that feed it and
    /// those that list their parents.
    fn iam_actions(&self) -> Vec<String> {
        let mut names: Vec<&str> = Vec::new();
        let mut open: Vec<&Operation> = self.sources().iter().map(|source| source.operation).collect();
        while let Some(operation) = open.pop() {
            if names.contains(&operation.name) {
                continue;
            }
            names.push(operation.name);
            names.extend(operation.lookup.as_ref().map(|lookup| lookup.name));
            open.extend(operation.detail);
            open.extend(operation.parents.iter().map(|parent| parent.operation));
        }
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| format!("lightsail:{name}")).collect()
    }

    /// What reading it whole costs in calls, in words.
    fn cost(&self) -> String {
        let of_source = |source: &Source| {
            let Operation { parents, scope, .. } = source.operation;
            let place = match scope {
                Scope::Region => "in each region",
                Scope::UsEast1 => "in us-east-1",
                Scope::AnyRegion => "in one region",
            };
            match parents.iter().map(|parent| parent.operation.name).collect::<Vec<_>>() {
                none if none.is_empty() => format!("one for each page of {} {place}", source.operation.name),
                some => format!("one or more for each item of {} {place}", some.join(" and ")),
            }
        };
        self.sources().iter().map(of_source).collect::<Vec<_>>().join(", ")
    }

    /// Whether all of its operations are asked once or more for each item of a listing.
    fn is_asked_for_each(&self) -> bool {
        self.sources().iter().all(|source| !source.operation.parents.is_empty())
    }

    /// What a predicate on a column does: `target` leaves targets out, `look-up` asks for one item by its name,
    /// `parameter` fills a member of the request; `evaluated` leaves out rows.
    fn pushdown(&self, column: &str) -> &'static str {
        let sources = self.sources();
        let operations =
            || sources.iter().flat_map(|source| [Some(source.operation), source.operation.detail]).flatten();
        let chooses_feed =
            sources.iter().any(|source| source.texts.is_some_and(|(texts, _)| texts == column));
        match column {
            "profile" | "account_id" | "region" => "target",
            name if self.lookup().is_some() && Some(name) == self.key() => "look-up",
            name if chooses_feed || operations().any(|operation| operation.asks_about().contains(name)) => {
                "parameter"
            }
            _ => "evaluated",
        }
    }
}

impl<R: Rows> TableSpec<R> {
    fn rows<'a>(
        &self,
        operation: &Operation,
        items: &'a Items,
        range: &Range<usize>,
    ) -> Option<Vec<R::Row<'a>>> {
        let feed = self.feeds.iter().find(|feed| feed.source.operation == operation)?;
        (feed.rows)(items, range)
    }
}

impl<R: Rows> Table for TableSpec<R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn group(&self) -> Group {
        self.group
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn sources(&self) -> Vec<Source> {
        self.feeds.iter().map(|feed| feed.source).collect()
    }

    fn key(&self) -> Option<&'static str> {
        self.key
    }

    fn examples(&self) -> &'static [&'static str] {
        self.examples
    }

    fn columns(&self) -> Vec<ColumnInfo> {
        let common = COMMON.iter().map(|&(name, description, nullable)| ColumnInfo {
            field: Field::new(name, DataType::Utf8, nullable),
            description,
            needs: Needs::NONE,
            is_volatile: false,
        });
        let own = self.columns.iter().map(|column| ColumnInfo {
            field: column.field(),
            description: column.description,
            needs: column.needs,
            is_volatile: column.is_volatile,
        });
        common.chain(own).collect()
    }

    fn account(&self, operation: &Operation, items: &Items) -> Option<String> {
        let rows = self.rows(operation, items, &(0..items.len().min(1)))?;
        rows.first().and_then(|row| account_id(R::arn(row)?)).map(ToOwned::to_owned)
    }

    fn identities(&self, operation: &Operation, items: &Items, hasher: &RandomState) -> Option<Vec<u64>> {
        let mut hashes = Vec::with_capacity(items.len());
        for index in 0..items.len() {
            let rows = self.rows(operation, items, &(index..index + 1))?;
            hashes.extend(rows.first().and_then(|row| R::arn(row)).map(|arn| hasher.hash_one(arn)));
        }
        Some(hashes)
    }

    fn batch(
        &self,
        items: &Items,
        range: Range<usize>,
        origin: Origin<'_>,
        projection: &[usize],
        schema: &SchemaRef,
    ) -> Result<RecordBatch, ArrowError> {
        let wrong =
            || ArrowError::SchemaError(format!("{} is fed with pages of another operation", self.name));
        let rows = self.rows(origin.operation, items, &range).ok_or_else(wrong)?;
        let columns = projection.iter().map(|&index| match index {
            0 => Ok(Arc::new(StringArray::from_iter_values(rows.iter().map(|_| origin.profile))) as ArrayRef),
            ACCOUNT => Ok(Arc::new(
                rows.iter()
                    .map(|row| R::arn(row).and_then(account_id).or(origin.account))
                    .collect::<StringArray>(),
            ) as ArrayRef),
            2 => Ok(Arc::new(StringArray::from_iter_values(
                rows.iter().map(|row| R::region(row).unwrap_or(origin.region)),
            )) as ArrayRef),
            own => self.columns[own - COMMON.len()].build(&rows),
        });
        let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
        // What builders set aside is more than a small page: rows that wait for their turn would fill memory with it.
        columns.iter_mut().for_each(Array::shrink_to_fit);
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
