-- Services that are seldom meant for the whole internet and port rules that let it in to them, one row for each
--   instance, service and rule, be it a single port, a range or all protocols; each rule is judged by itself.
-- profile: The AWS profile that was asked.
-- account_id: The AWS account that owns the instance, from its arn.
-- region: The AWS region of the instance.
-- instance_name: The name of the instance.
-- instance_arn: The arn of the instance, to join with instances.arn.
-- service: What commonly listens at the port, such as SSH.
-- port: The port of the service.
-- protocol: What the rule lets in: tcp, udp or all; udp counts for services that speak it.
-- from_port: The first port of the rule.
-- to_port: The last port of the rule.
-- over_ipv4: Whether the rule's cidrs are the whole IPv4 internet; NULL if the API leaves the list out.
-- over_ipv6: Whether the rule's ipv6_cidrs are the whole IPv6 internet; NULL if the API leaves the list out.
-- has_public_address: Whether the instance has a public address of a family that the rule opens.

WITH sensitive (service, port, speaks_udp) AS (
    VALUES
        ('SSH', 22, FALSE), ('RDP', 3389, TRUE), ('MySQL', 3306, FALSE), ('PostgreSQL', 5432, FALSE),
        ('SQL Server', 1433, FALSE), ('Oracle', 1521, FALSE), ('MongoDB', 27017, FALSE), ('Redis', 6379, FALSE),
        ('Elasticsearch', 9200, FALSE), ('Memcached', 11211, TRUE), ('Cassandra', 9042, FALSE)
),
rules AS (
    SELECT *, covers_internet(cidrs) AS over_ipv4, covers_internet(ipv6_cidrs) AS over_ipv6
    FROM ports
)
SELECT
    rule.profile,
    rule.account_id,
    rule.region,
    rule.instance_name,
    rule.instance_arn,
    sensitive.service,
    sensitive.port,
    rule.protocol,
    rule.from_port,
    rule.to_port,
    rule.over_ipv4,
    rule.over_ipv6,
    coalesce(rule.over_ipv4, FALSE) AND instance.public_ip_address IS NOT NULL
        OR coalesce(rule.over_ipv6, FALSE) AND coalesce(cardinality(instance.ipv6_addresses), 0) > 0
        AS has_public_address
FROM rules AS rule
JOIN sensitive
    ON rule.protocol = 'all'
    OR (
        (rule.protocol = 'tcp' OR (rule.protocol = 'udp' AND sensitive.speaks_udp))
        AND sensitive.port BETWEEN rule.from_port AND rule.to_port
    )
-- The arn would do. The rest lets a predicate on the rule leave targets and instances out on this side too.
LEFT JOIN instances AS instance
    ON instance.profile = rule.profile
    AND instance.region = rule.region
    AND instance.name = rule.instance_name
    AND instance.arn = rule.instance_arn
WHERE rule.over_ipv4 OR rule.over_ipv6;
