//! What the firewall rules of `ports` and `instance_port_states` have in common.

use aws_sdk_lightsail::types::NetworkProtocol;

/// The description of `protocol`.
pub(super) const PROTOCOL: &str =
    "tcp, udp, icmp, icmpv6 or all; the -1 that the API also sends for all is all.";

/// The description of `cidrs`.
pub(super) const CIDRS: &str = "The IPv4 networks that may connect; 0.0.0.0/0 is everybody: covers_internet(cidrs) judges them together.";

/// The description of `ipv6_cidrs`.
pub(super) const IPV6_CIDRS: &str = "The IPv6 networks that may connect; ::/0 is everybody: covers_internet(ipv6_cidrs) judges them together.";

/// The name of a protocol. The API's enum has names, but rules come with the numbers of EC2 as well: -1 is all, and the
/// others are IANA's.
pub(super) fn protocol(protocol: &NetworkProtocol) -> &str {
    match protocol.as_str() {
        "-1" => "all",
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "58" => "icmpv6",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_protocols_have_names() {
        for (sent, expected) in
            [("-1", "all"), ("all", "all"), ("tcp", "tcp"), ("17", "udp"), ("58", "icmpv6"), ("99", "99")]
        {
            assert_eq!(protocol(&NetworkProtocol::from(sent)), expected);
        }
    }
}
