//! Key pairs: those that instances were created with, and one that none uses.

use crate::call::Operation;
use crate::error::Error;
use crate::input::{flag, text};
use crate::json::Json;
use crate::page;
use crate::place::Place;
use crate::random::Random;
use crate::resource::Head;

/// The region's own key pair, which GetKeyPairs tells of only when asked to.
const DEFAULT: &str = "LightsailDefaultKeyPair";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetKeyPairs",
        members: &[text("pageToken"), flag("includeDefaultKeyPair")],
        answer: |call| {
            let with_default = call.flag("includeDefaultKeyPair");
            page::list(
                call,
                "keyPairs",
                |start| {
                    let pairs = (0..).zip(key_pairs(call.place));
                    let wanted = pairs.filter(move |(_, pair)| with_default || pair.head.name != DEFAULT);
                    wanted.skip_while(move |(position, _)| *position < start)
                },
                |json, pair| pair.write(json, &call.place),
            )
        },
    },
    Operation {
        name: "GetKeyPair",
        members: &[text("keyPairName").required()],
        answer: |call| {
            let name = call.required("keyPairName");
            let pair = key_pairs(call.place).find(|pair| pair.head.name == name);
            page::one("keyPair", pair.ok_or_else(|| Error::not_found("KeyPair", name))?, |json, pair| {
                pair.write(json, &call.place);
            })
        },
    },
];

/// The public half of a key; Lightsail keeps no other.
#[derive(Debug)]
pub(super) struct KeyPair {
    pub(super) head: Head,
    fingerprint: String,
}

impl KeyPair {
    fn write(&self, json: &mut Json, place: &Place<'_>) {
        self.head.write(json, place);
        json.text("fingerprint", &self.fingerprint);
    }
}

/// All key pairs of a region; it has none before it has its first instance.
pub(super) fn key_pairs(place: Place<'_>) -> impl Iterator<Item = KeyPair> {
    let names: &[&str] = if place.size() > 0 { &[DEFAULT, "ops-2024", "deploy", "build-2022"] } else { &[] };
    (0..).zip(names).map(move |(number, name)| {
        let mut random = place.random("KeyPair", number);
        let head = Head::draw(&place, "KeyPair", (*name).to_owned(), "ssh", &mut random);
        KeyPair { fingerprint: fingerprint(&mut random), head }
    })
}

/// SHA-1 of a key, byte by byte.
fn fingerprint(random: &mut Random) -> String {
    let bytes: Vec<String> = (0..20).map(|_| format!("{:02x}", random.below(256))).collect();
    bytes.join(":")
}
