//! Page tokens: where the next page starts, readable and acceptable only in the account and region it was issued for.

use super::random::{hash, mix};

/// The token of the page that begins with instance `start`.
pub(super) fn encode(account: &str, region: &str, start: u64) -> String {
    let seal = mix(mix(hash(account) ^ mix(hash(region))) ^ mix(start + 1));
    format!("{:016x}{seal:016x}", start ^ mix(seal))
}

/// Where the page of this token starts; `None` if it was not issued for this account and region.
pub(super) fn decode(account: &str, region: &str, token: &str) -> Option<u64> {
    let (hidden, seal) = token.split_at_checked(16)?;
    let seal = u64::from_str_radix(seal, 16).ok()?;
    let start = u64::from_str_radix(hidden, 16).ok()? ^ mix(seal);
    (start < u64::MAX && encode(account, region, start) == token).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_account_and_region_only() {
        for start in [0, 20, 1_000_000] {
            let token = encode("123456789012", "us-east-1", start);
            assert_eq!(decode("123456789012", "us-east-1", &token), Some(start));
            assert_eq!(decode("123456789012", "us-west-2", &token), None);
            assert_eq!(decode("210987654321", "us-east-1", &token), None);
            assert_eq!(decode("123456789012", "us-east-1", &token.to_uppercase()), None);
        }
    }

    #[test]
    fn garbage_is_no_token() {
        let zeros = "0".repeat(32);
        for text in [
            "",
            "20",
            "0000000000000014",
            zeros.as_str(),
            "ééééééééééééééééé",
            "+000000000000014+000000000000014",
        ] {
            assert_eq!(decode("123456789012", "us-east-1", text), None, "{text}");
        }
    }
}
