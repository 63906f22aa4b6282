-- title: SSH, RDP and databases open to the world
-- description: One row for each instance and service that the whole internet can knock at, and the port rule that
--   allows it, be it a single port, a range or all protocols. Open means that the rule's networks hold 0.0.0.0/0 or
--   ::/0; the alias lightsail-connect is AWS's own browser client, not the internet.

WITH sensitive (service, port) AS (
    VALUES
        ('SSH', 22), ('RDP', 3389), ('MySQL', 3306), ('PostgreSQL', 5432), ('SQL Server', 1433),
        ('Oracle', 1521), ('MongoDB', 27017), ('Redis', 6379), ('Elasticsearch', 9200),
        ('Memcached', 11211), ('Cassandra', 9042)
)
SELECT
    rule.profile,
    rule.region,
    rule.instance_name,
    sensitive.service,
    sensitive.port,
    rule.protocol,
    rule.from_port,
    rule.to_port,
    array_has(rule.cidrs, '0.0.0.0/0') AS over_ipv4,
    array_has(rule.ipv6_cidrs, '::/0') AS over_ipv6
FROM ports AS rule
JOIN sensitive
    ON rule.protocol = 'all'
    OR (rule.protocol = 'tcp' AND sensitive.port BETWEEN rule.from_port AND rule.to_port)
WHERE array_has(rule.cidrs, '0.0.0.0/0') OR array_has(rule.ipv6_cidrs, '::/0')
ORDER BY profile, region, instance_name, port, protocol, from_port, to_port;
