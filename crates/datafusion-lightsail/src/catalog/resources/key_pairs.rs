//! `key_pairs`.

use aws_sdk_lightsail::types::KeyPair;

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::column::text;
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetKeyPairs: with the region's default key pair, which the look-up would find too.
pub static GET_KEY_PAIRS: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetKeyPair",
        member: "keyPairName",
        get: call!(|request| get_key_pair.set_key_pair_name(request.text("keyPairName"))
            => |output| output.key_pair.map(Items::one), None),
    }),
    ..Operation::new(
        "GetKeyPairs",
        call!(|request| get_key_pairs.set_page_token(request.token).include_default_key_pair(true)
            => |output| output.key_pairs.map(Items::new), output.next_page_token),
    )
};

resource!(KeyPair: name, arn, location);

/// `key_pairs`.
pub static KEY_PAIRS: TableSpec<Plain<KeyPair>> = TableSpec {
    name: "key_pairs",
    group: Group::Servers,
    description: "SSH key pairs, the default key pair of each region included, one row each.",
    feeds: &[Feed::of::<KeyPair>(&GET_KEY_PAIRS)],
    key: Some("name"),
    examples: &["SELECT k.region, k.name, k.created_at, count(i.name) AS instances FROM key_pairs AS k \
         LEFT JOIN instances AS i ON i.region = k.region AND i.ssh_key_name = k.name \
         GROUP BY k.region, k.name, k.created_at ORDER BY instances, k.created_at"],
    columns: &[
        text(
            "name",
            "The name of the key pair, unique in its region, to join with instances.ssh_key_name.",
            |k| k.name(),
        ),
        arn(|k| k.arn()),
        support_code(|k| k.support_code()),
        created_at(|k| k.created_at()),
        zone(|k| k.location()?.availability_zone()),
        text("resource_type", "Always KeyPair.", |k| Some(k.resource_type()?.as_str())),
        tag_map(|k| k.tags.as_deref()),
        text("fingerprint", "The fingerprint of the public key.", |k| k.fingerprint()),
    ],
};
