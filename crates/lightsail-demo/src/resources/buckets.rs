//! Buckets, who may read them, and the keys to them.

use crate::call::{Answer, Call, Operation};
use crate::counts::INSTANCES_PER_BUCKET;
use crate::error::Error;
use crate::fleet::{DAY, before};
use crate::input::{flag, text};
use crate::json::Json;
use crate::names::{hex, usage};
use crate::page::{self, Page, numbered};
use crate::place::{Place, named};
use crate::random::Random;
use crate::rates::BUCKET_BUNDLES;
use crate::resource::Head;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetBuckets",
        members: &[
            text("bucketName"),
            text("pageToken"),
            flag("includeConnectedResources"),
            flag("includeCors"),
        ],
        answer: get_buckets,
    },
    Operation {
        name: "GetBucketAccessKeys",
        members: &[text("bucketName").required()],
        answer: |call| {
            let (number, _) = bucket_named(&call.place, call.required("bucketName"))?;
            page::whole("accessKeys", access_keys(&call.place, number), |json, key| key.write(json))
        },
    },
];

fn get_buckets(call: &Call<'_>) -> Answer {
    let place = call.place;
    let (connected, cors) = (call.flag("includeConnectedResources"), call.flag("includeCors"));
    let numbers = match call.text("bucketName") {
        Some(name) => bucket_named(&place, name).map(|(number, _)| number..number + 1)?,
        None if cors => {
            return Err(Error::invalid_input(
                "CORS configuration can be included for a single bucket only.",
                "Give bucketName with includeCors.",
            ));
        }
        None => 0..place.buckets(),
    };
    let page = Page::of(call, |start| {
        numbered(start.max(numbers.start), numbers.end, |number| bucket(&place, number))
    })?;
    Ok(Json::object(|json| {
        page.write(json, "buckets", |json, bucket| bucket.write(json, &place, connected, cors));
        json.nested("accountLevelBpaSync", |json| account_level_sync(json, &place));
    }))
}

/// Whether Lightsail has heard of the account's block on public access to S3.
fn account_level_sync(json: &mut Json, place: &Place<'_>) {
    if place.number % 3 == 2 {
        json.text("status", "Defaulted");
        json.text("message", "DEFAULTED_FOR_SLR_MISSING");
        json.plain("bpaImpactsLightsail", true);
    } else {
        json.text("status", "InSync");
        json.time("lastSyncedAt", place.today() - 3_600_000);
        json.plain("bpaImpactsLightsail", false);
    }
}

/// A bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) head: Head,
    /// Where in [`BUCKET_BUNDLES`] its bundle is.
    pub(super) bundle: usize,
    public: bool,
    overrides: bool,
    versioning: &'static str,
    able_to_update_bundle: bool,
    readers: Option<Vec<&'static str>>,
    /// Instances that have access.
    connected: Vec<String>,
    state: (&'static str, Option<&'static str>),
    /// The bucket that takes the access log.
    log: Option<String>,
    /// How many CORS rules there are; `None` where there never were any.
    cors: Option<usize>,
}

fn name(place: &Place<'_>, number: u64) -> String {
    let unique = hex(&mut place.random("Bucket name", number), 6);
    format!("{}-{unique}-{:02}", usage(number), number + 1)
}

/// The bucket of this name and its number.
pub(super) fn bucket_named(place: &Place<'_>, name: &str) -> Result<(u64, Bucket), Error> {
    let found = named(name, place.buckets(), |number| bucket(place, number), |one| &one.head.name);
    found.ok_or_else(|| Error::not_found("Bucket", name))
}

pub(super) fn bucket(place: &Place<'_>, number: u64) -> Bucket {
    let mut random = place.random("Bucket", number);
    let head = Head::draw(place, "Bucket", name(place, number), usage(number), &mut random);
    let stretch = number * INSTANCES_PER_BUCKET..(number + 1) * INSTANCES_PER_BUCKET;
    let access = random.below(4);
    Bucket {
        head,
        bundle: random.below(3) as usize,
        public: random.percent(15),
        overrides: random.percent(20),
        versioning: random.pick(&["Enabled", "NeverEnabled", "NeverEnabled", "Suspended"]),
        able_to_update_bundle: random.percent(85),
        readers: match random.below(6) {
            0 => Some(vec!["111122223333"]),
            1 => Some(vec!["111122223333", "444455556666"]),
            2 => None,
            _ => Some(Vec::new()),
        },
        connected: stretch.take(access as usize).map(|index| place.instance(index).name).collect(),
        state: match number % 16 {
            13 => ("Unknown", Some("The state of the bucket could not be read.")),
            _ => ("OK", None),
        },
        log: (number % 4 == 1).then(|| name(place, number - 1)),
        cors: match random.below(4) {
            0 => None,
            rules => Some(rules as usize - 1),
        },
    }
}

