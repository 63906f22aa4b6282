//! Arrow arrays of the kinds that the API's values need: the only place that knows Arrow's builders.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int32Builder, ListBuilder, MapBuilder, StringBuilder, StructBuilder, TimestampMillisecondArray,
    TimestampMillisecondBuilder,
};
use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use arrow::error::ArrowError;
use aws_sdk_lightsail::primitives::DateTime;
use aws_sdk_lightsail::types::{InstanceHealthStatusDetail, Tag};

use crate::aws::NULL_TEXT;

const UTC: &str = "UTC";

/// `Timestamp(ms, UTC)`: the wire has milliseconds at most.
pub(super) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into()))
}

/// Rounded and not cut off: the SDK reads the wire's `….547` through a float and keeps `….546999`.
fn millis(time: &DateTime) -> Result<i64, ArrowError> {
    let nanos = i64::from(time.subsec_nanos());
    let millis =
        time.secs().checked_mul(1000).and_then(|millis| millis.checked_add((nanos + 500_000) / 1_000_000));
    millis.ok_or_else(|| ArrowError::InvalidArgumentError(format!("{time} is beyond any calendar")))
}

pub(super) fn times<'r>(rows: impl Iterator<Item = Option<&'r DateTime>>) -> Result<ArrayRef, ArrowError> {
    let values = rows.map(|time| time.map(millis).transpose());
    Ok(Arc::new(values.collect::<Result<TimestampMillisecondArray, _>>()?.with_timezone(UTC)))
}

/// The wire says 0.6 and the SDK keeps an `f32`: the shortest decimal is what was meant.
pub(super) fn widen(value: f32) -> Option<f64> {
    value.to_string().parse().ok()
}

pub(super) fn text_list() -> DataType {
    DataType::new_list(DataType::Utf8, true)
}

pub(super) fn text_lists<T: AsRef<str>, L: IntoIterator<Item = T>>(
    rows: impl Iterator<Item = Option<L>>,
) -> ArrayRef {
    let mut list = ListBuilder::new(StringBuilder::new());
    for row in rows {
        list.append_option(row.map(|values| values.into_iter().map(not_null)));
    }
    Arc::new(list.finish())
}

/// A text of a list or a map; `None` for the null that the API may send in its place.
fn not_null<T: AsRef<str>>(text: T) -> Option<T> {
    (text.as_ref() != NULL_TEXT).then_some(text)
}

pub(super) fn int_list() -> DataType {
    DataType::new_list(DataType::Int32, true)
}

pub(super) fn int_lists<'r>(rows: impl Iterator<Item = Option<&'r [i32]>>) -> ArrayRef {
    let mut list = ListBuilder::new(Int32Builder::new());
    for row in rows {
        list.append_option(row.map(|values| values.iter().copied().map(Some)));
    }
    Arc::new(list.finish())
}

/// A map from texts to `values`.
pub(super) fn map(values: DataType) -> DataType {
    let entries =
        Fields::from(vec![Field::new("keys", DataType::Utf8, false), Field::new("values", values, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

pub(super) fn tag_maps<'r>(rows: impl Iterator<Item = Option<&'r [Tag]>>) -> Result<ArrayRef, ArrowError> {
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

/// Maps from text to text, in the order of their keys: the SDK's own order changes from run to run.
pub(super) fn text_maps<'r>(
    rows: impl Iterator<Item = Option<Vec<(&'r str, &'r str)>>>,
) -> Result<ArrayRef, ArrowError> {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in rows {
        let is_there = row.is_some();
        let mut entries = row.unwrap_or_default();
        entries.sort_unstable();
        for (key, value) in entries {
            map.keys().append_value(key);
            map.values().append_option(not_null(value));
        }
        map.append(is_there)?;
    }
    Ok(Arc::new(map.finish()))
}

/// The same from text to list.
pub(super) fn list_maps<'r>(
    rows: impl Iterator<Item = Option<&'r HashMap<String, Vec<String>>>>,
) -> Result<ArrayRef, ArrowError> {
    let mut map = MapBuilder::new(None, StringBuilder::new(), ListBuilder::new(StringBuilder::new()));
    for row in rows {
        let mut entries: Vec<_> = row.into_iter().flatten().collect();
        entries.sort_unstable();
        for (key, values) in entries {
            map.keys().append_value(key);
            map.values().append_value(values.iter().map(not_null));
        }
        map.append(row.is_some())?;
    }
    Ok(Arc::new(map.finish()))
}

/// A list of single health checks.
pub(super) fn health_details() -> DataType {
    DataType::new_list(DataType::Struct(health_detail()), true)
}

fn health_detail() -> Fields {
    vec![
        Field::new("name", DataType::Utf8, true),
        Field::new("status", DataType::Utf8, true),
        Field::new("impaired_since", timestamp(), true),
    ]
    .into()
}

pub(super) fn health_detail_lists<'r>(
    rows: impl Iterator<Item = Option<&'r [InstanceHealthStatusDetail]>>,
) -> Result<ArrayRef, ArrowError> {
    let wrong = || ArrowError::SchemaError("health_detail() and health_detail_lists() differ".into());
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
    use arrow::array::{Array, AsArray};

    use super::*;

    #[test]
    fn times_are_rounded_to_the_millisecond() {
        assert_eq!(millis(&DateTime::from_secs_and_nanos(1, 546_999_999)).unwrap(), 1547);
        assert_eq!(millis(&DateTime::from_secs_and_nanos(1, 999_999_900)).unwrap(), 2000);
        assert_eq!(millis(&DateTime::from_secs_and_nanos(-1, 250_000_000)).unwrap(), -750);
        assert!(millis(&DateTime::from_secs(i64::MAX)).is_err());
    }

    #[test]
    fn the_keys_of_maps_are_sorted_and_absent_is_not_empty() {
        let pairs = vec![("b", "1"), ("c", "2"), ("a", "3")];
        let array = text_maps([Some(pairs), None, Some(vec![])].into_iter()).unwrap();
        let maps = array.as_map();
        let keys: Vec<_> = maps.keys().as_string::<i32>().iter().flatten().collect();
        assert_eq!(keys, ["a", "b", "c"]);
        assert_eq!([maps.is_null(1), maps.is_null(2)], [true, false]);
        assert_eq!(array.data_type(), &map(DataType::Utf8));

        let names = HashMap::from([("b".to_owned(), vec!["x".to_owned()]), ("a".to_owned(), vec![])]);
        let array = list_maps([Some(&names), None].into_iter()).unwrap();
        let keys: Vec<_> = array.as_map().keys().as_string::<i32>().iter().flatten().collect();
        assert_eq!(keys, ["a", "b"]);
        assert_eq!(array.data_type(), &map(text_list()));
    }
}
