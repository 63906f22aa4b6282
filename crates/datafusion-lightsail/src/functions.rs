//! Functions of our own, for what SQL cannot say well.

mod bounded;
mod checked;
mod signed;

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use arrow::array::{AsArray, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::cast::as_list_array;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

pub(crate) use bounded::bounded;
#[cfg(feature = "cluster")]
pub(crate) use checked::operators;
pub(crate) use checked::{checked, checked_sum};
pub(crate) use signed::register_signed;

/// All of them.
pub(crate) fn all() -> [ScalarUDF; 1] {
    [covers_internet()]
}

/// `covers_internet(networks)`: whether these networks together hold every public IPv4 or every public IPv6 address.
/// NULL if they do not and one of them is NULL or no network.
fn covers_internet() -> ScalarUDF {
    let networks = DataType::new_list(DataType::Utf8, true);
    let judge = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let is_scalar = arguments.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let judged: BooleanArray = as_list_array(&arrays[0])?
            .iter()
            .map(|networks| covers(networks?.as_string_opt::<i32>()?.iter()))
            .collect();
        let judged = ColumnarValue::Array(Arc::new(judged));
        if is_scalar {
            Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(
                &judged.into_array(1)?,
                0,
            )?))
        } else {
            Ok(judged)
        }
    };
    create_udf("covers_internet", vec![networks], DataType::Boolean, Volatility::Immutable, Arc::new(judge))
}

/// A range of addresses, both ends included. IPv4 addresses are kept as the numbers that they are.
type Range = (u128, u128);

/// The public addresses of IPv4: all but those of IANA's special-purpose registry that nobody routes, and multicast.
static PUBLIC_V4: LazyLock<Vec<Range>> = LazyLock::new(|| {
    let private = [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    ];
    let mut start = 0;
    let mut public = Vec::new();
    for (first, last) in private.iter().filter_map(|network| Some(range(network)?.1)) {
        public.extend((start < first).then(|| (start, first - 1)));
        start = last + 1;
    }
    public
});

/// The public addresses of IPv6: 2000::/3, all that IANA has ever given out.
const PUBLIC_V6: Range = (0x2 << 124, (0x4 << 124) - 1);

/// The addresses of a network, and whether it is one of IPv6. A single address is a network too.
fn range(network: &str) -> Option<(bool, Range)> {
    let network = network.trim();
    let (address, length) = match network.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (network, None),
    };
    let (is_v6, address, bits) = match address.parse().ok()? {
        IpAddr::V4(address) => (false, u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (true, address.to_bits(), 128),
    };
    let free = bits - length.unwrap_or(bits).min(bits);
    if length.is_some_and(|length| length > bits) {
        return None;
    }
    let hosts = 1u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    Some((is_v6, (address & !hosts, address | hosts)))
}

fn covers<'a>(networks: impl Iterator<Item = Option<&'a str>>) -> Option<bool> {
    let (mut v4, mut v6, mut is_unknown) = (Vec::new(), Vec::new(), false);
    for network in networks {
        match network.and_then(range) {
            Some((false, range)) => v4.push(range),
            Some((true, range)) => v6.push(range),
            None => is_unknown = true,
        }
    }
    let covers = hold(v4, &PUBLIC_V4) || hold(v6, &[PUBLIC_V6]);
    (covers || !is_unknown).then_some(covers)
}

/// Whether some ranges together hold all of others.
fn hold(mut ranges: Vec<Range>, others: &[Range]) -> bool {
    ranges.sort_unstable();
    let mut joined: Vec<Range> = Vec::new();
    for (first, last) in ranges {
        match joined.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => joined.push((first, last)),
        }
    }
    others.iter().all(|(first, last)| joined.iter().any(|(start, end)| start <= first && last <= end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_judged_together() {
        for (networks, expected) in [
            (&["0.0.0.0/0"][..], Some(true)),
            (&["10.0.0.0/8", "::/0"], Some(true)),
            (&["0.0.0.0/1", "128.0.0.0/1"], Some(true)),
            (&["128.0.0.0/1", "10.0.0.0/8", "0.0.0.0/1"], Some(true)),
            (&["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/3"], Some(true)),
            (&["1.2.3.4/0"], Some(true)),
            (&["::/1", "8000::/1"], Some(true)),
            (&["2000::/4", "3000::/4"], Some(true)),
            (&["0.0.0.0/1"], Some(false)),
            (&["0.0.0.0/1", "128.0.0.0/2"], Some(false)),
            (&["0.0.0.0/1", "8000::/1"], Some(false)),
            (&["2000::/4"], Some(false)),
            (&["203.0.113.7"], Some(false)),
            (&["203.0.113.7/32", "0.0.0.0/33"], None),
            (&["lightsail-connect"], None),
            (&["lightsail-connect", "0.0.0.0/0"], Some(true)),
            (&[], Some(false)),
        ] {
            assert_eq!(covers(networks.iter().map(|network| Some(*network))), expected, "{networks:?}");
        }
        assert_eq!(covers([None, Some("10.0.0.0/8")].into_iter()), None);
    }

    #[test]
    fn every_public_address_but_one_is_not_the_internet() {
        let all_but = |lost: u32| {
            let bits = (0..32).map(|bit| {
                let network = (lost ^ (1 << bit)) & !((1 << bit) - 1);
                format!("{}/{}", std::net::Ipv4Addr::from_bits(network), 32 - bit)
            });
            bits.collect::<Vec<_>>()
        };
        for (lost, expected) in
            [("8.8.8.8", false), ("192.0.1.255", false), ("10.1.2.3", true), ("224.0.0.1", true)]
        {
            let networks = all_but(lost.parse::<std::net::Ipv4Addr>().unwrap().to_bits());
            assert_eq!(
                covers(networks.iter().map(|network| Some(network.as_str()))),
                Some(expected),
                "{lost}"
            );
        }
    }
}
