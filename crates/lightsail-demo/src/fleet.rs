//! What instance number `index` of a region in an account is: a pure function, so that a fleet of any size is made
//! page by page as it is asked for and is the same every time. [`instance`](super::instance) turns it into JSON.

use std::net::Ipv6Addr;

use super::place::{Place, SEED, named};
use super::plans::{
    ALMA, AMAZON_LINUX, Blueprint, Bundle, DEBIAN, GITLAB, JUPYTER, LAMP, NGINX, NODE, Platform, UBUNTU_20,
    UBUNTU_22, UBUNTU_24, WINDOWS_19, WINDOWS_22, WORDPRESS, bundles,
};
use super::ports::{self, Port, Service};
use super::random::{Random, hash};
use super::regions::Region;

/// The fleet's today unless it is told another: 2026-01-01T00:00:00Z in ms, so that ages are the same every day.
pub(super) const TODAY: u64 = 1_767_225_600_000;
/// A day in ms.
pub(super) const DAY: u64 = 86_400_000;

/// The number of a region's last public address.
pub(super) const LAST_PUBLIC_IP: u64 = 0x1ffd;

/// A tag; in Lightsail the value may be missing altogether.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) key: &'static str,
    pub(super) value: Option<&'static str>,
}

/// An add-on, with only the members that its kind and status have.
#[derive(Debug)]
pub(super) enum AddOn {
    /// Automatic snapshots, daily at these hours (UTC).
    Snapshots { hour: u64, next_hour: u64 },
    /// Automatic snapshots that were switched off.
    NoSnapshots,
    /// Lightsail for Research: stop below so many percent of CPU for so many minutes.
    StopOnIdle { threshold: u64, minutes: u64 },
}

/// A disk that is attached to an instance. The system disk is not one of these: it has hardly any members.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) support_code: String,
    pub(super) created: u64,
    pub(super) tags: Option<Vec<Tag>>,
    pub(super) add_ons: Option<Vec<AddOn>>,
    /// In GB.
    pub(super) size: u32,
    pub(super) path: &'static str,
    pub(super) state: &'static str,
    pub(super) gb_in_use: Option<u32>,
    pub(super) auto_mount: Option<&'static str>,
}

/// Instance metadata options.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) state: &'static str,
    pub(super) tokens: &'static str,
    pub(super) endpoint: &'static str,
    pub(super) hop_limit: u32,
    pub(super) ipv6: &'static str,
}

/// An instance. An `Option` that is `None` is a member that the response does not have.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) support_code: String,
    /// Milliseconds since 1970, as all times here.
    pub(super) created: u64,
    pub(super) zone: String,
    pub(super) blueprint: &'static Blueprint,
    pub(super) bundle: &'static Bundle,
    pub(super) state: (u32, &'static str),
    pub(super) tags: Option<Vec<Tag>>,
    pub(super) add_ons: Option<Vec<AddOn>>,
    pub(super) address_type: &'static str,
    pub(super) is_static_ip: bool,
    pub(super) private_ip: Option<String>,
    pub(super) public_ip: Option<String>,
    pub(super) ipv6: Option<Vec<String>>,
    pub(super) ssh_key: Option<&'static str>,
    pub(super) metadata: Option<Metadata>,
    /// Attached disks.
    pub(super) disks: Vec<Disk>,
    pub(super) ports: Option<Vec<Port>>,
    /// Since when the instance's own and the system's checks fail.
    pub(super) impaired: (Option<u64>, Option<u64>),
}

/// What an instance is for: the head of its name, what it may run and what it listens on.
struct Role {
    name: &'static str,
    blueprints: &'static [&'static Blueprint],
    services: &'static [Service],
}

const fn role(
    name: &'static str,
    blueprints: &'static [&'static Blueprint],
    services: &'static [Service],
) -> Role {
    Role { name, blueprints, services }
}

static ROLES: [Role; 11] = [
    role("web", &[&UBUNTU_24, &NGINX, &AMAZON_LINUX], &[ports::SSH, ports::HTTP, ports::HTTPS]),
    role("web", &[&UBUNTU_24, &UBUNTU_22, &LAMP], &[ports::SSH, ports::HTTP, ports::HTTPS]),
    role("api", &[&NODE, &UBUNTU_24, &AMAZON_LINUX], &[ports::SSH, ports::HTTPS, ports::APP]),
    role("blog", &[&WORDPRESS], &[ports::SSH, ports::HTTP, ports::HTTPS]),
    role("shop", &[&LAMP, &WORDPRESS, &DEBIAN], &[ports::SSH, ports::HTTP, ports::HTTPS]),
    role("db", &[&UBUNTU_22, &ALMA], &[ports::SSH, ports::MYSQL]),
    role("db", &[&DEBIAN, &UBUNTU_24], &[ports::SSH, ports::POSTGRES]),
    role("cache", &[&ALMA, &DEBIAN], &[ports::SSH, ports::REDIS]),
    role("worker", &[&AMAZON_LINUX, &UBUNTU_24], &[ports::SSH]),
    role("ci", &[&GITLAB, &DEBIAN], &[ports::SSH, ports::HTTPS, ports::WIREGUARD]),
    role("desk", &[&WINDOWS_22, &WINDOWS_19], &[ports::RDP, ports::HTTP]),
];

