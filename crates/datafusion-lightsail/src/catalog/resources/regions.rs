//! `regions` and their zones, all from GetRegions.

use aws_sdk_lightsail::types::{AvailabilityZone, Region};

use crate::catalog::column::text;
use crate::catalog::operation::{Items, Needs, Operation, Scope, call};
use crate::catalog::rows::{Plain, Resource, each};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetRegions: every region knows them all and answers the same.
pub static GET_REGIONS: Operation = Operation {
    scope: Scope::AnyRegion,
    // Rows of other tables in a region that is not asked would be its partners.
    reaches: &["name"],
    ..Operation::new(
        "GetRegions",
        call!(|request| get_regions
            .set_include_availability_zones(request.needs.flag(Needs::ZONES))
            .set_include_relational_database_availability_zones(request.needs.flag(Needs::DATABASE_ZONES))
            => |output| output.regions.map(Items::new), None),
    )
};

/// The column `region` of these tables is whom was asked, not what the row is about.
impl Resource for Region {
    fn name(&self) -> Option<&str> {
        Some(self.name()?.as_str())
    }
}

/// `regions`.
pub static REGIONS: TableSpec<Plain<Region>> = TableSpec {
    name: "regions",
    group: Group::Accounts,
    description: "Regions that Lightsail is in, one row each.",
    feeds: &[Feed::of::<Region>(&GET_REGIONS)],
    key: None,
    examples: &["SELECT continent_code, name, display_name FROM regions ORDER BY continent_code, name"],
    columns: &[
        text("continent_code", "The continent that it is on, such as NA.", |r| r.continent_code()),
        text("description", "Whom it is recommended to.", |r| r.description()),
        text("display_name", "Where it is, such as Virginia.", |r| r.display_name()),
        text("name", "The name of the region, such as us-east-1.", |r| Some(r.name()?.as_str())),
    ],
};

/// The columns of a zone.
macro_rules! zone_columns {
    () => {
        &[
            text("region_name", "The region that it is in, to join with regions.name.", |(r, _)| {
                Some(r.name()?.as_str())
            }),
            text("zone_name", "The name of the zone, such as us-east-1a.", |(_, z)| z.zone_name()),
            text("state", "Whether it can be used, such as available.", |(_, z)| z.state()),
        ]
    };
}

each! {
    /// One row for each zone that instances can be in.
    pub ZoneRows: Region => &'a AvailabilityZone, |region| region.availability_zones()
}

/// `availability_zones`.
pub static AVAILABILITY_ZONES: TableSpec<ZoneRows> = TableSpec {
    name: "availability_zones",
    group: Group::Accounts,
    description: "Zones of regions that instances can be in, one row each.",
    feeds: &[Feed::of::<Region>(&GET_REGIONS).needing(Needs::ZONES)],
    key: None,
    examples: &["SELECT region_name, count(*) AS zones FROM availability_zones GROUP BY region_name \
         ORDER BY zones DESC, region_name"],
    columns: zone_columns!(),
};

each! {
    /// One row for each zone that databases can be in.
    pub DatabaseZoneRows: Region => &'a AvailabilityZone,
    |region| region.relational_database_availability_zones()
}

/// `relational_database_availability_zones`.
pub static RELATIONAL_DATABASE_AVAILABILITY_ZONES: TableSpec<DatabaseZoneRows> = TableSpec {
    name: "relational_database_availability_zones",
    group: Group::Databases,
    description: "Zones of regions that managed databases can be in, one row each.",
    feeds: &[Feed::of::<Region>(&GET_REGIONS).needing(Needs::DATABASE_ZONES)],
    key: None,
    examples: &[
        "SELECT region_name, zone_name, state FROM relational_database_availability_zones ORDER BY zone_name",
    ],
    columns: zone_columns!(),
};
