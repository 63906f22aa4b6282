//! Which ports an instance has open, and to whom.

use super::random::Random;

/// Something that listens, and whether the fleet's owners mean the world to reach it.
#[derive(Clone, Copy)]
pub(super) struct Service {
    name: &'static str,
    protocol: &'static str,
    port: i32,
    audience: Audience,
}

#[derive(Clone, Copy)]
enum Audience {
    /// Everybody, and rightly so.
    World,
    /// Whoever runs the machine; some are careless.
    Operators,
    /// The fleet's other machines; some are careless.
    Fleet,
}

const fn service(name: &'static str, protocol: &'static str, port: i32, audience: Audience) -> Service {
    Service { name, protocol, port, audience }
}

pub(super) const SSH: Service = service("SSH", "tcp", 22, Audience::Operators);
pub(super) const RDP: Service = service("RDP", "tcp", 3389, Audience::Operators);
pub(super) const HTTP: Service = service("HTTP", "tcp", 80, Audience::World);
pub(super) const HTTPS: Service = service("HTTPS", "tcp", 443, Audience::World);
pub(super) const APP: Service = service("", "tcp", 8080, Audience::Fleet);
pub(super) const MYSQL: Service = service("", "tcp", 3306, Audience::Fleet);
pub(super) const POSTGRES: Service = service("", "tcp", 5432, Audience::Fleet);
pub(super) const REDIS: Service = service("", "tcp", 6379, Audience::Fleet);
pub(super) const WIREGUARD: Service = service("", "udp", 51820, Audience::World);

type Texts = &'static [&'static str];

/// An open port, or range of ports.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) protocol: &'static str,
    pub(super) common_name: &'static str,
    pub(super) access: Access,
}

/// Who may come in. The three lists are either all there or, as in AWS's own sample, all absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    /// The text for people.
    pub(super) text: &'static str,
    /// IPv4 networks, IPv6 networks, aliases.
    pub(super) lists: Option<[Texts; 3]>,
}

const fn access(text: &'static str, cidrs: Texts, ipv6_cidrs: Texts, aliases: Texts) -> Access {
    Access { text, lists: Some([cidrs, ipv6_cidrs, aliases]) }
}

const ANYWHERE: Access = access("Anywhere (0.0.0.0/0 and ::/0)", &["0.0.0.0/0"], &["::/0"], &[]);
const ANYWHERE_IPV4: Access = access("Anywhere (0.0.0.0/0)", &["0.0.0.0/0"], &[], &[]);
const ANYWHERE_IPV6: Access = access("Anywhere (::/0)", &[], &["::/0"], &[]);
const UNLISTED: Access = Access { text: "Anywhere (0.0.0.0/0)", lists: None };
const OFFICE: Access = access("Custom", &["203.0.113.0/24"], &[], &[]);
const OFFICES: Access = access("Custom", &["203.0.113.0/24", "198.51.100.7/32"], &["2001:db8:ff::/48"], &[]);
const OFFICE_AND_BROWSER: Access = access("Custom", &["203.0.113.0/24"], &[], &["lightsail-connect"]);
const BROWSER: Access = access("Custom", &[], &[], &["lightsail-connect"]);
/// Closed with care in IPv4, and forgotten in IPv6.
const HALF_OPEN: Access = access("Custom", &["203.0.113.0/24"], &["::/0"], &[]);
const FLEET: Access = access("Custom", &["172.26.0.0/16"], &[], &[]);
const FLEET_IPV6: Access = access("Custom", &[], &["2001:db8::/32"], &[]);

/// The ports of an instance that runs these services; `None` where the response says nothing of ports.
pub(super) fn of(random: &mut Random, services: &[Service], address_type: &str) -> Option<Vec<Port>> {
    match random.below(100) {
        0 => return None,
        1..3 => return Some(Vec::new()),
        _ => (),
    }
    let (world, ipv6) = match address_type {
        "ipv4" => (ANYWHERE_IPV4, false),
        "ipv6" => (ANYWHERE_IPV6, true),
        _ => (ANYWHERE, true),
    };
    let mut ports: Vec<Port> = services
        .iter()
        .map(|service| Port {
            from: service.port,
            to: service.port,
            protocol: service.protocol,
            common_name: service.name,
            access: match service.audience {
                Audience::World => world,
                _ if random.percent(18) => world,
                Audience::Operators => operators(random, ipv6, service.port == SSH.port),
                Audience::Fleet if address_type == "ipv6" => FLEET_IPV6,
                Audience::Fleet => FLEET,
            },
        })
        .collect();
    let mut add = |chance, from, to, protocol, access| {
        if random.percent(chance) {
            ports.push(Port { from, to, protocol, common_name: "", access });
        }
    };
    // Lightsail's firewall has the ICMP type in fromPort and the code in toPort; -1 is any.
    add(25, 8, -1, "icmp", world);
    add(6, -1, -1, "icmp", OFFICE);
    add(if ipv6 { 15 } else { 0 }, -1, -1, "icmpv6", ANYWHERE_IPV6);
    add(3, 0, 65535, "all", OFFICES);
    add(2, 0, 65535, "all", world);
    add(4, 8000, 8100, "tcp", world);
    add(3, 60000, 61000, "udp", UNLISTED);
    Some(ports)
}

fn operators(random: &mut Random, ipv6: bool, ssh: bool) -> Access {
    match random.below(10) {
        0..4 if ssh => OFFICE_AND_BROWSER,
        4..6 if ssh => BROWSER,
        6 if ipv6 => HALF_OPEN,
        7 => OFFICES,
        _ => OFFICE,
    }
}
