//! What resources have in common: the members that nearly all begin with, and the parts that many have.

use super::fleet::{AddOn, DAY, Tag, before, support_code, tags as draw_tags};
use super::json::Json;
use super::place::Place;
use super::random::Random;

/// The zone of what belongs to a region as a whole.
pub(super) const ALL_ZONES: &str = "all";
/// What a fleet of things is for: heads of names, and the value of the tag `app`.
pub(super) const USES: [&str; 8] = ["shop", "blog", "media", "search", "billing", "docs", "status", "mail"];
/// The stages of a thing's life; more than half is production.
const STAGES: [&str; 5] = ["prod", "prod", "prod", "staging", "dev"];

/// The members that nearly every resource begins with.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) name: String,
    /// The resource type.
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) support_code: String,
    /// Milliseconds since 1970.
    pub(super) created: u64,
    pub(super) zone: String,
    pub(super) tags: Option<Vec<Tag>>,
}

impl Head {
    /// A resource of this name and use that belongs to the region as a whole and was created in the last three years.
    pub(super) fn draw(
        place: &Place<'_>,
        kind: &'static str,
        name: String,
        usage: &'static str,
        random: &mut Random,
    ) -> Self {
        Self {
            name,
            kind,
            id: random.uuid(),
            support_code: support_code(place.account, "r", random),
            created: before(random, place.today(), 1100 * DAY),
            zone: ALL_ZONES.to_owned(),
            tags: {
                let stage = random.pick(&STAGES);
                draw_tags(random, stage, usage)
            },
        }
    }

    pub(super) fn arn(&self, place: &Place<'_>) -> String {
        arn(place, self.kind, &self.id)
    }

    /// Name, arn, support code, time of creation, location, type, tags.
    pub(super) fn write(&self, json: &mut Json, place: &Place<'_>) {
        json.text("name", &self.name);
        json.text("arn", &self.arn(place));
        json.text("supportCode", &self.support_code);
        json.time("createdAt", self.created);
        location(json, place, self.kind, &self.zone);
        json.text("resourceType", self.kind);
        tags(json, self.tags.as_deref());
    }
}

/// The name of the region that a resource of this kind gives as its own: domains and distributions belong to none.
fn region(place: &Place<'_>, kind: &str) -> &'static str {
    if matches!(kind, "Domain" | "Distribution") { "global" } else { place.region().name }
}

pub(super) fn arn(place: &Place<'_>, kind: &str, id: &str) -> String {
    // The one kind that does not stand in the arn as it is.
    let word = if kind == "ContainerService" { "container-service" } else { kind };
    format!("arn:aws:lightsail:{}:{}:{word}/{id}", region(place, kind), place.account)
}

pub(super) fn location(json: &mut Json, place: &Place<'_>, kind: &str, zone: &str) {
    json.nested("location", |json| {
        json.text("availabilityZone", zone);
        json.text("regionName", region(place, kind));
    });
}

pub(super) fn tags(json: &mut Json, tags: Option<&[Tag]>) {
    let Some(tags) = tags else { return };
    json.array("tags", |json| {
        for tag in tags {
            json.element(|json| {
                json.text("key", tag.key);
                json.some_text("value", tag.value);
            });
        }
    });
}

pub(super) fn add_ons(json: &mut Json, add_ons: Option<&[AddOn]>) {
    let Some(add_ons) = add_ons else { return };
    json.array("addOns", |json| {
        for add_on in add_ons {
            json.element(|json| match add_on {
                AddOn::Snapshots { hour, next_hour } => {
                    json.text("name", "AutoSnapshot");
                    json.text("status", "Enabled");
                    json.text("snapshotTimeOfDay", &format!("{hour:02}:00"));
                    json.text("nextSnapshotTimeOfDay", &format!("{next_hour:02}:00"));
                }
                AddOn::NoSnapshots => {
                    json.text("name", "AutoSnapshot");
                    json.text("status", "Disabled");
                }
                AddOn::StopOnIdle { threshold, minutes } => {
                    json.text("name", "StopInstanceOnIdle");
                    json.text("status", "Enabled");
                    json.text("threshold", &threshold.to_string());
                    json.text("duration", &minutes.to_string());
                }
            });
        }
    });
}

/// The day of a time, as in 2025-12-31.
pub(super) fn date(ms: u64) -> String {
    chrono::DateTime::from_timestamp_millis(ms as i64).unwrap_or_default().format("%F").to_string()
}
