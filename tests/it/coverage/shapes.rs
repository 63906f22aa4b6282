//! What each operation lists, so that the SDK's model of it can be walked.

use std::sync::{Arc, LazyLock};

use aws_sdk_lightsail::types;
use datafusion_lightsail::catalog::TABLES;
use datafusion_lightsail::catalog::operation::{Items, Operation, Parameters, Value};

use super::answers::answers;
use super::probe::Probe;

/// An operation and a page of it with one item, read from a probe.
pub struct Shape {
    pub operation: &'static Operation,
    /// The list inside of the item that its rows are made of, if no table has a row for the item itself.
    pub rows: Option<&'static str>,
    read: Read,
}

impl Shape {
    pub fn page(&self, probe: &mut Probe) -> Items {
        (self.read)(probe, self.operation)
    }
}

/// What was asked for a page of an operation that answers for one item: each request member says its own name.
pub fn asked(operation: &Operation) -> Parameters {
    let metric = Parameters::default().with_text("metricName", "metricName").with("period", Value::Int(60));
    operation.keys.iter().fold(metric, |parameters, (_, member)| parameters.with_text(member, *member))
}

/// A page with one item, as the tables of the operation take it.
fn page<T: Send + Sync + 'static>(operation: &Operation, item: T) -> Items {
    match operation.keys {
        [] => Items::one(item),
        _ => Items::asked(&Arc::new(asked(operation)), vec![item]),
    }
}

type Read = fn(&mut Probe, &'static Operation) -> Items;

/// How an item of each operation is read from a probe.
fn read_of(operation: &str) -> Read {
    macro_rules! read {
        // Log streams are no structures.
        (Text) => {
            |_, operation| page(operation, "error".to_owned())
        };
        ($type:ident) => {
            |probe, operation| page(operation, types::$type::deserialize(probe).unwrap())
        };
    }
    macro_rules! of_operation {
        ($($name:literal => $module:ident::$output:ident, $member:literal: $type:ident;)+) => {
            match operation {
                $($name => read!($type),)+
                _ => unreachable!("{operation}: what does it answer with?"),
            }
        };
    }
    answers!(of_operation)
}

/// The shapes of all operations that tables ask, or that list whom they ask about.
pub static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let mut found: Vec<Shape> = Vec::new();
    let mut operations: Vec<_> =
        TABLES.iter().flat_map(|table| table.sources()).map(|source| source.operation).collect();
    while let Some(operation) = operations.pop() {
        if found.iter().any(|shape| shape.operation == operation) {
            continue;
        }
        operations.extend(operation.parents.iter().map(|parent| parent.operation));
        let rows = (operation.name == "GetCostEstimate").then_some("costEstimates.[].resultsByTime.[]");
        found.push(Shape { operation, rows, read: read_of(operation.name) });
    }
    found
});
