//! A stand-in for a response: it answers the SDK's own deserializers with marked values.

use std::collections::BTreeSet;

use aws_sdk_lightsail::primitives::{Blob, DateTime};
use aws_smithy_schema::Schema;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::{BigDecimal, BigInteger, Document};

const TEXT: &str = "arn:probe:probe:probe:987654321:probe";
const INTEGER: i32 = 424_242;
const NUMBER: f32 = 42.5;
const SECONDS: i64 = 981_173_106;
/// How each marker reads in a formatted cell; a Boolean leaf is `true`.
pub const MARKERS: [&str; 6] = [TEXT, "987654321", "424242", "42.5", "2001-02-03T04:05:06", "true"];

/// Answers the SDK's deserializer with one element in every list, and markers for the leaves under `only`.
pub struct Probe {
    only: Option<String>,
    /// What is there too, though nothing of it is a marker.
    beside: Vec<String>,
    path: Vec<String>,
    pub leaves: BTreeSet<String>,
}

impl Probe {
    pub fn new(only: Option<&str>) -> Self {
        let only: Option<String> = only.map(Into::into);
        // A tag needs a key to be a tag, even where only its value is asked.
        let tag = only.as_ref().and_then(|only| only.strip_suffix("tags.[].value"));
        let beside = tag.map(|tag| format!("{tag}tags.[].key")).into_iter().collect();
        Self { only, beside, path: Vec::new(), leaves: BTreeSet::new() }
    }

    /// The same, with an element in the list at `path`.
    pub fn with(mut self, path: Option<&str>) -> Self {
        self.beside.extend(path.map(Into::into));
        self
    }

    fn leaf<T>(&mut self, marker: T) -> Result<T, SerdeError> {
        self.leaves.insert(self.path.join("."));
        Ok(marker)
    }

    fn leads_on(&self) -> bool {
        let path = self.path.join(".");
        let leads_to = |goal: &String| *goal == path || goal.starts_with(&format!("{path}."));
        self.only.iter().chain(&self.beside).any(leads_to) || self.only.is_none()
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
        match self.beside.contains(&self.path.join(".")) {
            true => Ok("key".into()),
            false => self.leaf(TEXT.into()),
        }
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
