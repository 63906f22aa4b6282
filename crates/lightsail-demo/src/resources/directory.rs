//! Any resource of a place by its name alone: in Lightsail no two of a region share one.

use crate::fleet::Instance;
use crate::place::Place;
use crate::resource::Head;

use super::alarms::alarm_named;
use super::buckets::{Bucket, bucket_named};
use super::certificates::certificate_named;
use super::contact_methods::contact_methods;
use super::container_services::{Service, service_named};
use super::database_snapshots::{DatabaseSnapshot, database_snapshot_named};
use super::databases::{Database, database_named};
use super::disk_snapshots::{DiskSnapshot, disk_snapshot_named};
use super::disks::{Block, block_named};
use super::distributions::{Distribution, distribution_named};
use super::domains::zone_named;
use super::instance_snapshots::{InstanceSnapshot, instance_snapshot_named};
use super::key_pairs::key_pairs;
use super::load_balancers::{LoadBalancer, load_balancer_named};
use super::static_ips::{StaticIp, static_ip_named};

/// A resource of any kind.
pub(super) enum Resource {
    Instance(Instance),
    Disk(Block),
    StaticIp(StaticIp),
    InstanceSnapshot(InstanceSnapshot),
    DiskSnapshot(DiskSnapshot),
    LoadBalancer(LoadBalancer),
    Bucket(Bucket),
    ContainerService(Service),
    Database(Database),
    DatabaseSnapshot(DatabaseSnapshot),
    Distribution(Distribution),
    Domain(Head),
    /// Something that costs nothing.
    Free(Head),
}

impl Resource {
    /// Its type as on the wire, and when it was created, in ms since 1970.
    pub(super) fn kind_and_creation(&self) -> (&'static str, u64) {
        let head = match self {
            Self::Instance(one) => return ("Instance", one.created),
            Self::Disk(one) => return ("Disk", one.disk.created),
            Self::StaticIp(one) => &one.head,
            Self::InstanceSnapshot(one) => &one.head,
            Self::DiskSnapshot(one) => &one.head,
            Self::LoadBalancer(one) => &one.head,
            Self::Bucket(one) => &one.head,
            Self::ContainerService(one) => &one.head,
            Self::Database(one) => &one.head,
            Self::DatabaseSnapshot(one) => &one.head,
            Self::Distribution(one) => &one.head,
            Self::Domain(head) | Self::Free(head) => head,
        };
        (head.kind, head.created)
    }
}

/// The resource of this name.
pub(super) fn find(place: &Place<'_>, name: &str) -> Option<Resource> {
    let certificate = || certificate_named(place, name).ok().map(|(_, one)| one.head);
    let alarm = || alarm_named(place, name).map(|one| one.head);
    let key_pair = || key_pairs(*place).map(|one| one.head).find(|head| head.name == name);
    let contact = || contact_methods(place).into_iter().map(|one| one.head).find(|head| head.name == name);
    let free = || certificate().or_else(alarm).or_else(key_pair).or_else(contact);
    let finders: [&dyn Fn() -> Option<Resource>; 13] = [
        &|| place.instance_named(name).map(|(_, one)| Resource::Instance(one)),
        &|| block_named(place, name).map(Resource::Disk),
        &|| static_ip_named(place, name).map(Resource::StaticIp),
        &|| instance_snapshot_named(place, name).map(Resource::InstanceSnapshot),
        &|| disk_snapshot_named(place, name).map(Resource::DiskSnapshot),
        &|| load_balancer_named(place, name).ok().map(Resource::LoadBalancer),
        &|| bucket_named(place, name).ok().map(|(_, one)| Resource::Bucket(one)),
        &|| service_named(place, name).ok().map(|(_, one)| Resource::ContainerService(one)),
        &|| database_named(place, name).ok().map(Resource::Database),
        &|| database_snapshot_named(place, name).map(Resource::DatabaseSnapshot),
        &|| distribution_named(place, name).ok().map(|(_, one)| Resource::Distribution(one)),
        &|| zone_named(place, name).ok().map(|one| Resource::Domain(one.head)),
        &|| free().map(Resource::Free),
    ];
    finders.iter().find_map(|find| find())
}
