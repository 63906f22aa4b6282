//! Automatic snapshots of the last days, of an instance or a disk with that add-on.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::{AddOn, DAY, TODAY};
use crate::input::text;
use crate::instance::system_path;
use crate::json::Json;
use crate::place::Place;
use crate::random::hash;
use crate::resource::date;

use super::disks;

/// How many automatic snapshots Lightsail keeps.
const KEPT: u64 = 7;

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetAutoSnapshots",
    members: &[text("resourceName").required()],
    answer: |call| {
        let name = call.required("resourceName");
        let source = source(&call.place, name).ok_or_else(|| Error::not_found("Resource", name))?;
        Ok(Json::object(|json| {
            json.text("resourceName", name);
            json.text("resourceType", source.kind);
            json.array("autoSnapshots", |json| write(json, &call.place, name, &source));
        }))
    },
}];

/// What automatic snapshots are taken of.
struct Source {
    kind: &'static str,
    add_ons: Option<Vec<AddOn>>,
    /// Path and size in GB of each disk.
    disks: Vec<(&'static str, u32)>,
}

fn source(place: &Place<'_>, name: &str) -> Option<Source> {
    if let Some((_, one)) = place.instance_named(name) {
        let system = (system_path(one.blueprint.platform), one.bundle.disk);
        let disks = [system].into_iter().chain(one.disks.iter().map(|disk| (disk.path, disk.size))).collect();
        return Some(Source { kind: "Instance", add_ons: one.add_ons, disks });
    }
    let disk = disks::block_named(place, name)?.disk;
    Some(Source { kind: "Disk", add_ons: disk.add_ons, disks: vec![(disk.path, disk.size)] })
}

fn write(json: &mut Json, place: &Place<'_>, name: &str, source: &Source) {
    // Where snapshots were switched off, those from before are kept.
    let (hour, days) = match source.add_ons.as_deref().unwrap_or_default() {
        [AddOn::Snapshots { hour, .. }, ..] => (*hour, 0..KEPT),
        [AddOn::NoSnapshots, ..] => (6, 30..32),
        _ => return,
    };
    for ago in days {
        let age = (ago + 1) * DAY - hour * 3_600_000 - 7 * 60_000;
        let created = place.today() - age;
        // What became of it depends on its age, not on the day.
        let mut random = place.random("AutoSnapshot", hash(name) ^ (TODAY - age));
        let status = match random.below(40) {
            0 => "Failed",
            1 => "NotFound",
            _ if ago == 0 && random.percent(10) => "InProgress",
            _ => "Success",
        };
        json.element(|json| {
            json.text("date", &date(created));
            json.time("createdAt", created);
            json.text("status", status);
            // Of a snapshot that failed there is nothing to tell.
            if status != "Failed" {
                json.array("fromAttachedDisks", |json| {
                    for (path, size) in &source.disks {
                        json.element(|json| {
                            json.text("path", path);
                            json.plain("sizeInGb", size);
                        });
                    }
                });
            }
        });
    }
}
