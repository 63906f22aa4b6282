//! Load balancers, and the TLS policies that they may have.

use crate::call::Operation;
use crate::counts::INSTANCES_PER_LOAD_BALANCER;
use crate::error::Error;
use crate::fleet::{DAY, Instance};
use crate::input::text;
use crate::json::Json;
use crate::names::{hex, usage};
use crate::page::{self, numbered};
use crate::place::{Place, named};
use crate::resource::Head;

use super::load_balancer_certificates::{self as certificates, TlsCertificate};

/// The most instances that one of this fleet's load balancers has.
const MOST_INSTANCES: usize = 6;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetLoadBalancers",
        members: &[text("pageToken")],
        answer: |call| {
            let place = call.place;
            page::list(
                call,
                "loadBalancers",
                |start| numbered(start, place.load_balancers(), move |number| load_balancer(&place, number)),
                |json, one| one.write(json, &place),
            )
        },
    },
    Operation {
        name: "GetLoadBalancer",
        members: &[text("loadBalancerName").required()],
        answer: |call| {
            let one = load_balancer_named(&call.place, call.required("loadBalancerName"))?;
            page::one("loadBalancer", one, |json, one| one.write(json, &call.place))
        },
    },
    Operation {
        name: "GetLoadBalancerTlsCertificates",
        members: &[text("loadBalancerName").required()],
        answer: |call| {
            let one = load_balancer_named(&call.place, call.required("loadBalancerName"))?;
            page::whole("tlsCertificates", &one.certificates, |json, certificate| {
                certificate.write(json, &call.place, &one.head.name);
            })
        },
    },
    Operation {
        name: "GetLoadBalancerTlsPolicies",
        members: &[text("pageToken")],
        answer: |call| {
            let policies = |start| (0..).zip(&POLICIES).skip(start as usize);
            page::list(call, "tlsPolicies", policies, |json, policy| {
                json.text("name", policy.name);
                json.plain("isDefault", policy.name == DEFAULT_POLICY);
                json.text("description", policy.description);
                json.texts("protocols", policy.protocols);
                json.texts("ciphers", policy.ciphers);
            })
        },
    },
];

/// A load balancer and what hangs on it.
#[derive(Debug)]
pub(super) struct LoadBalancer {
    pub(super) head: Head,
    pub(super) dns_name: String,
    https: bool,
    redirects: bool,
    stickiness: bool,
    health_check_path: &'static str,
    dual_stack: bool,
    policy: &'static str,
    instances: Vec<Target>,
    certificates: Vec<TlsCertificate>,
}

/// An instance behind a load balancer.
#[derive(Debug)]
struct Target {
    name: String,
    /// The state, and the reason for it where there is one to give.
    health: (&'static str, Option<&'static str>),
}

impl Target {
    fn of(instance: Instance) -> Self {
        let health = match (instance.state.1, instance.impaired.0, instance.created % 9) {
            ("running", Some(_), _) => ("unhealthy", Some("Instance.FailedHealthChecks")),
            ("running", None, 0) => ("unhealthy", Some("Instance.ResponseCodeMismatch")),
            ("running", None, _) => ("healthy", None),
            ("pending", ..) => ("initial", Some("Lb.InitialHealthChecking")),
            ("stopping", ..) => ("draining", Some("Instance.DeregistrationInProgress")),
            _ => ("unused", Some("Instance.InvalidState")),
        };
        Self { name: instance.name, health }
    }
}

pub(super) fn load_balancer_named(place: &Place<'_>, name: &str) -> Result<LoadBalancer, Error> {
    let found =
        named(name, place.load_balancers(), |number| load_balancer(place, number), |one| &one.head.name);
    found.map(|(_, one)| one).ok_or_else(|| Error::not_found("LoadBalancer", name))
}

