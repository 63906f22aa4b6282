-- title: IPv6 exposure
-- description: One row for each instance with an IPv6 address and ports that are open to all of IPv6.
--   closed_in_ipv4 are those among them that are not open to all of IPv4, on an instance that has both: often a
--   firewall that was tightened for one family and forgotten for the other.
-- level: info
-- advice: Close in IPv6 what is meant to be closed: its rules are other ones than those of IPv4.

WITH rules AS (
    SELECT
        profile,
        instance_arn,
        from_port,
        CASE
            -- ICMP has no ports: the type stands in from_port, and -1 is any, as it is of all protocols.
            WHEN (protocol LIKE 'icmp%' OR protocol = 'all') AND from_port = -1 THEN protocol
            WHEN protocol LIKE 'icmp%' OR from_port = to_port THEN concat(protocol, ' ', from_port)
            ELSE concat(protocol, ' ', from_port, '-', to_port)
        END AS rule,
        -- ICMPv6 has no counterpart that could be open or closed.
        protocol NOT LIKE 'icmp%' AND NOT covers_internet(cidrs) AS is_closed_in_ipv4
    FROM ports
    WHERE covers_internet(ipv6_cidrs)
)
SELECT
    instances.profile,
    instances.region,
    instances.name,
    array_to_string(instances.ipv6_addresses, ', ') AS ipv6_addresses,
    string_agg(rules.rule, ', ' ORDER BY rules.from_port, rules.rule) AS open_in_ipv6,
    string_agg(rules.rule, ', ' ORDER BY rules.from_port, rules.rule)
        FILTER (WHERE rules.is_closed_in_ipv4 AND instances.ip_address_type <> 'ipv6') AS closed_in_ipv4
FROM instances
-- The profile too, or two profiles of one account would see each rule twice.
JOIN rules ON rules.instance_arn = instances.arn AND rules.profile = instances.profile
WHERE cardinality(instances.ipv6_addresses) > 0
GROUP BY instances.profile, instances.region, instances.name, instances.ipv6_addresses
ORDER BY closed_in_ipv4 IS NULL, profile, region, name;
