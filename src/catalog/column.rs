//! Columns: a name, a sentence, and how to read the value from a row. The only place that knows Arrow builders.

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, ListBuilder, MapBuilder, StringArray, StringBuilder,
    StructBuilder, TimestampMillisecondArray, TimestampMillisecondBuilder,
};
use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use arrow::error::ArrowError;
use aws_sdk_lightsail::primitives::DateTime;
use aws_sdk_lightsail::types::{InstanceHealthStatusDetail, Tag};

use super::operation::Needs;
use super::rows::Rows;

/// One column of a table whose rows are `R::Row`s.
pub struct Column<R: Rows> {
    /// Its name in SQL.
    pub name: &'static str,
    /// One sentence of documentation.
    pub description: &'static str,
    /// What must be asked of the API for this column to have values.
    pub needs: Needs,
    getter: Getter<R>,
}

/// How a value is read from a row. `'r` is the borrow of the row, `'a` that of the page it points into.
enum Getter<R: Rows> {
    Text(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r str>),
    Int(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<i32>),
    RequiredInt(for<'r, 'a> fn(&'r R::Row<'a>) -> i32),
    Float(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<f64>),
    Flag(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<bool>),
    Time(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r DateTime>),
    TextList(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r [String]>),
    Tags(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r [Tag]>),
    HealthDetails(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r [InstanceHealthStatusDetail]>),
}

/// Declares a constructor for each kind of column; all take a name, a description and a getter.
macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident: $kind:ident -> $value:ty;)*) => {$(
        $(#[$doc])*
        pub const fn $name<R: Rows>(
            name: &'static str,
            description: &'static str,
            getter: for<'r, 'a> fn(&'r R::Row<'a>) -> $value,
        ) -> Column<R> {
            Column { name, description, needs: Needs::NONE, getter: Getter::$kind(getter) }
        }
    )*};
}

constructors! {
    /// A `Utf8` column; enums too, with the text as it came over the wire.
    text: Text -> Option<&'r str>;
    /// An `Int32` column.
    int: Int -> Option<i32>;
    /// An `Int32` column of a member that the SDK gives no absence for: never NULL.
    required_int: RequiredInt -> i32;
    /// A `Float64` column.
    float: Float -> Option<f64>;
    /// A `Boolean` column.
    flag: Flag -> Option<bool>;
    /// A `Timestamp(ms, UTC)` column.
    time: Time -> Option<&'r DateTime>;
    /// A `List(Utf8)` column.
    text_list: TextList -> Option<&'r [String]>;
    /// A `Map(Utf8, Utf8)` column of tags; a tag without a value has a NULL value.
    tags: Tags -> Option<&'r [Tag]>;
    /// A `List(Struct)` column of health check details: name, status, impaired_since.
    health_details: HealthDetails -> Option<&'r [InstanceHealthStatusDetail]>;
}

/// A column that the API fills only if it is asked with `needs`.
pub const fn needing<R: Rows>(needs: Needs, column: Column<R>) -> Column<R> {
    Column { needs, ..column }
}

impl<R: Rows> Column<R> {
    /// The Arrow field.
    pub fn field(&self) -> Field {
        let data_type = match self.getter {
            Getter::Text(_) => DataType::Utf8,
            Getter::Int(_) | Getter::RequiredInt(_) => DataType::Int32,
            Getter::Float(_) => DataType::Float64,
            Getter::Flag(_) => DataType::Boolean,
            Getter::Time(_) => timestamp(),
            Getter::TextList(_) => DataType::new_list(DataType::Utf8, true),
            Getter::Tags(_) => tag_map(),
            Getter::HealthDetails(_) => DataType::new_list(DataType::Struct(health_detail()), true),
        };
        Field::new(self.name, data_type, !matches!(self.getter, Getter::RequiredInt(_)))
    }

