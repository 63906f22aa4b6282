//! Nothing that the API returns is left out by accident: the SDK's own model of each shape is walked, and every leaf
//! must come out of a table, in the column that the naming rules give it.

use std::collections::BTreeSet;

use arrow::array::Array;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use aws_sdk_lightsail::primitives::{Blob, DateTime};
use aws_sdk_lightsail::types::Instance;
use aws_smithy_schema::Schema;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::{BigDecimal, BigInteger, Document};
use lightsail_sql::catalog::TABLES;
use lightsail_sql::catalog::operation::Items;
use lightsail_sql::catalog::resources::instances::GET_INSTANCES;
use lightsail_sql::catalog::table::Origin;

/// Leaves that are no column, with the reason.
const OMITTED: &[(&str, &str)] = &[];

const TEXT: &str = "arn:probe:probe:probe:987654321:probe";
const INTEGER: i32 = 424_242;
const NUMBER: f32 = 42.5;
const SECONDS: i64 = 981_173_106;
/// How each marker reads in a formatted cell; a Boolean leaf is `true`.
const MARKERS: [&str; 6] = [TEXT, "987654321", "424242", "42.5", "2001-02-03T04:05:06", "true"];

/// Answers the SDK's deserializer with one element in every list, and markers for the leaves under `only`.
struct Probe {
    only: Option<String>,
    path: Vec<String>,
    leaves: BTreeSet<String>,
}

impl Probe {
    fn new(only: Option<&str>) -> Self {
        Self { only: only.map(Into::into), path: Vec::new(), leaves: BTreeSet::new() }
    }

    fn leaf<T>(&mut self, marker: T) -> Result<T, SerdeError> {
        self.leaves.insert(self.path.join("."));
        Ok(marker)
    }

    fn leads_on(&self) -> bool {
        let path = self.path.join(".");
        self.only.as_ref().is_none_or(|only| *only == path || only.starts_with(&format!("{path}.")))
    }
}

impl ShapeDeserializer for Probe {
    fn read_struct(
        &mut self,
        schema: &Schema<'_>,
        consumer: &mut dyn FnMut(&Schema<'_>, &mut dyn ShapeDeserializer) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        assert!(self.path.len() < 16, "a recursive shape at {}", self.path.join("."));
        for member in schema.members() {
            self.path.push(member.member_name().unwrap().to_owned());
            if self.leads_on() {
                consumer(member, self)?;
            }
            self.path.pop();
        }
        Ok(())
    }

    fn read_list(
        &mut self,
        _: &Schema<'_>,
        consumer: &mut dyn FnMut(&mut dyn ShapeDeserializer) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        self.path.push("[]".into());
        let result = if self.leads_on() { consumer(self) } else { Ok(()) };
        self.path.pop();
        result
    }

    fn read_map(
        &mut self,
        _: &Schema<'_>,
        consumer: &mut dyn FnMut(String, &mut dyn ShapeDeserializer) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        self.path.push("{}".into());
        let result = if self.leads_on() { consumer(TEXT.into(), self) } else { Ok(()) };
        self.path.pop();
        result
    }

    fn read_boolean(&mut self, _: &Schema<'_>) -> Result<bool, SerdeError> {
        self.leaf(true)
    }
    fn read_byte(&mut self, _: &Schema<'_>) -> Result<i8, SerdeError> {
        self.leaf(42)
    }
    fn read_short(&mut self, _: &Schema<'_>) -> Result<i16, SerdeError> {
        self.leaf(4242)
    }
    fn read_integer(&mut self, _: &Schema<'_>) -> Result<i32, SerdeError> {
        self.leaf(INTEGER)
    }
    fn read_long(&mut self, _: &Schema<'_>) -> Result<i64, SerdeError> {
        self.leaf(INTEGER.into())
    }
    fn read_float(&mut self, _: &Schema<'_>) -> Result<f32, SerdeError> {
        self.leaf(NUMBER)
    }
    fn read_double(&mut self, _: &Schema<'_>) -> Result<f64, SerdeError> {
        self.leaf(NUMBER.into())
    }
    fn read_big_integer(&mut self, _: &Schema<'_>) -> Result<BigInteger, SerdeError> {
        unimplemented!("Lightsail has none")
    }
    fn read_big_decimal(&mut self, _: &Schema<'_>) -> Result<BigDecimal, SerdeError> {
        unimplemented!("Lightsail has none")
    }
    fn read_string(&mut self, _: &Schema<'_>) -> Result<String, SerdeError> {
        self.leaf(TEXT.into())
    }
    fn read_blob(&mut self, _: &Schema<'_>) -> Result<Blob, SerdeError> {
        self.leaf(Blob::new(TEXT))
    }
    fn read_timestamp(&mut self, _: &Schema<'_>) -> Result<DateTime, SerdeError> {
        self.leaf(DateTime::from_secs(SECONDS))
    }
    fn read_document(&mut self, _: &Schema<'_>) -> Result<Document, SerdeError> {
        unimplemented!("Lightsail has none")
    }
    fn is_null(&self) -> bool {
        false
    }
    fn container_size(&self) -> Option<usize> {
        Some(1)
    }
}

/// The columns, as `table.column`, in which a marker shows when an instance has nothing but one leaf.
fn columns_that_show(leaf: &str) -> BTreeSet<String> {
    let instance = Instance::deserialize(&mut Probe::new(Some(leaf))).unwrap();
    let items = Items::new(vec![instance]);
    let mut shown = BTreeSet::new();
    let origin = Origin { operation: &GET_INSTANCES, profile: "", region: "", account: None };
    for table in TABLES.iter() {
        let schema = table.schema();
        let all: Vec<usize> = (0..schema.fields().len()).collect();
        // A tag needs a key to be a tag: where only its value is asked, the map column cannot be built.
        let Ok(batch) = table.batch(&items, 0..1, origin, &all, &schema) else { continue };
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let format = ArrayFormatter::try_new(column, &FormatOptions::new()).unwrap();
            let cells = (0..column.len()).map(|row| format.value(row).to_string());
            if cells.into_iter().any(|cell| MARKERS.iter().any(|marker| cell.contains(marker))) {
                shown.insert(format!("{}.{}", table.name(), field.name()));
            }
        }
    }
    shown
}

