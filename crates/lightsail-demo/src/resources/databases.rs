//! Databases.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::DAY;
use crate::input::text;
use crate::json::Json;
use crate::names::{hex, usage};
use crate::page::{self, numbered};
use crate::place::{Place, named};
use crate::rates::{DATABASE_BUNDLES, DatabaseBundle, ENGINES, Engine};
use crate::resource::Head;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetRelationalDatabases",
        members: &[text("pageToken")],
        answer: |call| {
            let place = call.place;
            page::list(
                call,
                "relationalDatabases",
                |start| numbered(start, place.databases(), move |number| database(&place, number)),
                |json, one| one.write(json, &place),
            )
        },
    },
    Operation {
        name: "GetRelationalDatabase",
        members: &[text("relationalDatabaseName").required()],
        answer: |call| {
            let one = database_named(&call.place, call.required("relationalDatabaseName"))?;
            page::one("relationalDatabase", one, |json, one| one.write(json, &call.place))
        },
    },
];

/// A database.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) head: Head,
    pub(super) bundle: &'static DatabaseBundle,
    pub(super) engine: &'static Engine,
    state: &'static str,
    second_zone: Option<String>,
    backups: bool,
    public: bool,
    /// Values that take effect at the next restart.
    pending: Pending,
    maintenance: usize,
    backup_hour: u64,
    address: String,
}

/// What was changed and does not hold yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Nothing,
    Backups,
    VersionAndPassword,
}

pub(super) fn database_named(place: &Place<'_>, name: &str) -> Result<Database, Error> {
    let found = named(name, place.databases(), |number| database(place, number), |one| &one.head.name);
    found.map(|(_, one)| one).ok_or_else(|| Error::not_found("RelationalDatabase", name))
}

/// Database `number`. Those beyond the count are databases that are gone.
pub(super) fn database(place: &Place<'_>, number: u64) -> Database {
    let mut random = place.random("RelationalDatabase", number);
    let name = format!("{}-db-{}", usage(number + 4), number + 1);
    let head = Head::draw(place, "RelationalDatabase", name, usage(number + 4), &mut random);
    let bundle = match number % 5 {
        4 => &DATABASE_BUNDLES[8 + random.below(3) as usize],
        1 => &DATABASE_BUNDLES[4 + random.below(4) as usize],
        _ => &DATABASE_BUNDLES[random.below(4) as usize],
    };
    let choice = random.next() % 100;
    Database {
        engine: random.pick(&[&ENGINES[0], &ENGINES[0], &ENGINES[1], &ENGINES[4], &ENGINES[2]]),
        state: ["available", "available", "backing-up", "available", "stopped"][number as usize % 5],
        second_zone: bundle.id.contains("_ha_").then(|| place.region().zone(choice + 1)),
        backups: number % 4 != 3,
        public: random.percent(30),
        pending: match number % 4 {
            2 => Pending::VersionAndPassword,
            3 => Pending::Backups,
            _ => Pending::Nothing,
        },
        maintenance: (number % 3) as usize,
        backup_hour: random.below(23),
        address: format!(
            "ls-{}.{}.{}.rds.amazonaws.com",
            hex(&mut random, 40),
            hex(&mut random, 12),
            place.region().name
        ),
        head: Head { zone: place.region().zone(choice), ..head },
        bundle,
    }
}

impl Database {
    pub(super) fn is_mysql(&self) -> bool {
        self.engine.engine == "mysql"
    }

    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.head.write(json, place);
        json.text("relationalDatabaseBlueprintId", self.engine.id);
        json.text("relationalDatabaseBundleId", self.bundle.id);
        json.text("masterDatabaseName", "dbmaster");
        json.nested("hardware", |json| {
            json.plain("cpuCount", self.bundle.cpus);
            json.plain("diskSizeInGb", self.bundle.disk);
            json.float("ramSizeInGb", self.bundle.ram);
        });
        json.text("state", self.state);
        json.some_text("secondaryAvailabilityZone", self.second_zone.as_deref());
        json.plain("backupRetentionEnabled", self.backups);
        json.nested("pendingModifiedValues", |json| self.pending(json));
        json.text("engine", self.engine.engine);
        json.text("engineVersion", self.engine.version);
        json.some_time("latestRestorableTime", self.backups.then_some(place.today() - 300_000));
        json.text("masterUsername", "dbmasteruser");
        json.text(
            "parameterApplyStatus",
            if self.pending == Pending::Nothing { "in-sync" } else { "pending-reboot" },
        );
        let hour = self.backup_hour;
        json.text("preferredBackupWindow", &format!("{hour:02}:00-{hour:02}:30"));
        json.text("preferredMaintenanceWindow", &format!("sun:{hour:02}:45-sun:{:02}:15", hour + 1));
        json.plain("publiclyAccessible", self.public);
        json.nested("masterEndpoint", |json| {
            json.plain("port", if self.is_mysql() { 3306 } else { 5432 });
            json.text("address", &self.address);
        });
        json.array("pendingMaintenanceActions", |json| self.maintenance(json, place));
        json.text("caCertificateIdentifier", "rds-ca-rsa2048-g1");
    }

    fn pending(&self, json: &mut Json) {
        match self.pending {
            Pending::Nothing => (),
            Pending::Backups => json.plain("backupRetentionEnabled", !self.backups),
            Pending::VersionAndPassword => {
                // All that is ever told of it.
                json.text("masterUserPassword", "****");
                json.text("engineVersion", if self.is_mysql() { "8.4.4" } else { "17.3" });
            }
        }
    }

    fn maintenance(&self, json: &mut Json, place: &Place<'_>) {
        let all = [
            ("system-update", "New Operating System update is available", Some(place.today() + 9 * DAY)),
            ("db-upgrade", "An upgrade of the engine to its newest minor version is available", None),
        ];
        for (action, description, date) in all.into_iter().take(self.maintenance) {
            json.element(|json| {
                json.text("action", action);
                json.text("description", description);
                json.some_time("currentApplyDate", date);
            });
        }
    }
}
