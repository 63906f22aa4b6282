//! The life of a certificate, which those of load balancers and those of distributions have in common.

use crate::fleet::{DAY, before};
use crate::place::Place;
use crate::random::Random;

/// How long Amazon's certificates are good for.
const VALID: u64 = 395 * DAY;

/// What happened to a certificate and when.
#[derive(Debug)]
pub(super) struct Life {
    /// As on the wire, such as `ISSUED`.
    pub(super) status: &'static str,
    pub(super) created: u64,
    /// When and with which serial number it was issued, if ever.
    pub(super) issued: Option<(u64, String)>,
    pub(super) revoked: Option<u64>,
    pub(super) renewal: Option<Renewal>,
}

/// How far Amazon is with renewing a certificate. The two kinds of certificates spell it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    PendingAuto,
    PendingValidation,
    Success,
    Failed,
}

impl Life {
    /// A life that has come to this status; an issued certificate is about to expire or has time.
    pub(super) fn draw(
        place: &Place<'_>,
        status: &'static str,
        about_to_expire: bool,
        random: &mut Random,
    ) -> Self {
        let today = place.today();
        let issued = match status {
            "ISSUED" if about_to_expire => Some(today - VALID + (3 + random.below(25)) * DAY),
            "ISSUED" => Some(before(random, today - 20 * DAY, 250 * DAY)),
            "EXPIRED" => Some(before(random, today - VALID - DAY, 300 * DAY)),
            "REVOKED" | "INACTIVE" => Some(before(random, today - 60 * DAY, 200 * DAY)),
            _ => None,
        };
        let renewal = match status {
            "ISSUED" if about_to_expire => {
                Some(random.pick(&[Renewal::PendingValidation, Renewal::PendingAuto, Renewal::Failed]))
            }
            "ISSUED" if random.percent(40) => Some(Renewal::Success),
            "EXPIRED" => Some(Renewal::Failed),
            _ => None,
        };
        Self {
            status,
            created: match issued {
                Some(issued) => before(random, issued, DAY / 24),
                None if status == "PENDING_VALIDATION" => before(random, today, 2 * DAY),
                None => before(random, today - 4 * DAY, 60 * DAY),
            },
            issued: issued.map(|time| (time, serial(random))),
            revoked: (status == "REVOKED").then(|| before(random, today, 50 * DAY)),
            renewal,
        }
    }

    pub(super) fn issued(&self) -> Option<u64> {
        self.issued.as_ref().map(|(time, _)| *time)
    }

    pub(super) fn serial(&self) -> Option<&str> {
        self.issued.as_ref().map(|(_, serial)| serial.as_str())
    }

    /// It is good from the start of the day on which it was issued.
    pub(super) fn not_before(&self) -> Option<u64> {
        self.issued().map(|time| time - time % DAY)
    }

    pub(super) fn not_after(&self) -> Option<u64> {
        self.not_before().map(|time| time + VALID)
    }

    /// What the validation of its domains has come to, and whether Lightsail could write the record into the zone.
    pub(super) fn validation(&self) -> (&'static str, &'static str) {
        match self.status {
            "PENDING_VALIDATION" => ("PENDING_VALIDATION", "STARTED"),
            "FAILED" | "VALIDATION_TIMED_OUT" => ("FAILED", "FAILED"),
            _ => ("SUCCESS", "SUCCEEDED"),
        }
    }
}

/// What is told of a record's creation in the zone, unless it went well.
pub(super) fn creation_message(code: &str) -> Option<&'static str> {
    match code {
        "SUCCEEDED" => None,
        "STARTED" => Some("The record is being created in the Lightsail DNS zone."),
        _ => Some("There is no Lightsail DNS zone for the domain."),
    }
}

fn serial(random: &mut Random) -> String {
    let bytes: Vec<String> = (0..16).map(|_| format!("{:02x}", random.below(256))).collect();
    bytes.join(":")
}