pub(super) fn load_balancer(place: &Place<'_>, number: u64) -> LoadBalancer {
    let mut random = place.random("LoadBalancer", number);
    let name = format!("{}-lb-{}", usage(number), number + 1);
    let head = Head::draw(place, "LoadBalancer", name, usage(number), &mut random);
    // Older than any of its certificates.
    let head = Head { created: head.created - 800 * DAY, ..head };
    let stretch = number * INSTANCES_PER_LOAD_BALANCER..(number + 1) * INSTANCES_PER_LOAD_BALANCER;
    let web = |one: &Instance| ["web-", "shop-", "blog-"].iter().any(|role| one.name.starts_with(role));
    let instances: Vec<Target> =
        stretch.map(|index| place.instance(index)).filter(web).take(MOST_INSTANCES).map(Target::of).collect();
    // Every third still speaks plain HTTP only.
    let https = number % 3 != 2;
    LoadBalancer {
        dns_name: format!(
            "{}-{}.{}.elb.amazonaws.com",
            hex(&mut random, 32),
            100_000_000 + random.below(900_000_000),
            place.region().name
        ),
        https,
        redirects: https && random.percent(60),
        stickiness: random.percent(30),
        health_check_path: random.pick(&["/", "/health", "/status.php"]),
        dual_stack: random.percent(70),
        policy: if random.percent(60) { DEFAULT_POLICY } else { POLICIES[1].name },
        certificates: certificates::of(place, number, &head, https),
        instances,
        head,
    }
}

impl LoadBalancer {
    /// How many of its instances are well, and how many there are.
    pub(super) fn healthy(&self) -> (usize, usize) {
        let healthy = self.instances.iter().filter(|target| target.health.0 == "healthy").count();
        (healthy, self.instances.len())
    }

    fn state(&self) -> &'static str {
        match self.healthy() {
            (0, 1..) => "active_impaired",
            _ => "active",
        }
    }

    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.head.write(json, place);
        json.text("dnsName", &self.dns_name);
        json.text("state", self.state());
        json.text("protocol", if self.https { "HTTP_HTTPS" } else { "HTTP" });
        json.numbers("publicPorts", if self.https { &[80, 443] } else { &[80] });
        json.text("healthCheckPath", self.health_check_path);
        json.plain("instancePort", 80);
        json.array("instanceHealthSummary", |json| {
            for target in &self.instances {
                json.element(|json| {
                    json.text("instanceName", &target.name);
                    json.text("instanceHealth", target.health.0);
                    json.some_text("instanceHealthReason", target.health.1);
                });
            }
        });
        json.array("tlsCertificateSummaries", |json| {
            for certificate in &self.certificates {
                json.element(|json| {
                    json.text("name", certificate.name());
                    json.plain("isAttached", certificate.is_attached());
                });
            }
        });
        let policy = self.https.then_some(self.policy);
        json.nested("configurationOptions", |json| {
            json.text("HealthCheckPath", self.health_check_path);
            json.text("SessionStickinessEnabled", if self.stickiness { "true" } else { "false" });
            json.some_text("SessionStickiness_LB_CookieDurationSeconds", self.stickiness.then_some("86400"));
            json.text("HttpsRedirectionEnabled", if self.redirects { "true" } else { "false" });
            json.some_text("TlsPolicyName", policy);
        });
        json.text("ipAddressType", if self.dual_stack { "dualstack" } else { "ipv4" });
        json.plain("httpsRedirectionEnabled", self.redirects);
        json.some_text("tlsPolicyName", policy);
    }
}

/// A set of protocols and ciphers.
struct Policy {
    name: &'static str,
    description: &'static str,
    protocols: &'static [&'static str],
    ciphers: &'static [&'static str],
}

const DEFAULT_POLICY: &str = "TLS-2016-08";

static POLICIES: [Policy; 2] = [
    Policy {
        name: DEFAULT_POLICY,
        description: "Default TLS policy: TLS 1.0 and later.",
        protocols: &["TLSv1", "TLSv1.1", "TLSv1.2"],
        ciphers: &[
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES128-SHA",
            "AES128-GCM-SHA256",
            "AES128-SHA",
            "AES256-SHA",
        ],
    },
    Policy {
        name: "TLS-FS-1-2-Res-2019-08",
        description: "TLS policy with forward secrecy: TLS 1.2 only.",
        protocols: &["TLSv1.2"],
        ciphers: &[
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES256-GCM-SHA384",
        ],
    },
];
