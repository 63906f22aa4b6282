//! `tags`: the tags of all resources that carry some, one row each.

use aws_sdk_lightsail::types::{
    Alarm, Bucket, CertificateSummary, ContactMethod, ContainerService, Disk, DiskSnapshot, Domain, Instance,
    InstanceSnapshot, KeyPair, LightsailDistribution, LoadBalancer, LoadBalancerTlsCertificate,
    RelationalDatabase, RelationalDatabaseSnapshot, Tag,
};

use super::alarms::GET_ALARMS;
use super::block_disks::GET_DISKS;
use super::buckets::GET_BUCKETS;
use super::certificates::GET_CERTIFICATES;
use super::contact_methods::GET_CONTACT_METHODS;
use super::container_services::GET_CONTAINER_SERVICES;
use super::disk_snapshots::GET_DISK_SNAPSHOTS;
use super::distributions::GET_DISTRIBUTIONS;
use super::domains::GET_DOMAINS;
use super::instance_snapshots::GET_INSTANCE_SNAPSHOTS;
use super::instances::GET_INSTANCES;
use super::key_pairs::GET_KEY_PAIRS;
use super::load_balancer_tls_certificates::GET_LOAD_BALANCER_TLS_CERTIFICATES;
use super::load_balancers::GET_LOAD_BALANCERS;
use super::relational_database_snapshots::GET_RELATIONAL_DATABASE_SNAPSHOTS;
use super::relational_databases::GET_RELATIONAL_DATABASES;
use crate::catalog::column::text;
use crate::catalog::operation::Asked;
use crate::catalog::rows::{FromItem, Resource, Rows};
use crate::catalog::table::{Feed, Group, TableSpec};

/// A resource that carries tags.
pub trait Tagged: Resource {
    /// What it is, as the API says it.
    fn resource_type(&self) -> Option<&str>;
    /// Its tags; none, too, where the API leaves the list out.
    fn tags(&self) -> &[Tag];
}

macro_rules! tagged {
    ($($type:ty, |$item:ident| $resource_type:expr;)+) => {$(
        impl Tagged for $type {
            fn resource_type(&self) -> Option<&str> {
                let $item = self;
                $resource_type
            }

            fn tags(&self) -> &[Tag] {
                self.tags()
            }
        }
    )+};
    ($($type:ty),+ $(,)?) => {
        tagged! { $($type, |item| Some(item.resource_type()?.as_str());)+ }
    };
}

tagged![
    Alarm,
    ContactMethod,
    ContainerService,
    Disk,
    DiskSnapshot,
    Domain,
    Instance,
    InstanceSnapshot,
    KeyPair,
    LightsailDistribution,
    LoadBalancer,
    LoadBalancerTlsCertificate,
    RelationalDatabase,
    RelationalDatabaseSnapshot,
];
tagged! {
    Bucket, |bucket| bucket.resource_type();
    // The one kind of resource that does not say what it is.
    CertificateSummary, |_certificate| Some("Certificate");
}

impl<T: Tagged> Tagged for Asked<T> {
    fn resource_type(&self) -> Option<&str> {
        self.item.resource_type()
    }

    fn tags(&self) -> &[Tag] {
        self.item.tags()
    }
}

/// One row for each tag.
#[derive(Debug)]
pub struct TagRows;

impl Rows for TagRows {
    type Row<'a> = (&'a dyn Tagged, &'a Tag);

    fn arn<'r>((owner, _): &'r Self::Row<'_>) -> Option<&'r str> {
        owner.arn()
    }

    fn region<'r>((owner, _): &'r Self::Row<'_>) -> Option<&'r str> {
        owner.region()
    }
}

impl<T: Tagged> FromItem<T> for TagRows {
    fn rows(item: &T) -> impl Iterator<Item = Self::Row<'_>> {
        item.tags().iter().map(move |tag| (item as &dyn Tagged, tag))
    }
}

/// `tags`. A disk that is attached is listed by its instance and by GetDisks: its tags come from GetDisks alone, so that
/// none comes twice. A system disk, which only its instance lists, carries none.
pub static TAGS: TableSpec<TagRows> = TableSpec {
    name: "tags",
    group: Group::Accounts,
    description: "Tags of all kinds of resources, one row each; a predicate on resource_type saves calls.",
    feeds: &[
        Feed::of::<Instance>(&GET_INSTANCES).with("resource_type", &["Instance"]),
        Feed::of::<Disk>(&GET_DISKS).with("resource_type", &["Disk"]),
        Feed::of::<InstanceSnapshot>(&GET_INSTANCE_SNAPSHOTS).with("resource_type", &["InstanceSnapshot"]),
        Feed::of::<DiskSnapshot>(&GET_DISK_SNAPSHOTS).with("resource_type", &["DiskSnapshot"]),
        Feed::of::<KeyPair>(&GET_KEY_PAIRS).with("resource_type", &["KeyPair"]),
        Feed::of::<LoadBalancer>(&GET_LOAD_BALANCERS).with("resource_type", &["LoadBalancer"]),
        Feed::of::<Asked<LoadBalancerTlsCertificate>>(&GET_LOAD_BALANCER_TLS_CERTIFICATES)
            .with("resource_type", &["LoadBalancerTlsCertificate"]),
        Feed::of::<CertificateSummary>(&GET_CERTIFICATES).with("resource_type", &["Certificate"]),
        Feed::of::<LightsailDistribution>(&GET_DISTRIBUTIONS).with("resource_type", &["Distribution"]),
        Feed::of::<Domain>(&GET_DOMAINS).with("resource_type", &["Domain"]),
        Feed::of::<Bucket>(&GET_BUCKETS).with("resource_type", &["Bucket"]),
        Feed::of::<ContainerService>(&GET_CONTAINER_SERVICES).with("resource_type", &["ContainerService"]),
        Feed::of::<RelationalDatabase>(&GET_RELATIONAL_DATABASES)
            .with("resource_type", &["RelationalDatabase"]),
        Feed::of::<RelationalDatabaseSnapshot>(&GET_RELATIONAL_DATABASE_SNAPSHOTS)
            .with("resource_type", &["RelationalDatabaseSnapshot"]),
        Feed::of::<Alarm>(&GET_ALARMS).with("resource_type", &["Alarm"]),
        Feed::of::<ContactMethod>(&GET_CONTACT_METHODS).with("resource_type", &["ContactMethod"]),
    ],
    key: None,
    examples: &["SELECT resource_type, key, count(*) AS resources, count(value) AS with_value FROM tags \
         GROUP BY resource_type, key ORDER BY resource_type, resources DESC"],
    columns: &[
        text("resource_type", "What is tagged, such as Instance, Disk or Bucket.", |(owner, _)| {
            owner.resource_type()
        }),
        text("resource_name", "The name of what is tagged.", |(owner, _)| owner.name()),
        text("resource_arn", "The arn of what is tagged.", |(owner, _)| owner.arn()),
        text("key", "The key of the tag.", |(_, tag)| tag.key()),
        text("value", "The value of the tag; NULL if it is a key alone.", |(_, tag)| tag.value()),
    ],
};
