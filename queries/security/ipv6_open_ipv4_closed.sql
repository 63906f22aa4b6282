-- title: Ports that are open in IPv6 and closed in IPv4
-- description: One row for each port rule that lets the whole IPv6 internet in where no rule of the instance lets the
--   whole IPv4 internet in at all of those ports, on an instance that has both addresses: a firewall that was
--   tightened for one family and forgotten for the other. ICMPv6 has no counterpart that could be closed.
-- level: red
-- advice: Restrict the IPv6 rule as the IPv4 rule is.

WITH rules AS (
    SELECT profile, instance_arn, protocol, from_port, to_port, common_name, cidrs, ipv6_cidrs
    FROM ports
    WHERE protocol NOT LIKE 'icmp%'
)
SELECT
    i.profile,
    i.region,
    i.name,
    array_to_string(i.ipv6_addresses, ', ') AS ipv6_addresses,
    v6.protocol,
    v6.from_port,
    v6.to_port,
    array_to_string(v6.cidrs, ', ') AS open_to_ipv4
FROM instances AS i
-- The profile too, or two profiles of one account would see each rule twice.
JOIN (SELECT * FROM rules WHERE covers_internet(ipv6_cidrs)) AS v6
    ON v6.instance_arn = i.arn AND v6.profile = i.profile
LEFT ANTI JOIN (SELECT * FROM rules WHERE covers_internet(cidrs)) AS v4
    ON v4.instance_arn = v6.instance_arn
    AND v4.profile = v6.profile
    AND (v4.protocol = 'all' OR v4.protocol = v6.protocol AND v4.from_port <= v6.from_port AND v4.to_port >= v6.to_port)
WHERE cardinality(i.ipv6_addresses) > 0 AND i.ip_address_type <> 'ipv6'
ORDER BY i.profile, i.region, i.name, v6.protocol, v6.from_port, v6.to_port;