impl Bucket {
    /// The bucket's name in DNS.
    pub(super) fn host(&self, place: &Place<'_>) -> String {
        format!("{}.s3.{}.amazonaws.com", self.head.name, place.region().name)
    }

    fn write(&self, json: &mut Json, place: &Place<'_>, connected: bool, cors: bool) {
        json.nested("accessRules", |json| {
            json.text("getObject", if self.public { "public" } else { "private" });
            json.plain("allowPublicOverrides", self.overrides);
        });
        json.text("bundleId", BUCKET_BUNDLES[self.bundle].id);
        json.text("url", &format!("https://{}/", self.host(place)));
        self.head.write(json, place);
        json.text("objectVersioning", self.versioning);
        json.plain("ableToUpdateBundle", self.able_to_update_bundle);
        if let Some(readers) = &self.readers {
            json.texts("readonlyAccessAccounts", readers);
        }
        if connected {
            json.array("resourcesReceivingAccess", |json| {
                for name in &self.connected {
                    json.element(|json| {
                        json.text("name", name);
                        json.text("resourceType", "Instance");
                    });
                }
            });
        }
        json.nested("state", |json| {
            json.text("code", self.state.0);
            json.some_text("message", self.state.1);
        });
        json.nested("accessLogConfig", |json| {
            json.plain("enabled", self.log.is_some());
            json.some_text("destination", self.log.as_deref());
            json.some_text("prefix", self.log.as_ref().map(|_| "access-logs/"));
        });
        if let Some(rules) = self.cors.filter(|_| cors) {
            json.nested("cors", |json| {
                json.array("rules", |json| {
                    for rule in CORS.iter().take(rules) {
                        json.element(|json| rule.write(json));
                    }
                });
            });
        }
    }
}

/// A rule of cross-origin resource sharing.
struct CorsRule {
    id: Option<&'static str>,
    methods: &'static [&'static str],
    origins: &'static [&'static str],
    headers: Option<&'static [&'static str]>,
    expose: Option<&'static [&'static str]>,
    max_age: Option<u32>,
}

static CORS: [CorsRule; 2] = [
    CorsRule {
        id: Some("site"),
        methods: &["GET", "HEAD"],
        origins: &["https://www.shop-1.example", "https://www.blog-2.example"],
        headers: Some(&["*"]),
        expose: Some(&["ETag"]),
        max_age: Some(3600),
    },
    CorsRule {
        id: None,
        methods: &["PUT", "POST"],
        origins: &["*"],
        headers: None,
        expose: None,
        max_age: None,
    },
];

impl CorsRule {
    fn write(&self, json: &mut Json) {
        json.some_text("id", self.id);
        json.texts("allowedMethods", self.methods);
        json.texts("allowedOrigins", self.origins);
        for (key, list) in [("allowedHeaders", self.headers), ("exposeHeaders", self.expose)] {
            if let Some(list) = list {
                json.texts(key, list);
            }
        }
        if let Some(seconds) = self.max_age {
            json.plain("maxAgeSeconds", seconds);
        }
    }
}

/// An access key as it is told of later: its secret is shown once, when the key is made.
struct AccessKey {
    id: String,
    active: bool,
    created: u64,
    last_used: Option<u64>,
    region: &'static str,
}

fn access_keys(place: &Place<'_>, bucket: u64) -> impl Iterator<Item = AccessKey> {
    let region = place.region().name;
    let mut random = place.random("AccessKey", bucket);
    let keys: Vec<AccessKey> = (0..random.below(3))
        .map(|_| {
            let created = before(&mut random, place.today(), 700 * DAY);
            AccessKey {
                id: access_key_id(&mut random),
                active: random.percent(80),
                created,
                last_used: random
                    .percent(70)
                    .then(|| before(&mut random, place.today(), place.today() - created)),
                region,
            }
        })
        .collect();
    keys.into_iter()
}

fn access_key_id(random: &mut Random) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let tail: String = (0..16).map(|_| char::from(random.pick(LETTERS))).collect();
    format!("AKIA{tail}")
}

impl AccessKey {
    fn write(&self, json: &mut Json) {
        json.text("accessKeyId", &self.id);
        json.text("status", if self.active { "Active" } else { "Inactive" });
        json.time("createdAt", self.created);
        json.nested("lastUsed", |json| {
            json.some_time("lastUsedDate", self.last_used);
            // What a key says that was never used.
            json.text("region", if self.last_used.is_some() { self.region } else { "N/A" });
            json.text("serviceName", if self.last_used.is_some() { "s3" } else { "N/A" });
        });
    }
}