/// Lightsail for Research: the rare one.
static LAB: Role = role("lab", &[&JUPYTER], &[ports::HTTPS]);

const STAGES: [&str; 6] = ["prod", "prod", "prod", "staging", "test", "dev"];

impl Place<'_> {
    pub(super) fn instance(&self, index: u64) -> Instance {
        instance(self, index)
    }

    /// The instances from this one on, with their numbers.
    pub(super) fn instances(self, start: u64) -> impl Iterator<Item = (u64, Instance)> {
        (start..self.size()).map(move |index| (index, self.instance(index)))
    }

    /// The instance of this name, found without looking at any other, and its number.
    pub(super) fn instance_named(&self, name: &str) -> Option<(u64, Instance)> {
        named(name, self.size(), |index| self.instance(index), |one| &one.name)
    }
}

/// Instance `index` (from 0) of a place.
fn instance(place: &Place<'_>, index: u64) -> Instance {
    let (account, region, today) = (place.account, place.region(), place.today());
    let mut random = Random::of(&[SEED, hash(account), hash(region.name), index]);
    let role = if random.percent(4) { &LAB } else { &ROLES[random.below(ROLES.len() as u64) as usize] };
    let stage = random.pick(&STAGES);
    let name = format!("{}-{stage}-{:04}", role.name, index + 1);
    let picked = random.pick(role.blueprints);
    let windows = picked.platform == Platform::Windows;
    let state = match random.below(100) {
        0..84 => (16, "running"),
        84..95 => (80, "stopped"),
        95..98 => (0, "pending"),
        _ => (64, "stopping"),
    };
    let address_type = match random.below(20) {
        _ if windows => "ipv4",
        0..6 => "ipv4",
        6..18 => "dualstack",
        _ => "ipv6",
    };
    let bundles = bundles(picked.platform, address_type == "ipv6");
    // Two draws, the smaller one counts: small bundles are the common ones.
    let size = random.below(bundles.len() as u64).min(random.below(bundles.len() as u64));
    let created = before(&mut random, today, 1500 * DAY);
    let blueprint = of_its_time(picked, today - created);
    let is_static_ip = address_type != "ipv6" && random.percent(30);
    let has_public_ip = address_type != "ipv6" && (is_static_ip || !matches!(state.1, "stopped" | "pending"));

    Instance {
        id: random.uuid(),
        support_code: support_code(account, "i", &mut random),
        created,
        zone: region.zone(random.next()),
        blueprint,
        bundle: &bundles[size as usize],
        state,
        tags: tags(&mut random, stage, role.name),
        add_ons: add_ons(&mut random, blueprint.platform),
        address_type,
        is_static_ip,
        private_ip: (address_type != "ipv6").then(|| private_ip(region, index)),
        public_ip: has_public_ip.then(|| public_ip(region, index)),
        ipv6: match address_type {
            "ipv4" => random.percent(80).then(Vec::new),
            _ => Some(vec![ipv6(account, region, index)]),
        },
        ssh_key: match blueprint.platform {
            Platform::Linux => Some(random.pick(&[
                "LightsailDefaultKeyPair",
                "LightsailDefaultKeyPair",
                "ops-2024",
                "deploy",
            ])),
            Platform::Windows => Some("LightsailDefaultKeyPair"),
            Platform::Research => None,
        },
        metadata: random.percent(96).then(|| metadata(&mut random)),
        // Lightsail tells nothing of a pending instance's disks.
        disks: if state.1 == "pending" {
            Vec::new()
        } else {
            disks(&mut random, place, &name, created, blueprint.platform)
        },
        ports: ports::of(&mut random, role.services, address_type),
        impaired: match random.below(40) {
            _ if state.1 != "running" => (None, None),
            0 => (Some(before(&mut random, today, 3 * DAY)), None),
            1 => (Some(today - DAY / 2), Some(today - DAY / 2)),
            _ => (None, None),
        },
        name,
    }
}