    /// Builds the column for the rows of one page.
    ///
    /// # Errors
    /// When a value cannot be what the API promises: a tag without a key, a time beyond the year 292,000,000.
    pub fn build(&self, rows: &[R::Row<'_>]) -> Result<ArrayRef, ArrowError> {
        Ok(match self.getter {
            Getter::Text(get) => Arc::new(rows.iter().map(get).collect::<StringArray>()),
            Getter::Int(get) => Arc::new(rows.iter().map(get).collect::<Int32Array>()),
            Getter::RequiredInt(get) => Arc::new(Int32Array::from_iter_values(rows.iter().map(get))),
            Getter::Float(get) => Arc::new(rows.iter().map(get).collect::<Float64Array>()),
            Getter::Flag(get) => Arc::new(rows.iter().map(get).collect::<BooleanArray>()),
            Getter::Time(get) => {
                let values = rows.iter().map(|row| get(row).map(millis).transpose());
                Arc::new(values.collect::<Result<TimestampMillisecondArray, _>>()?.with_timezone(UTC))
            }
            Getter::TextList(get) => {
                let mut list = ListBuilder::new(StringBuilder::new());
                for row in rows {
                    list.append_option(get(row).map(|values| values.iter().map(Some)));
                }
                Arc::new(list.finish())
            }
            Getter::Tags(get) => tags_array(rows.iter().map(get))?,
            Getter::HealthDetails(get) => details_array(rows.iter().map(get))?,
        })
    }
}

impl<R: Rows> fmt::Debug for Column<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.field().data_type())
    }
}

const UTC: &str = "UTC";

/// `Timestamp(ms, UTC)`: the wire has milliseconds at most.
fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into()))
}

/// Rounded and not cut off: the SDK reads the wire's `….547` through a float and keeps `….546999`.
fn millis(time: &DateTime) -> Result<i64, ArrowError> {
    let nanos = i64::from(time.subsec_nanos());
    let millis =
        time.secs().checked_mul(1000).and_then(|millis| millis.checked_add((nanos + 500_000) / 1_000_000));
    millis.ok_or_else(|| ArrowError::InvalidArgumentError(format!("{time} is beyond any calendar")))
}

fn tag_map() -> DataType {
    let entries = Fields::from(vec![
        Field::new("keys", DataType::Utf8, false),
        Field::new("values", DataType::Utf8, true),
    ]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

fn tags_array<'r>(rows: impl Iterator<Item = Option<&'r [Tag]>>) -> Result<ArrayRef, ArrowError> {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for tags in rows {
        for tag in tags.unwrap_or_default() {
            let key = tag.key().ok_or_else(|| ArrowError::InvalidArgumentError("a tag has no key".into()))?;
            map.keys().append_value(key);
            map.values().append_option(tag.value());
        }
        map.append(tags.is_some())?;
    }
    Ok(Arc::new(map.finish()))
}

fn health_detail() -> Fields {
    vec![
        Field::new("name", DataType::Utf8, true),
        Field::new("status", DataType::Utf8, true),
        Field::new("impaired_since", timestamp(), true),
    ]
    .into()
}

fn details_array<'r>(
    rows: impl Iterator<Item = Option<&'r [InstanceHealthStatusDetail]>>,
) -> Result<ArrayRef, ArrowError> {
    let wrong = || ArrowError::SchemaError("health_detail() and details_array() differ".into());
    let builders = StructBuilder::new(
        health_detail(),
        vec![
            Box::new(StringBuilder::new()),
            Box::new(StringBuilder::new()),
            Box::new(TimestampMillisecondBuilder::new().with_timezone(UTC)),
        ],
    );
    let mut list = ListBuilder::new(builders);
    for details in rows {
        for detail in details.unwrap_or_default() {
            let item = list.values();
            let name = item.field_builder::<StringBuilder>(0).ok_or_else(wrong)?;
            name.append_option(detail.name().map(|name| name.as_str()));
            let status = item.field_builder::<StringBuilder>(1).ok_or_else(wrong)?;
            status.append_option(detail.status().map(|status| status.as_str()));
            let since = item.field_builder::<TimestampMillisecondBuilder>(2).ok_or_else(wrong)?;
            since.append_option(detail.impaired_since().map(millis).transpose()?);
            item.append(true);
        }
        list.append(details.is_some());
    }
    Ok(Arc::new(list.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_the_millisecond() {
        assert_eq!(millis(&DateTime::from_secs_and_nanos(1, 546_999_999)).unwrap(), 1547);
        assert_eq!(millis(&DateTime::from_secs_and_nanos(1, 999_999_900)).unwrap(), 2000);
        assert_eq!(millis(&DateTime::from_secs_and_nanos(-1, 250_000_000)).unwrap(), -750);
        assert!(millis(&DateTime::from_secs(i64::MAX)).is_err());
    }
}
