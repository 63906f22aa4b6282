//! What was meant by a name with a slip of the pen.

use std::cmp::Reverse;

/// The one of `names` that was meant by `name`: two slips off at most, and fewer for short names.
///
/// A letter more, less, another or two that changed places is one slip; of two names the longer is nearer, for a letter is
/// left out more often than it is one too many. Names are compared without their case.
///
/// ```
/// use datafusion_lightsail::nearest::nearest;
/// assert_eq!(nearest("prdo", ["prod", "dev"]), Some("prod"));
/// assert_eq!(nearest("global", ["prod", "dev"]), None);
/// ```
pub fn nearest<'a, N: AsRef<str> + ?Sized + 'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a N>,
) -> Option<&'a str> {
    let name = name.to_lowercase();
    let distance = |other: &str| strsim::osa_distance(&name, &other.to_lowercase());
    let names = names.into_iter().map(AsRef::as_ref);
    let (distance, nearest) = names
        .map(|other| (distance(other), other))
        .min_by_key(|(distance, other)| (*distance, Reverse(other.len())))?;
    (distance <= 2.min(name.chars().count() / 3)).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_near() {
        let known = ["us-east-1", "us-east-2", "us-west-2", "eu-west-1"];
        for (name, meant) in [
            ("us-esat-1", Some("us-east-1")),
            ("US-EAST-1", Some("us-east-1")),
            ("us-est-2", Some("us-east-2")),
            ("useast-1", Some("us-east-1")),
            ("eu-wset-1", Some("eu-west-1")),
            ("bogus", None),
            ("global", None),
            ("ap-south-1", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
        assert_eq!(nearest::<str>("fmt", []), None);
    }
}
