//! Container services, their deployments and their images.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::DAY;
use crate::input::text;
use crate::json::Json;
use crate::names::{hex, usage};
use crate::page::{self, numbered};
use crate::place::{Place, named};
use crate::rates::{POWERS, Power};
use crate::resource::{Head, location, tags};

use super::certificates::{certificate, service_certificate};
use super::deployments::{self, Deployment};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetContainerServices",
        members: &[text("serviceName")],
        answer: |call| {
            let place = call.place;
            let numbers = match call.text("serviceName") {
                None => 0..place.container_services(),
                Some(name) => service_named(&place, name).map(|(number, _)| number..number + 1)?,
            };
            let services = numbered(numbers.start, numbers.end, |number| service(&place, number));
            page::whole("containerServices", services, |json, (_, one)| one.write(json, &place))
        },
    },
    Operation {
        name: "GetContainerServiceDeployments",
        members: &[text("serviceName").required()],
        answer: |call| {
            let (_, one) = service_named(&call.place, call.required("serviceName"))?;
            page::whole("deployments", &one.deployments, |json, deployment| deployment.write(json))
        },
    },
    Operation {
        name: "GetContainerImages",
        members: &[text("serviceName").required()],
        answer: |call| {
            let (_, one) = service_named(&call.place, call.required("serviceName"))?;
            page::whole("containerImages", deployments::images(&call.place, &one.head.name), |json, image| {
                image.write(json);
            })
        },
    },
];

/// What a container service is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// A new version is on its way.
    Deploying,
    Disabled,
    /// Nothing was ever deployed.
    Ready,
}

/// A container service.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) head: Head,
    pub(super) power: &'static Power,
    pub(super) scale: u32,
    stage: Stage,
    /// From the newest one.
    pub(super) deployments: Vec<Deployment>,
    /// The certificate's name, and the domains that it is used for.
    public_domains: Option<(String, Vec<String>)>,
    host: String,
    puller: bool,
}

/// The container service of this name and its number.
pub(super) fn service_named(place: &Place<'_>, name: &str) -> Result<(u64, Service), Error> {
    let count = place.container_services();
    let found = named(name, count, |number| service(place, number), |one| &one.head.name);
    found.ok_or_else(|| Error::not_found("ContainerService", name))
}

pub(super) fn service(place: &Place<'_>, number: u64) -> Service {
    let mut random = place.random("ContainerService", number);
    let name = format!("{}-svc-{}", usage(number + 1), number + 1);
    let head = Head::draw(place, "ContainerService", name, usage(number + 1), &mut random);
    // Older than any of its deployments.
    let head = Head { created: head.created - 150 * DAY, ..head };
    let stages = [Stage::Running, Stage::Deploying, Stage::Disabled, Stage::Ready];
    let stage = stages[(place.number as u64 + number) as usize % stages.len()];
    let certificate = certificate(place, service_certificate(place, number));
    Service {
        power: &POWERS[random.below(4) as usize],
        scale: random.pick(&[1, 1, 2, 3]),
        deployments: match stage {
            Stage::Ready => Vec::new(),
            _ => deployments::of(place, &head.name, stage == Stage::Deploying),
        },
        public_domains: (stage != Stage::Ready).then_some((certificate.head.name, certificate.names)),
        host: format!(
            "{}.{}.{}.cs.amazonlightsail.com",
            head.name,
            hex(&mut random, 13),
            place.region().name
        ),
        puller: random.percent(50),
        stage,
        head,
    }
}

impl Service {
    /// Where its public endpoint is found, without the protocol.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    fn state(&self) -> &'static str {
        match self.stage {
            Stage::Running => "RUNNING",
            Stage::Deploying => "DEPLOYING",
            Stage::Disabled => "DISABLED",
            Stage::Ready => "READY",
        }
    }

    fn write(&self, json: &mut Json, place: &Place<'_>) {
        json.text("containerServiceName", &self.head.name);
        json.text("arn", &self.head.arn(place));
        json.time("createdAt", self.head.created);
        location(json, place, self.head.kind, &self.head.zone);
        json.text("resourceType", self.head.kind);
        tags(json, self.head.tags.as_deref());
        json.text("power", self.power.name);
        json.text("powerId", self.power.id);
        json.text("state", self.state());
        if self.stage == Stage::Deploying {
            json.nested("stateDetail", |json| {
                json.text("code", "EVALUATING_HEALTH_CHECK");
                json.text("message", "The health check of the new deployment is under way.");
            });
        }
        json.plain("scale", self.scale);
        for (key, state) in [("currentDeployment", "ACTIVE"), ("nextDeployment", "ACTIVATING")] {
            if let Some(deployment) = self.deployments.iter().find(|one| one.state == state) {
                json.nested(key, |json| deployment.write(json));
            }
        }
        json.plain("isDisabled", self.stage == Stage::Disabled);
        let principal = |role: &str| format!("arn:aws:iam::{}:role/amazon/lightsail/{role}", place.account);
        json.text(
            "principalArn",
            &principal(&format!("{}/containers/{}", place.region().name, self.head.name)),
        );
        json.text("privateDomainName", &format!("{}.service.local", self.head.name));
        if let Some((certificate, domains)) = &self.public_domains {
            json.nested("publicDomainNames", |json| json.texts(certificate, domains));
        }
        json.text("url", &format!("https://{}/", self.host));
        json.nested("privateRegistryAccess", |json| {
            json.nested("ecrImagePullerRole", |json| {
                json.plain("isActive", self.puller);
                json.text(
                    "principalArn",
                    &if self.puller { principal("ecr-image-puller") } else { String::new() },
                );
            });
        });
    }

    /// The containers of any deployment, which may have written to a log.
    pub(super) fn has_container(&self, name: &str) -> bool {
        self.deployments.iter().any(|deployment| deployment.containers.iter().any(|one| one.name == name))
    }
}
