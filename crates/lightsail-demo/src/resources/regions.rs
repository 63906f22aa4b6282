//! GetRegions.

use crate::call::Operation;
use crate::input::flag;
use crate::page;

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetRegions",
    members: &[flag("includeAvailabilityZones"), flag("includeRelationalDatabaseAvailabilityZones")],
    answer: |call| {
        let zones = call.flag("includeAvailabilityZones");
        let database_zones = call.flag("includeRelationalDatabaseAvailabilityZones");
        page::whole("regions", call.place.extent.regions(), |json, region| {
            region.write(json, zones, database_zones);
        })
    },
}];
