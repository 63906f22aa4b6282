//! What became of attempts to set up HTTPS on instances.

use crate::call::Operation;
use crate::error::Error;
use crate::fleet::{Instance, before};
use crate::input::text;
use crate::json::Json;
use crate::names::domain_of;
use crate::page::{self, numbered};
use crate::place::Place;
use crate::resource::{arn, location};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetSetupHistory",
    members: &[text("resourceName").required(), text("pageToken")],
    answer: |call| {
        let name = call.required("resourceName");
        let found = call.place.instance_named(name);
        let (index, instance) = found.ok_or_else(|| Error::not_found("Instance", name))?;
        let place = call.place;
        page::list(
            call,
            "setupHistory",
            |start| numbered(start, attempts(&instance), |number| setup(&place, index, &instance, number)),
            |json, setup| setup.write(json, &place, &instance),
        )
    },
}];

/// The last attempts first; Lightsail sets up these blueprints alone, and only with a static IP.
fn attempts(instance: &Instance) -> u64 {
    let able =
        matches!(instance.blueprint.id, "wordpress" | "nginx" | "lamp_8_bitnami" | "nodejs" | "gitlab");
    if able && instance.is_static_ip { 1 + instance.created % 3 } else { 0 }
}

/// An attempt to set up HTTPS.
struct Setup {
    id: String,
    status: &'static str,
    time: u64,
    domains: Vec<String>,
}

fn setup(place: &Place<'_>, index: u64, instance: &Instance, number: u64) -> Setup {
    let mut random = place.random("SetupHistory", index * 4 + number);
    let domain = domain_of(place, index);
    Setup {
        id: random.uuid(),
        // The attempts before the last one failed: else there would have been no other.
        status: match number {
            0 => random.pick(&["succeeded", "succeeded", "succeeded", "inProgress"]),
            _ => "failed",
        },
        time: before(&mut random, place.today() - number * (place.today() - instance.created) / 4, 3_600_000),
        domains: vec![format!("www.{domain}"), domain],
    }
}

impl Setup {
    fn write(&self, json: &mut Json, place: &Place<'_>, instance: &Instance) {
        json.text("operationId", &self.id);
        json.nested("request", |json| {
            json.text("instanceName", &instance.name);
            json.texts("domainNames", &self.domains);
            json.text("certificateProvider", "LetsEncrypt");
        });
        json.nested("resource", |json| {
            json.text("name", &instance.name);
            json.text("arn", &arn(place, "Instance", &instance.id));
            json.time("createdAt", instance.created);
            location(json, place, "Instance", &instance.zone);
            json.text("resourceType", "Instance");
        });
        json.array("executionDetails", |json| self.steps(json, place, instance));
        json.text("status", self.status);
    }

    /// All but the last step went well.
    fn steps(&self, json: &mut Json, place: &Place<'_>, instance: &Instance) {
        const STEPS: [(&str, &str); 3] = [
            ("sudo apt-get install -y certbot", "certbot is already the newest version (2.9.0)."),
            ("sudo certbot certonly --webroot", "Successfully received certificate."),
            ("sudo systemctl reload nginx", ""),
        ];
        let count = if self.status == "succeeded" { STEPS.len() } else { 2 };
        for (number, (command, output)) in STEPS.into_iter().enumerate().take(count) {
            let status = if number + 1 < count { "succeeded" } else { self.status };
            json.element(|json| {
                json.text("command", command);
                json.time("dateTime", (self.time + number as u64 * 20_000).min(place.today()));
                json.text("name", &instance.name);
                json.text("status", status);
                match status {
                    "failed" => json.text("standardError", "Some challenges have failed."),
                    "succeeded" => json.text("standardOutput", output),
                    // What is still at it has said nothing.
                    _ => return,
                }
                json.text("version", "1.0.0");
            });
        }
    }
}
