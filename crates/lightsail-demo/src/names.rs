//! Names that resources of different kinds must agree on.

use super::place::Place;
use super::random::{Random, hash};
use super::resource::USES;

/// What thing number `number` of any kind is used for.
pub(super) fn usage(number: u64) -> &'static str {
    USES[(number % USES.len() as u64) as usize]
}

/// The name of domain `number`, under a top-level domain that is set aside for examples (RFC 2606).
pub(super) fn domain(number: u64) -> String {
    format!("{}-{}.example", usage(number), number + 1)
}

/// The domain that thing number `number` of a place belongs to.
pub(super) fn domain_of(place: &Place<'_>, number: u64) -> String {
    domain(number % place.domains().max(1))
}

/// The name and value of the CNAME that proves to Amazon that this domain is ours.
pub(super) fn validation_record(domain: &str) -> (String, String) {
    let mut random = Random::of(&[hash("validation"), hash(domain)]);
    let name = format!("_{:016x}{:016x}.{domain}.", random.next(), random.next());
    (name, format!("_{:016x}{:016x}.acm-validations.aws.", random.next(), random.next()))
}

/// So many lower-case hexadecimal digits.
pub(super) fn hex(random: &mut Random, digits: usize) -> String {
    let mut text: String = (0..digits.div_ceil(16)).map(|_| format!("{:016x}", random.next())).collect();
    text.truncate(digits);
    text
}
