-- Port rules of the firewalls of instances, one row for each port range and source network.
-- profile: The AWS profile that was asked.
-- account_id: The AWS account that owns the instance, from its arn.
-- region: The AWS region of the instance.
-- instance_name: The name of the instance.
-- instance_arn: The arn of the instance, to join with instances.arn.
-- protocol: What is let in: tcp, udp, icmp, icmpv6 or all.
-- from_port: The first port of the range; of ICMP the type, -1 for any.
-- to_port: The last port of the range; of ICMP the code, -1 for any.
-- family: What the network is: ipv4, ipv6 or alias (networks of AWS itself, by a name); NULL if the API lists neither.
-- network: The network that is let in, such as 0.0.0.0/0; NULL if the API leaves out the list that it would be on.
-- is_internet_open: Whether the network is the whole internet, 0.0.0.0/0 or ::/0, or is so together with the rule's
--   other networks, as 0.0.0.0/1 and 128.0.0.0/1 are; NULL if the network is not known.
-- has_public_address: Whether the instance has a public address of the family; of an alias and of NULL: of any.
-- access_from: Who is let in, in words for people: a hint where the network is not known.

WITH rules AS (
    SELECT
        *,
        'ipv4' AS family,
        unnest(cidrs) AS network,
        covers_internet(cidrs) AND NOT array_has(cidrs, '0.0.0.0/0') AS is_open_by_parts
    FROM ports
    UNION ALL
    SELECT
        *,
        'ipv6' AS family,
        unnest(ipv6_cidrs) AS network,
        covers_internet(ipv6_cidrs) AND NOT array_has(ipv6_cidrs, '::/0') AS is_open_by_parts
    FROM ports
    UNION ALL
    SELECT *, 'alias' AS family, unnest(cidr_list_aliases) AS network, FALSE AS is_open_by_parts FROM ports
    UNION ALL
    -- An empty list lets nobody in, and has no row. An absent one may hold anything: that must not vanish.
    SELECT
        *,
        CASE WHEN ipv6_cidrs IS NOT NULL THEN 'ipv4' WHEN cidrs IS NOT NULL THEN 'ipv6' END AS family,
        NULL AS network,
        FALSE AS is_open_by_parts
    FROM ports
    WHERE cidrs IS NULL OR ipv6_cidrs IS NULL
)
SELECT
    rule.profile,
    rule.account_id,
    rule.region,
    rule.instance_name,
    rule.instance_arn,
    rule.protocol,
    rule.from_port,
    rule.to_port,
    rule.family,
    rule.network,
    rule.network IN ('0.0.0.0/0', '::/0') OR rule.is_open_by_parts AS is_internet_open,
    (rule.family IS DISTINCT FROM 'ipv6') AND instance.public_ip_address IS NOT NULL
        OR (rule.family IS DISTINCT FROM 'ipv4') AND coalesce(cardinality(instance.ipv6_addresses), 0) > 0
        AS has_public_address,
    rule.access_from
FROM rules AS rule
-- The arn would do. The rest lets a predicate on the rule leave targets and instances out on this side too.
LEFT JOIN instances AS instance
    ON instance.profile = rule.profile
    AND instance.region = rule.region
    AND instance.name = rule.instance_name
    AND instance.arn = rule.instance_arn;
