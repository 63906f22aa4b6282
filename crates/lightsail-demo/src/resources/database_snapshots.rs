//! Snapshots of databases, and of some that are gone.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::before;
use crate::input::text;
use crate::json::Json;
use crate::page::{self, numbered};
use crate::place::{Place, index_of};
use crate::resource::Head;

use super::databases::{Database, database};

/// How many each database has.
const EACH: u64 = 2;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetRelationalDatabaseSnapshots",
        members: &[text("pageToken")],
        answer: |call| {
            let place = call.place;
            page::list(
                call,
                "relationalDatabaseSnapshots",
                |start| database_snapshots(place, start),
                |json, one| one.write(json, &place),
            )
        },
    },
    Operation {
        name: "GetRelationalDatabaseSnapshot",
        members: &[text("relationalDatabaseSnapshotName").required()],
        answer: |call| {
            let name = call.required("relationalDatabaseSnapshotName");
            let one = database_snapshot_named(&call.place, name)
                .ok_or_else(|| Error::not_found("RelationalDatabaseSnapshot", name))?;
            page::one("relationalDatabaseSnapshot", one, |json, one| one.write(json, &call.place))
        },
    },
];

/// A snapshot of a database.
#[derive(Debug)]
pub(super) struct DatabaseSnapshot {
    pub(super) head: Head,
    state: &'static str,
    pub(super) of: Database,
}

/// All snapshots from a position on: each database's, then the orphans.
pub(super) fn database_snapshots(
    place: Place<'_>,
    start: u64,
) -> impl Iterator<Item = (u64, DatabaseSnapshot)> {
    numbered(start, count(&place), move |position| snapshot(&place, position))
}

pub(super) fn database_snapshot_named(place: &Place<'_>, name: &str) -> Option<DatabaseSnapshot> {
    let (database, number) = name.rsplit_once("-snap-")?;
    let (database, number) = (index_of(database)?, number.parse::<u64>().ok()?.checked_sub(1)?);
    let position =
        if database < place.databases() { database * EACH + number } else { database + place.databases() };
    let found = (position < count(place)).then(|| snapshot(place, position))?;
    (found.head.name == name).then_some(found)
}

fn count(place: &Place<'_>) -> u64 {
    place.databases() * EACH + place.orphaned_database_snapshots()
}

fn snapshot(place: &Place<'_>, position: u64) -> DatabaseSnapshot {
    let mut random = place.random("RelationalDatabaseSnapshot", position);
    let (of, number) = match position.checked_sub(place.databases() * EACH) {
        None => (position / EACH, position % EACH),
        Some(gone) => (place.databases() + gone, 0),
    };
    let of = database(place, of);
    let name = format!("{}-snap-{}", of.head.name, number + 1);
    let mut head = Head::draw(place, "RelationalDatabaseSnapshot", name, "backup", &mut random);
    head.created = before(&mut random, place.today(), place.today() - of.head.created);
    DatabaseSnapshot { head, state: if position % 7 == 6 { "creating" } else { "available" }, of }
}

impl DatabaseSnapshot {
    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.head.write(json, place);
        json.text("engine", self.of.engine.engine);
        json.text("engineVersion", self.of.engine.version);
        json.plain("sizeInGb", self.of.bundle.disk);
        json.text("state", self.state);
        json.text("fromRelationalDatabaseName", &self.of.head.name);
        json.text("fromRelationalDatabaseArn", &self.of.head.arn(place));
        json.text("fromRelationalDatabaseBundleId", self.of.bundle.id);
        json.text("fromRelationalDatabaseBlueprintId", self.of.engine.id);
    }
}
