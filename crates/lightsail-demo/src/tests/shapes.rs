//! What is served against the service model: no member that the model does not know, and every member somewhere.
//! The model is read from the SDK's schemas, the only thing that these tests have from it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lightsail::operation as op;
use aws_sdk_lightsail::primitives::{Blob, DateTime};
use aws_smithy_schema::Schema;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::{BigDecimal, BigInteger, Document};
use serde_json::Value;

use super::super::operations;
use super::answers::answers as facts;
use super::support::answers;

/// Members that never come, with the reason.
const ABSENT: &[(&str, &str)] = &[
    ("GetBucketAccessKeys.accessKeys.secretAccessKey", "shown once, when the key is made"),
    ("GetOperationsForResource.nextPageCount", "discontinued"),
    ("GetOperationsForResource.nextPageToken", "no resource has so many operations"),
];
/// What AWS's model has and this SDK's has not.
const NEWER: &[&str] = &["GetDistributions.distributions.subdomain"];
/// Listings whose standard fleet ends on its first page everywhere.
const ONE_PAGE: &[&str] = &[
    "GetKeyPairs",
    "GetLoadBalancers",
    "GetLoadBalancerTlsPolicies",
    "GetDomains",
    "GetRelationalDatabases",
    "GetRelationalDatabaseSnapshots",
    "GetRelationalDatabaseBlueprints",
    "GetRelationalDatabaseBundles",
    "GetCloudFormationStackRecords",
    "GetSetupHistory",
];

/// Instances alone can be stopped when they idle: an add-on of a disk has no such members.
fn is_idling_of_a_disk(path: &str) -> bool {
    let of_a_disk = ["disk.", "disks.", "fromAttachedDisks."].iter().any(|step| path.contains(step));
    of_a_disk && (path.ends_with(".addOns.threshold") || path.ends_with(".addOns.duration"))
}

/// Leads an SDK's deserializer through an answer, and notes which members are there.
struct Walk<'a> {
    at: Vec<&'a Value>,
    path: Vec<String>,
    seen: &'a mut BTreeMap<String, BTreeSet<bool>>,
    wrong: &'a mut BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn here(&self) -> &'a Value {
        self.at.last().unwrap()
    }

    fn expect(&mut self, right: bool, what: &str) {
        if !right {
            self.wrong.insert(format!("{}: {what}, not {}", self.path.join("."), self.here()));
        }
    }

    fn into(
        &mut self,
        value: &'a Value,
        step: impl FnOnce(&mut Self) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        self.at.push(value);
        let result = step(self);
        self.at.pop();
        result
    }
}

type Consumer<'c, K> = &'c mut dyn FnMut(K, &mut dyn ShapeDeserializer) -> Result<(), SerdeError>;

