//! `contact_methods`.

use aws_sdk_lightsail::types::{ContactMethod, ContactProtocol};

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::asks::each_of;
use crate::catalog::column::text;
use crate::catalog::operation::{Items, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetContactMethods: at most one of each protocol in a region, without pages.
pub static GET_CONTACT_METHODS: Operation = Operation {
    asks: |known| each_of(known, "protocol", "protocols", ContactProtocol::values()),
    ..Operation::new(
        "GetContactMethods",
        call!(|request| get_contact_methods.set_protocols(request.one("protocols"))
            => |output| output.contact_methods.map(Items::new), None),
    )
};

resource!(ContactMethod: name, arn, location);

/// `contact_methods`.
pub static CONTACT_METHODS: TableSpec<Plain<ContactMethod>> = TableSpec {
    name: "contact_methods",
    group: Group::Accounts,
    description: "Whom alarms tell, one row for each address.",
    feeds: &[Feed::of::<ContactMethod>(&GET_CONTACT_METHODS)],
    key: None,
    examples: &[
        "SELECT region, protocol, contact_endpoint, status FROM contact_methods ORDER BY region, protocol",
    ],
    columns: &[
        text("contact_endpoint", "The mail address or telephone number, partly hidden by AWS.", |c| {
            c.contact_endpoint()
        }),
        text("status", "Whether its owner has confirmed it: PendingVerification, Valid or Invalid.", |c| {
            Some(c.status()?.as_str())
        }),
        text("protocol", "Email or SMS; a predicate on it is asked of the API.", |c| {
            Some(c.protocol()?.as_str())
        }),
        text("name", "The name of the contact method.", |c| c.name()),
        arn(|c| c.arn()),
        created_at(|c| c.created_at()),
        zone(|c| c.location()?.availability_zone()),
        text("resource_type", "Always ContactMethod.", |c| Some(c.resource_type()?.as_str())),
        support_code(|c| c.support_code()),
        tag_map(|c| c.tags.as_deref()),
    ],
};
