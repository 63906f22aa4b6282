//! Deployments of container services, with their containers, and the images that these run.

use crate::fleet::{DAY, before};
use crate::json::Json;
use crate::names::hex;
use crate::place::Place;
use crate::random::hash;

/// A version of a container service.
#[derive(Debug)]
pub(super) struct Deployment {
    version: u64,
    /// As on the wire, such as `ACTIVE`.
    pub(super) state: &'static str,
    pub(super) created: u64,
    pub(super) containers: Vec<Container>,
    /// Whether the containers can be reached from outside.
    public: bool,
}

/// A container of a deployment.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) name: &'static str,
    image: String,
    command: Option<&'static [&'static str]>,
    environment: Option<&'static [(&'static str, &'static str)]>,
    ports: Option<&'static [(&'static str, &'static str)]>,
}

/// How many versions of a service there have been.
fn versions(place: &Place<'_>, service: &str) -> u64 {
    3 + place.random("Deployment count", hash(service)).below(6)
}

/// When version `version` of a service was made.
fn created(place: &Place<'_>, service: &str, version: u64, newest: u64) -> u64 {
    let mut random = place.random("Deployment", hash(service) ^ version);
    before(&mut random, place.today() - (newest - version) * 14 * DAY, 13 * DAY)
}

/// All deployments of a service, from the newest one.
pub(super) fn of(place: &Place<'_>, service: &str, deploying: bool) -> Vec<Deployment> {
    let newest = versions(place, service);
    let active = if deploying { newest - 1 } else { newest };
    let deployment = |version| Deployment {
        version,
        state: match version {
            _ if version > active => "ACTIVATING",
            _ if version == active => "ACTIVE",
            _ if version % 4 == 1 => "FAILED",
            _ => "INACTIVE",
        },
        created: created(place, service, version, newest),
        containers: containers(service, version),
        // The first one was a trial within.
        public: version > 1,
    };
    (1..=newest).rev().map(deployment).collect()
}

fn containers(service: &str, version: u64) -> Vec<Container> {
    let web = Container {
        name: "web",
        image: format!(":{service}.web.{version}"),
        command: None,
        environment: Some(&[("LOG_LEVEL", "info"), ("UPSTREAM", "localhost:9000")]),
        ports: Some(&[("80", "HTTP"), ("9090", "TCP")]),
    };
    let worker = Container {
        name: "worker",
        image: format!(":{service}.worker.{}", version.div_ceil(2)),
        command: Some(&["bin/worker", "--queue", "default"]),
        environment: Some(&[]),
        ports: None,
    };
    let cache = Container {
        name: "cache",
        image: "public.ecr.aws/docker/library/redis:7".to_owned(),
        command: Some(&[]),
        environment: None,
        ports: Some(&[("6379", "TCP")]),
    };
    match version % 3 {
        0 => vec![web],
        1 => vec![web, worker],
        _ => vec![web, worker, cache],
    }
}

impl Deployment {
    pub(super) fn write(&self, json: &mut Json) {
        json.plain("version", self.version);
        json.text("state", self.state);
        json.nested("containers", |json| {
            for container in &self.containers {
                json.nested(container.name, |json| container.write(json));
            }
        });
        if self.public {
            json.nested("publicEndpoint", |json| {
                json.text("containerName", "web");
                json.plain("containerPort", 80);
                json.nested("healthCheck", |json| {
                    json.plain("healthyThreshold", 2);
                    json.plain("unhealthyThreshold", 2);
                    json.plain("timeoutSeconds", 2);
                    json.plain("intervalSeconds", 5);
                    json.text("path", "/health");
                    json.text("successCodes", "200-399");
                });
            });
        }
        json.time("createdAt", self.created);
    }
}

impl Container {
    fn write(&self, json: &mut Json) {
        json.text("image", &self.image);
        if let Some(command) = self.command {
            json.texts("command", command);
        }
        for (key, map) in [("environment", self.environment), ("ports", self.ports)] {
            if let Some(map) = map {
                json.nested(key, |json| map.iter().for_each(|(key, value)| json.text(key, value)));
            }
        }
    }
}

/// An image that was pushed to a service.
pub(super) struct Image {
    name: String,
    digest: String,
    created: u64,
}

/// The images of a service, from the newest one: every one that a deployment runs, and the first worker's.
pub(super) fn images(place: &Place<'_>, service: &str) -> Vec<Image> {
    let newest = versions(place, service);
    let web = (1..=newest).map(|version| ("web", version, version));
    let workers = (1..=newest.div_ceil(2)).map(|number| ("worker", number, (number * 2 - 1).min(newest)));
    let image = |(label, number, version)| Image {
        name: format!(":{service}.{label}.{number}"),
        digest: format!("sha256:{}", hex(&mut place.random(label, hash(service) ^ number), 64)),
        created: created(place, service, version, newest) - 600_000,
    };
    let mut images: Vec<Image> = web.chain(workers).map(image).collect();
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
    images
}

impl Image {
    pub(super) fn write(&self, json: &mut Json) {
        json.text("image", &self.name);
        json.text("digest", &self.digest);
        json.time("createdAt", self.created);
    }
}