impl ShapeDeserializer for Walk<'_> {
    fn read_struct(
        &mut self,
        schema: &Schema<'_>,
        consumer: &mut dyn FnMut(&Schema<'_>, &mut dyn ShapeDeserializer) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        let Some(members) = self.here().as_object() else {
            self.expect(false, "a structure");
            return Ok(());
        };
        let known: BTreeSet<&str> =
            schema.members().iter().filter_map(|member| member.member_name()).collect();
        for key in members.keys().filter(|key| !known.contains(key.as_str())) {
            self.wrong.insert(format!("{}.{key}: no such member", self.path.join(".")));
        }
        for member in schema.members() {
            let name = member.member_name().unwrap();
            self.path.push(name.to_owned());
            self.seen.entry(self.path.join(".")).or_default().insert(members.contains_key(name));
            if let Some(value) = members.get(name) {
                self.into(value, |walk| consumer(member, walk))?;
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
        self.expect(self.here().is_array(), "a list");
        for value in self.here().as_array().into_iter().flatten() {
            self.into(value, |walk| consumer(walk))?;
        }
        Ok(())
    }

    fn read_map(&mut self, _: &Schema<'_>, consumer: Consumer<'_, String>) -> Result<(), SerdeError> {
        self.expect(self.here().is_object(), "a map");
        for (key, value) in self.here().as_object().into_iter().flatten() {
            self.into(value, |walk| consumer(key.clone(), walk))?;
        }
        Ok(())
    }

    fn read_boolean(&mut self, _: &Schema<'_>) -> Result<bool, SerdeError> {
        self.expect(self.here().is_boolean(), "a boolean");
        Ok(true)
    }
    fn read_byte(&mut self, _: &Schema<'_>) -> Result<i8, SerdeError> {
        panic!("Lightsail has none")
    }
    fn read_short(&mut self, _: &Schema<'_>) -> Result<i16, SerdeError> {
        panic!("Lightsail has none")
    }
    fn read_integer(&mut self, _: &Schema<'_>) -> Result<i32, SerdeError> {
        self.expect(self.here().as_i64().is_some_and(|n| i32::try_from(n).is_ok()), "an integer");
        Ok(0)
    }
    fn read_long(&mut self, _: &Schema<'_>) -> Result<i64, SerdeError> {
        self.expect(self.here().is_i64(), "a long");
        Ok(0)
    }
    fn read_float(&mut self, _: &Schema<'_>) -> Result<f32, SerdeError> {
        self.expect(self.here().is_number(), "a float");
        Ok(0.0)
    }
    fn read_double(&mut self, _: &Schema<'_>) -> Result<f64, SerdeError> {
        self.expect(self.here().is_number(), "a double");
        Ok(0.0)
    }
    fn read_big_integer(&mut self, _: &Schema<'_>) -> Result<BigInteger, SerdeError> {
        panic!("Lightsail has none")
    }
    fn read_big_decimal(&mut self, _: &Schema<'_>) -> Result<BigDecimal, SerdeError> {
        panic!("Lightsail has none")
    }
    fn read_string(&mut self, _: &Schema<'_>) -> Result<String, SerdeError> {
        self.expect(self.here().is_string(), "a text");
        Ok(String::new())
    }
    fn read_blob(&mut self, _: &Schema<'_>) -> Result<Blob, SerdeError> {
        panic!("Lightsail has none")
    }
    fn read_timestamp(&mut self, _: &Schema<'_>) -> Result<DateTime, SerdeError> {
        self.expect(self.here().as_f64().is_some_and(|n| n > 1.4e9 && n < 1.9e9), "a time in these years");
        Ok(DateTime::from_secs(0))
    }
    fn read_document(&mut self, _: &Schema<'_>) -> Result<Document, SerdeError> {
        panic!("Lightsail has none")
    }
    fn is_null(&self) -> bool {
        self.here().is_null()
    }
    fn container_size(&self) -> Option<usize> {
        None
    }
}

/// Walks an answer as the SDK's output of the operation; false where there is no such output here.
fn walk(operation: &str, walk: &mut Walk<'_>) -> bool {
    macro_rules! as_output {
        ($($name:literal => $module:ident::$output:ident, $member:literal: $type:ident;)+) => {
            match operation {
                $($name => op::$module::$output::deserialize(walk).is_ok(),)+
                _ => false,
            }
        };
    }
    facts!(as_output)
}

#[test]
fn every_member_of_every_output_is_served_and_no_other() {
    let answers = answers();
    let served: BTreeSet<&str> = operations::all().map(|operation| operation.name).collect();
    let answered: BTreeSet<&str> = answers.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(served, answered, "every operation is asked");

    let (mut seen, mut wrong) = (BTreeMap::new(), BTreeSet::new());
    for (operation, answer) in &answers {
        let path = vec![(*operation).to_owned()];
        let mut at = Walk { at: vec![answer], path, seen: &mut seen, wrong: &mut wrong };
        assert!(walk(operation, &mut at), "{operation}: {answer}");
    }
    wrong.retain(|what| !NEWER.iter().any(|newer| what.starts_with(newer)));
    assert!(wrong.is_empty(), "{wrong:#?}");

    let missing: BTreeSet<String> =
        seen.iter().filter(|(_, there)| !there.contains(&true)).map(|(path, _)| path.clone()).collect();
    let excused: BTreeSet<String> = ABSENT
        .iter()
        .map(|(path, _)| (*path).to_owned())
        .chain(ONE_PAGE.iter().map(|operation| format!("{operation}.nextPageToken")))
        .chain(seen.keys().filter(|path| is_idling_of_a_disk(path)).cloned())
        .collect();
    let unexcused: Vec<&String> = missing.difference(&excused).collect();
    assert!(unexcused.is_empty(), "never served: {unexcused:#?}");
    let stale: Vec<&String> = excused.difference(&missing).collect();
    assert!(stale.is_empty(), "served after all: {stale:#?}");
}