/// The column name that the rules give a path: snake case, wrappers without a prefix.
fn column_name(path: &str) -> String {
    let wrappers = ["location", "hardware", "networking", "monthlyTransfer"];
    let parts: Vec<&str> = path.split('.').filter(|part| !wrappers.contains(part)).collect();
    let name = match parts[..] {
        ["regionName"] => "region".into(),
        ["state", "name"] => "state".into(),
        ["instanceStatus", "status"] => "instance_status".into(),
        ["systemStatus", "status"] => "system_status".into(),
        _ => parts.join("_"),
    };
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[test]
fn every_leaf_of_an_instance_is_a_column() {
    let mut probe = Probe::new(None);
    Instance::deserialize(&mut probe).unwrap();
    assert!(probe.leaves.len() > 70, "the walk found only {} leaves", probe.leaves.len());

    let mut wrong = Vec::new();
    for leaf in &probe.leaves {
        if OMITTED.iter().any(|(path, _)| path == leaf) {
            continue;
        }
        // A list of texts is a column of its parent; an element of a list of structures is a row of a child table, or
        // is inside the one column (tags, details) that holds the list.
        let path = leaf.strip_suffix(".[]").unwrap_or(leaf);
        let names = match path.rsplit_once(".[].") {
            Some((list, member)) => {
                let list = list.rsplit(".[].").next().unwrap();
                vec![column_name(member), column_name(list)]
            }
            None => vec![column_name(path)],
        };
        let shown = columns_that_show(leaf);
        let found = shown.iter().any(|column| names.iter().any(|name| column.ends_with(&format!(".{name}"))));
        if !found {
            wrong.push(format!("{leaf}: no column {} shows it, only {shown:?}", names.join(" or ")));
        }
    }
    for (path, _) in OMITTED {
        if !probe.leaves.contains(*path) {
            wrong.push(format!("{path}: on the list of omissions, but the API has no such member"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} leaves\n{}", wrong.len(), probe.leaves.len(), wrong.join("\n"));
}

#[test]
fn a_column_shows_its_own_member_and_no_other() {
    for (leaf, columns) in [
        ("hardware.ramSizeInGb", vec!["instances.ram_size_in_gb"]),
        ("hardware.disks.[].path", vec!["disks.path"]),
        ("networking.ports.[].cidrs.[]", vec!["ports.cidrs"]),
        ("addOns.[].threshold", vec!["add_ons.threshold"]),
        ("systemStatus.details.[].impairedSince", vec!["instances.system_status_details"]),
        ("tags.[].key", vec!["instances.tags", "tags.key"]),
    ] {
        let shown = columns_that_show(leaf);
        assert_eq!(shown, columns.into_iter().map(String::from).collect(), "{leaf}");
    }
}
