//! Columns: a name, a sentence, and how to read the value from a row.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use aws_sdk_lightsail::primitives::DateTime;
use aws_sdk_lightsail::types::{InstanceHealthStatusDetail, Tag};

use super::arrays;
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
    /// Whether it changes by itself, so that a comparison of two times leaves it out.
    pub is_volatile: bool,
    getter: Getter<R>,
}

/// The entries of a map from text to text.
pub type Pairs<'r> = Vec<(&'r str, &'r str)>;

/// A map from text to lists of texts.
pub type Lists = HashMap<String, Vec<String>>;

/// How a value is read from a row. `'r` is the borrow of the row, `'a` that of the page it points into.
enum Getter<R: Rows> {
    Text(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r str>),
    Int(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<i32>),
    RequiredInt(for<'r, 'a> fn(&'r R::Row<'a>) -> i32),
    Long(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<i64>),
    Float(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<f64>),
    Single(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<f32>),
    Flag(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<bool>),
    Time(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r DateTime>),
    TextList(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r [String]>),
    NameList(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<Vec<&'r str>>),
    IntList(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r [i32]>),
    Tags(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r [Tag]>),
    TextMap(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<Pairs<'r>>),
    ListMap(for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r Lists>),
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
            Column { name, description, needs: Needs::NONE, is_volatile: false, getter: Getter::$kind(getter) }
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
    /// An `Int64` column.
    long: Long -> Option<i64>;
    /// A `Float64` column.
    float: Float -> Option<f64>;
    /// A `Float64` column of a member that the SDK keeps as an `f32`.
    single: Single -> Option<f32>;
    /// A `Boolean` column.
    flag: Flag -> Option<bool>;
    /// A `Timestamp(ms, UTC)` column.
    time: Time -> Option<&'r DateTime>;
    /// A `List(Utf8)` column.
    text_list: TextList -> Option<&'r [String]>;
    /// A `List(Utf8)` column of enums: see [`names`].
    name_list: NameList -> Option<Vec<&'r str>>;
    /// A `List(Int32)` column.
    int_list: IntList -> Option<&'r [i32]>;
    /// A `Map(Utf8, Utf8)` column of tags; a tag without a value has a NULL value.
    tags: Tags -> Option<&'r [Tag]>;
    /// A `Map(Utf8, Utf8)` column, its keys in order: see [`pairs`].
    text_map: TextMap -> Option<Pairs<'r>>;
    /// A `Map(Utf8, List(Utf8))` column, its keys in order.
    list_map: ListMap -> Option<&'r Lists>;
    /// A `List(Struct)` column of health check details: name, status, impaired_since.
    health_details: HealthDetails -> Option<&'r [InstanceHealthStatusDetail]>;
}

/// The enums of a list with the text as it came over the wire.
pub fn names<T: AsRef<str>>(values: &[T]) -> Vec<&str> {
    values.iter().map(AsRef::as_ref).collect()
}

/// The entries of a map of texts or enums.
pub fn pairs<K: AsRef<str>, V: AsRef<str>>(map: &HashMap<K, V>) -> Pairs<'_> {
    map.iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect()
}

/// A column that the API fills only if it is asked with `needs`.
pub const fn needing<R: Rows>(needs: Needs, column: Column<R>) -> Column<R> {
    Column { needs, ..column }
}

/// A column that changes by itself, such as when something was last used.
pub const fn volatile<R: Rows>(column: Column<R>) -> Column<R> {
    Column { is_volatile: true, ..column }
}

impl<R: Rows> Column<R> {
    /// The Arrow field.
    pub fn field(&self) -> Field {
        let data_type = match self.getter {
            Getter::Text(_) => DataType::Utf8,
            Getter::Int(_) | Getter::RequiredInt(_) => DataType::Int32,
            Getter::Long(_) => DataType::Int64,
            Getter::Float(_) | Getter::Single(_) => DataType::Float64,
            Getter::Flag(_) => DataType::Boolean,
            Getter::Time(_) => arrays::timestamp(),
            Getter::TextList(_) | Getter::NameList(_) => arrays::text_list(),
            Getter::IntList(_) => arrays::int_list(),
            Getter::Tags(_) | Getter::TextMap(_) => arrays::map(DataType::Utf8),
            Getter::ListMap(_) => arrays::map(arrays::text_list()),
            Getter::HealthDetails(_) => arrays::health_details(),
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
            Getter::Long(get) => Arc::new(rows.iter().map(get).collect::<Int64Array>()),
            Getter::Float(get) => Arc::new(rows.iter().map(get).collect::<Float64Array>()),
            Getter::Single(get) => {
                Arc::new(rows.iter().map(|row| arrays::widen(get(row)?)).collect::<Float64Array>())
            }
            Getter::Flag(get) => Arc::new(rows.iter().map(get).collect::<BooleanArray>()),
            Getter::Time(get) => arrays::times(rows.iter().map(get))?,
            Getter::TextList(get) => arrays::text_lists(rows.iter().map(get)),
            Getter::NameList(get) => arrays::text_lists(rows.iter().map(get)),
            Getter::IntList(get) => arrays::int_lists(rows.iter().map(get)),
            Getter::Tags(get) => arrays::tag_maps(rows.iter().map(get))?,
            Getter::TextMap(get) => arrays::text_maps(rows.iter().map(get))?,
            Getter::ListMap(get) => arrays::list_maps(rows.iter().map(get))?,
            Getter::HealthDetails(get) => arrays::health_detail_lists(rows.iter().map(get))?,
        })
    }
}

impl<R: Rows> fmt::Debug for Column<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.field().data_type())
    }
}
