//! What the endpoint can be asked: GetInstances, GetInstance and GetRegions.

use serde_json::{Map, Value};

use super::error::Error;
use super::fleet;
use super::instance;
use super::json::Json;
use super::regions::{REGIONS, Region};
use super::token;

/// Instances on a page, as Lightsail's.
pub(super) const PAGE: u64 = 20;

/// How large the fleet is and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// How many of [`REGIONS`] there are.
    pub(super) regions: usize,
    /// Instances over all regions; `None` for the standard fleet.
    pub(super) instances: Option<u64>,
}

impl Extent {
    /// The regions there are.
    pub(super) fn regions(self) -> &'static [Region] {
        &REGIONS[..self.regions.clamp(1, REGIONS.len())]
    }

    /// The region of this name and its number.
    pub(super) fn region(self, name: &str) -> Option<(usize, &'static Region)> {
        self.regions().iter().enumerate().find(|(_, region)| region.name == name)
    }

    /// How many instances region number `region` has.
    pub(super) fn size(self, region: usize) -> u64 {
        let (all, number) = (self.regions(), region as u64);
        match self.instances {
            None => all[region].standard,
            Some(total) => total / all.len() as u64 + u64::from(number < total % all.len() as u64),
        }
    }
}

/// The response body of `operation` with the members of `body`, for an account and region number.
pub(super) fn answer(
    extent: Extent,
    account: &str,
    region: usize,
    operation: &str,
    body: &Value,
) -> Result<String, Error> {
    let input =
        Input(body.as_object().ok_or_else(|| Error::serialization("Start of structure or map expected."))?);
    let (size, region) = (extent.size(region), &extent.regions()[region]);
    match operation {
        "GetInstances" => {
            input.only(&["pageToken", "includeHealthStatus"])?;
            let health = input.flag("includeHealthStatus")?;
            let start = match input.text("pageToken")? {
                None => 0,
                Some(text) => token::decode(account, region.name, text)
                    .filter(|start| *start < size)
                    .ok_or_else(|| {
                        Error::invalid_input(
                            "The page token is not valid.",
                            "Use the nextPageToken of the response before.",
                        )
                    })?,
            };
            let end = size.min(start + PAGE);
            Ok(Json::object(|json| {
                json.array("instances", |json| {
                    for index in start..end {
                        let one = fleet::instance(account, region, index);
                        json.element(|json| instance::write(json, &one, account, region, health));
                    }
                });
                if end < size {
                    json.text("nextPageToken", &token::encode(account, region.name, end));
                }
            }))
        }
        "GetInstance" => {
            input.only(&["instanceName", "includeHealthStatus"])?;
            let health = input.flag("includeHealthStatus")?;
            let name = input.text("instanceName")?.ok_or_else(|| {
                let message = "1 validation error detected: Value null at 'instanceName' failed to satisfy constraint: \
                    Member must not be null";
                Error::invalid_input(message, "Name the instance.")
            })?;
            let one = fleet::index_of(name)
                .filter(|index| *index < size)
                .map(|index| fleet::instance(account, region, index))
                .filter(|one| one.name == name)
                .ok_or_else(|| Error::no_instance(name))?;
            Ok(Json::object(|json| {
                json.nested("instance", |json| instance::write(json, &one, account, region, health));
            }))
        }
        "GetRegions" => {
            input.only(&["includeAvailabilityZones", "includeRelationalDatabaseAvailabilityZones"])?;
            let zones = input.flag("includeAvailabilityZones")?;
            let database_zones = input.flag("includeRelationalDatabaseAvailabilityZones")?;
            Ok(Json::object(|json| {
                json.array("regions", |json| {
                    for region in extent.regions() {
                        json.element(|json| region.write(json, zones, database_zones));
                    }
                });
            }))
        }
        other => Err(Error::unknown_operation(other)),
    }
}

/// The members of a request. A null member is an absent one.
struct Input<'a>(&'a Map<String, Value>);

impl<'a> Input<'a> {
    /// Refuses members that the operation does not have. AWS passes over them; here a client's slip shall come out.
    fn only(&self, known: &[&str]) -> Result<(), Error> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(Error::invalid_input(format!("Unknown member '{key}'."), "Check the spelling.")),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Result<Option<&'a str>, Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(mistyped(other, "String")),
        }
    }

    fn flag(&self, key: &str) -> Result<bool, Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(mistyped(other, "Boolean")),
        }
    }
}

fn mistyped(value: &Value, wanted: &str) -> Error {
    let found = match value {
        Value::Null => "NULL",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) | Value::Object(_) => return Error::serialization("Unexpected field type"),
    };
    Error::serialization(format!("{found} can not be converted to a {wanted}"))
}
