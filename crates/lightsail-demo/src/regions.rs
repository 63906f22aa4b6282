//! The regions that the endpoint has, in the order in which [`Config::regions`](super::Config) takes them.

use super::json::Json;

/// A region: what GetRegions says of it, and how many instances the standard fleet has there.
pub(super) struct Region {
    pub(super) name: &'static str,
    display_name: &'static str,
    continent_code: &'static str,
    audience: &'static str,
    zones: &'static [&'static str],
    /// Instances of the standard fleet.
    pub(super) standard: u64,
}

const fn region(
    name: &'static str,
    display_name: &'static str,
    continent_code: &'static str,
    audience: &'static str,
    zones: &'static [&'static str],
    standard: u64,
) -> Region {
    Region { name, display_name, continent_code, audience, zones, standard }
}

/// How many regions there are unless somebody asks otherwise.
pub(super) const STANDARD: usize = 8;

/// All of them. Among the first eight are one of seven pages, one that ends with its third page, one that spills a
/// single instance onto its second, one of three instances and one of none.
pub(super) static REGIONS: [Region; 16] = [
    region("us-east-1", "Virginia", "NA", "the eastern United States", &["a", "b", "c", "d", "e", "f"], 137),
    region("us-east-2", "Ohio", "NA", "the eastern United States", &["a", "b", "c"], 21),
    region(
        "us-west-2",
        "Oregon",
        "NA",
        "the northwestern United States, Alaska, and western Canada",
        &["a", "b", "c", "d"],
        104,
    ),
    region("eu-west-1", "Ireland", "EU", "Ireland, the United Kingdom, and Iceland", &["a", "b", "c"], 60),
    region("eu-central-1", "Frankfurt", "EU", "Germany and central Europe", &["a", "b", "c"], 52),
    region("ap-southeast-2", "Sydney", "AP", "Australia and New Zealand", &["a", "b", "c"], 23),
    region("ap-northeast-1", "Tokyo", "AP", "Japan", &["a", "c", "d"], 3),
    region("ca-central-1", "Montreal", "NA", "Canada", &["a", "b"], 0),
    region("eu-west-2", "London", "EU", "the United Kingdom", &["a", "b", "c"], 40),
    region("eu-west-3", "Paris", "EU", "France", &["a", "b", "c"], 12),
    region("eu-north-1", "Stockholm", "EU", "Scandinavia", &["a", "b", "c"], 1),
    region("ap-south-1", "Mumbai", "AP", "India", &["a", "b"], 33),
    region("ap-southeast-1", "Singapore", "AP", "southeast Asia", &["a", "b", "c"], 26),
    region("ap-northeast-2", "Seoul", "AP", "South Korea", &["a", "c"], 8),
    region("ap-southeast-3", "Jakarta", "AP", "Indonesia", &["a", "b", "c"], 19),
    region("sa-east-1", "São Paulo", "SA", "South America", &["a", "b", "c"], 5),
];

impl Region {
    /// The name of one of the region's zones; `choice` may be any number.
    pub(super) fn zone(&self, choice: u64) -> String {
        let letter = self.zones[choice as usize % self.zones.len()];
        format!("{}{letter}", self.name)
    }

    /// The region as GetRegions tells it. As in AWS's sample, the lists of zones that were not asked for are empty.
    pub(super) fn write(&self, json: &mut Json, zones: bool, database_zones: bool) {
        json.text("continentCode", self.continent_code);
        json.text("description", &format!("This region is recommended to serve users in {}", self.audience));
        json.text("displayName", self.display_name);
        json.text("name", self.name);
        for (key, asked) in
            [("availabilityZones", zones), ("relationalDatabaseAvailabilityZones", database_zones)]
        {
            json.array(key, |json| {
                for choice in 0..if asked { self.zones.len() as u64 } else { 0 } {
                    json.element(|json| {
                        json.text("zoneName", &self.zone(choice));
                        json.text("state", "available");
                    });
                }
            });
        }
    }
}
