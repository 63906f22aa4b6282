//! How alarms reach people: an address for mail and, in some regions, a telephone number.

use crate::call::Operation;
use crate::input::some_of;
use crate::json::Json;
use crate::page;
use crate::place::Place;
use crate::resource::Head;

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetContactMethods",
    members: &[some_of("protocols", &["Email", "SMS"])],
    answer: |call| {
        let protocols = call.texts("protocols");
        let wanted = |one: &ContactMethod| {
            protocols.as_ref().is_none_or(|protocols| protocols.contains(&one.protocol()))
        };
        let methods = contact_methods(&call.place).into_iter().filter(wanted);
        page::whole("contactMethods", methods, |json, one| one.write(json, &call.place))
    },
}];

/// A way to reach somebody. Lightsail knows at most one of each protocol in a region, and names it after that.
#[derive(Debug)]
pub(super) struct ContactMethod {
    pub(super) head: Head,
    endpoint: &'static str,
    status: &'static str,
}

/// The contact methods of a region: none where there is nothing to watch.
pub(super) fn contact_methods(place: &Place<'_>) -> Vec<ContactMethod> {
    let method = |(number, (name, endpoint, status)): (u64, (&str, &'static str, &'static str))| {
        let mut random = place.random("ContactMethod", number);
        let head = Head::draw(place, "ContactMethod", name.to_owned(), "on-call", &mut random);
        ContactMethod { head, endpoint, status }
    };
    let email =
        ("Email", "ops@acme.example", if place.number % 4 == 3 { "PendingVerification" } else { "Valid" });
    // A number that is set aside for fiction.
    let sms = ("SMS", "+12025550123", if place.number == 2 { "Invalid" } else { "Valid" });
    let all = [Some(email), (place.number.is_multiple_of(2)).then_some(sms)];
    (0..).zip(all.into_iter().flatten().filter(|_| place.size() > 0)).map(method).collect()
}

impl ContactMethod {
    pub(super) fn protocol(&self) -> &str {
        &self.head.name
    }

    fn write(&self, json: &mut Json, place: &Place<'_>) {
        json.text("contactEndpoint", self.endpoint);
        json.text("status", self.status);
        json.text("protocol", self.protocol());
        self.head.write(json, place);
    }
}
