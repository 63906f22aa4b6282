//! What buckets, distributions, container services and databases can be had as, and for how much a month. As with
//! [`plans`](super::plans), the prices are to be believed in a demonstration, not to be charged.

/// A bundle of storage and transfer, for a bucket or (without storage) a distribution.
#[derive(Debug)]
pub(super) struct StorageBundle {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// US dollars a month.
    pub(super) price: f64,
    /// In GB.
    pub(super) storage: u32,
    /// In GB a month.
    pub(super) transfer: u32,
    pub(super) active: bool,
}

const fn storage(
    id: &'static str,
    name: &'static str,
    price: f64,
    storage: u32,
    transfer: u32,
) -> StorageBundle {
    StorageBundle { id, name, price, storage, transfer, active: true }
}

pub(super) static BUCKET_BUNDLES: [StorageBundle; 4] = [
    storage("small_1_0", "Object Storage 5GB", 1.0, 5, 25),
    storage("medium_1_0", "Object Storage 100GB", 3.0, 100, 250),
    storage("large_1_0", "Object Storage 250GB", 5.0, 250, 500),
    StorageBundle { active: false, ..storage("small_0_1", "Object Storage 2GB", 0.5, 2, 10) },
];

pub(super) static DISTRIBUTION_BUNDLES: [StorageBundle; 4] = [
    storage("small_1_0", "Content Distribution 50GB", 2.5, 0, 50),
    storage("medium_1_0", "Content Distribution 200GB", 10.0, 0, 200),
    storage("large_1_0", "Content Distribution 500GB", 35.0, 0, 500),
    StorageBundle { active: false, ..storage("small_0_1", "Content Distribution 20GB", 1.5, 0, 20) },
];

/// A size of a container service's nodes.
#[derive(Debug)]
pub(super) struct Power {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// US dollars a month for each node.
    pub(super) price: f64,
    pub(super) cpus: f64,
    /// Memory in GB.
    pub(super) ram: f64,
}

const fn power(id: &'static str, name: &'static str, price: f64, cpus: f64, ram: f64) -> Power {
    Power { id, name, price, cpus, ram }
}

pub(super) static POWERS: [Power; 6] = [
    power("nano-1", "nano", 7.0, 0.25, 0.5),
    power("micro-1", "micro", 10.0, 0.25, 1.0),
    power("small-1", "small", 15.0, 0.5, 1.0),
    power("medium-1", "medium", 40.0, 1.0, 2.0),
    power("large-1", "large", 80.0, 2.0, 4.0),
    power("xlarge-1", "xlarge", 160.0, 4.0, 8.0),
];

/// A size of a database.
#[derive(Debug)]
pub(super) struct DatabaseBundle {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// US dollars a month.
    pub(super) price: f64,
    pub(super) cpus: u32,
    /// Memory in GB.
    pub(super) ram: f64,
    /// In GB.
    pub(super) disk: u32,
    pub(super) encrypted: bool,
    pub(super) active: bool,
}

const fn database(
    id: &'static str,
    name: &'static str,
    price: f64,
    cpus: u32,
    ram: f64,
    disk: u32,
) -> DatabaseBundle {
    DatabaseBundle { id, name, price, cpus, ram, disk, encrypted: true, active: true }
}

const fn retired(bundle: DatabaseBundle) -> DatabaseBundle {
    DatabaseBundle { encrypted: false, active: false, ..bundle }
}

/// Those with `ha` have a stand-by in another zone.
pub(super) static DATABASE_BUNDLES: [DatabaseBundle; 12] = [
    database("micro_2_0", "Micro", 15.0, 2, 1.0, 40),
    database("small_2_0", "Small", 30.0, 2, 2.0, 80),
    database("medium_2_0", "Medium", 60.0, 2, 4.0, 120),
    database("large_2_0", "Large", 115.0, 2, 8.0, 240),
    database("micro_ha_2_0", "Micro with High Availability", 30.0, 2, 1.0, 40),
    database("small_ha_2_0", "Small with High Availability", 60.0, 2, 2.0, 80),
    database("medium_ha_2_0", "Medium with High Availability", 120.0, 2, 4.0, 120),
    database("large_ha_2_0", "Large with High Availability", 230.0, 2, 8.0, 240),
    retired(database("micro_1_0", "Micro", 15.0, 1, 1.0, 40)),
    retired(database("small_1_0", "Small", 30.0, 1, 2.0, 80)),
    retired(database("medium_1_0", "Medium", 60.0, 2, 4.0, 120)),
    retired(database("large_1_0", "Large", 115.0, 2, 8.0, 240)),
];

/// A database engine in a version.
#[derive(Debug)]
pub(super) struct Engine {
    /// The blueprint's id.
    pub(super) id: &'static str,
    pub(super) engine: &'static str,
    pub(super) version: &'static str,
    pub(super) default: bool,
}

const fn engine(id: &'static str, engine: &'static str, version: &'static str) -> Engine {
    Engine { id, engine, version, default: false }
}

pub(super) static ENGINES: [Engine; 6] = [
    Engine { default: true, ..engine("mysql_8_0", "mysql", "8.0.40") },
    engine("mysql_8_4", "mysql", "8.4.3"),
    engine("postgres_14", "postgres", "14.15"),
    engine("postgres_15", "postgres", "15.10"),
    Engine { default: true, ..engine("postgres_16", "postgres", "16.6") },
    engine("postgres_17", "postgres", "17.2"),
];
