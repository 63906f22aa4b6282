//! How many there are of everything, for a place with so many instances: a company with 400 of them has about as many
//! of the rest as this gives.

use super::place::Place;

impl Place<'_> {
    pub(super) fn detached_disks(&self) -> u64 {
        self.size().div_ceil(10)
    }

    /// Static IPs that are attached to nothing.
    pub(super) fn spare_static_ips(&self) -> u64 {
        self.size().div_ceil(20)
    }

    /// Snapshots of instances that are gone.
    pub(super) fn orphaned_instance_snapshots(&self) -> u64 {
        self.size() / 10
    }

    /// Snapshots of disks that are gone.
    pub(super) fn orphaned_disk_snapshots(&self) -> u64 {
        self.size() / 15
    }

    pub(super) fn load_balancers(&self) -> u64 {
        self.size() / INSTANCES_PER_LOAD_BALANCER
    }

    pub(super) fn buckets(&self) -> u64 {
        self.size() / INSTANCES_PER_BUCKET
    }

    pub(super) fn container_services(&self) -> u64 {
        self.size() / 50
    }

    pub(super) fn databases(&self) -> u64 {
        self.size() / 30
    }

    /// Snapshots of databases that are gone.
    pub(super) fn orphaned_database_snapshots(&self) -> u64 {
        self.size() / 60
    }

    /// Distributions, all of which belong to us-east-1.
    pub(super) fn distributions(&self) -> u64 {
        self.home().size() / 6
    }

    /// Domains, all of which belong to us-east-1.
    pub(super) fn domains(&self) -> u64 {
        self.home().size().div_ceil(11)
    }

    /// Certificates: in us-east-1 for distributions and container services, with some to spare; elsewhere one for
    /// each container service.
    pub(super) fn certificates(&self) -> u64 {
        let services = self.container_services();
        if self.is_home() { self.distributions() + services + self.size() / 100 } else { services }
    }

    /// Entries in the history of operations, which goes back only so far.
    pub(super) fn operations(&self) -> u64 {
        (self.size() * 3 / 2).min(600)
    }
}

/// Each load balancer takes its instances from a stretch of this many.
pub(super) const INSTANCES_PER_LOAD_BALANCER: u64 = 32;
/// Each bucket gives access to instances from a stretch of this many.
pub(super) const INSTANCES_PER_BUCKET: u64 = 6;