/// What an instance of this age was made from: the oldest of an image's have the one before it, which is retired.
fn of_its_time(blueprint: &'static Blueprint, age: u64) -> &'static Blueprint {
    match blueprint.id == UBUNTU_22.id && age > 1200 * DAY {
        true => &UBUNTU_20,
        false => blueprint,
    }
}

/// A time in the `span` before `end`.
pub(super) fn before(random: &mut Random, end: u64, span: u64) -> u64 {
    end - random.below(span) - 1
}

/// As AWS writes them: a number of the account, and the EC2 name of the resource.
pub(super) fn support_code(account: &str, kind: &str, random: &mut Random) -> String {
    format!("{:012}/{kind}-0{:016x}", hash(account) % 1_000_000_000_000, random.next())
}

/// A number for a region that does not depend on how many there are.
fn block(region: &Region) -> u64 {
    super::regions::REGIONS.iter().position(|other| other.name == region.name).unwrap_or(0) as u64
}

/// Lightsail's own private range.
fn private_ip(region: &Region, index: u64) -> String {
    let host = block(region) << 12 | (index + 4) & 0xfff;
    format!("172.26.{}.{}", host >> 8, host & 0xff)
}

/// The address of instance `index`, or of a static IP that counts down from [`LAST_PUBLIC_IP`].
/// 198.18.0.0/15 is set aside (RFC 2544) and never routed; the ranges for documentation have too few addresses for a fleet.
pub(super) fn public_ip(region: &Region, index: u64) -> String {
    let host = block(region) << 13 | (index + 1) & 0x1fff;
    format!("198.{}.{}.{}", 18 + (host >> 16), host >> 8 & 0xff, host & 0xff)
}

/// 2001:db8::/32 is set aside for documentation (RFC 3849).
fn ipv6(account: &str, region: &Region, index: u64) -> String {
    let (net, host) = (hash(account) as u16, index + 1);
    Ipv6Addr::new(0x2001, 0xdb8, net, block(region) as u16, 0, 0, (host >> 16) as u16, host as u16)
        .to_string()
}

/// Tags of a thing of this stage and use, as its owners set them: with care, in part or not at all.
pub(super) fn tags(random: &mut Random, stage: &'static str, role: &'static str) -> Option<Vec<Tag>> {
    match random.below(100) {
        0..6 => return Some(Vec::new()),
        6..10 => return None,
        _ => (),
    }
    let mut tags = vec![Tag { key: "env", value: Some(stage) }, Tag { key: "app", value: Some(role) }];
    let mut add = |chance, key, value| {
        if random.percent(chance) {
            tags.push(Tag { key, value });
        }
    };
    add(50, "team", Some("platform"));
    add(20, "owner", Some("Zoë Ångström"));
    add(8, "site", Some("東京 🗼"));
    add(10, "protected", None);
    add(4, "ticket", Some(""));
    add(4, "note", Some("say \"moved\", then\ndelete; it's C:\\old"));
    Some(tags)
}

fn add_ons(random: &mut Random, platform: Platform) -> Option<Vec<AddOn>> {
    let idle = (platform == Platform::Research).then(|| AddOn::StopOnIdle {
        threshold: random.pick(&[5, 10, 20]),
        minutes: random.pick(&[15, 30, 60]),
    });
    match random.below(100) {
        0..45 => {
            let hour = random.below(24);
            Some([AddOn::Snapshots { hour, next_hour: hour }].into_iter().chain(idle).collect())
        }
        // The hour was changed after today's snapshot.
        45..48 => Some(vec![AddOn::Snapshots { hour: random.below(24), next_hour: 6 }]),
        48..54 => Some(vec![AddOn::NoSnapshots]),
        54..75 => Some(idle.into_iter().collect()),
        _ => idle.map(|idle| vec![idle]),
    }
}

fn metadata(random: &mut Random) -> Metadata {
    Metadata {
        state: if random.percent(97) { "applied" } else { "pending" },
        tokens: if random.percent(60) { "required" } else { "optional" },
        endpoint: if random.percent(95) { "enabled" } else { "disabled" },
        hop_limit: random.pick(&[1, 1, 1, 2]),
        ipv6: if random.percent(90) { "disabled" } else { "enabled" },
    }
}

fn disks(
    random: &mut Random,
    place: &Place<'_>,
    instance: &str,
    since: u64,
    platform: Platform,
) -> Vec<Disk> {
    const PATHS: [&str; 3] = ["/dev/xvdf", "/dev/xvdg", "/dev/xvdh"];
    let count = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3][random.below(12) as usize];
    let disk = |(number, path)| {
        let size = random.pick(&[8, 32, 64, 128, 256, 512]);
        Disk {
            name: format!("{instance}-data-{number}"),
            id: random.uuid(),
            support_code: support_code(place.account, "vol", random),
            created: before(random, place.today(), place.today() - since),
            tags: match random.below(10) {
                0..4 => Some(vec![Tag { key: "use", value: Some("data") }]),
                4 => Some(vec![Tag { key: "test", value: None }]),
                5..9 => Some(Vec::new()),
                _ => None,
            },
            add_ons: match random.below(10) {
                0..3 => Some(vec![AddOn::Snapshots { hour: 6, next_hour: 6 }]),
                3..5 => Some(Vec::new()),
                _ => None,
            },
            size,
            path,
            // "quarantined" is no state that today's SDKs know: tomorrow's API will have such.
            state: if random.percent(96) { "in-use" } else { "quarantined" },
            gb_in_use: random.percent(30).then(|| random.below(u64::from(size)) as u32),
            auto_mount: (platform == Platform::Research)
                .then(|| random.pick(&["Mounted", "Mounted", "Failed"])),
        }
    };
    (1..=count).zip(PATHS).map(disk).collect()
}
