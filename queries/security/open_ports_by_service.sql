-- title: Internet-open ports by service
-- description: One row for each kind of port rule that lets the whole internet in, with the number of instances that
--   have it. Open means that the rule's networks are the whole IPv4 or IPv6 internet; the alias lightsail-connect is
--   AWS's own browser client, not the internet.

WITH well_known (protocol, port, service) AS (
    -- Lightsail itself names only SSH, RDP, HTTP and HTTPS.
    VALUES
        ('tcp', 21, 'FTP'), ('tcp', 25, 'SMTP'), ('udp', 53, 'DNS'), ('tcp', 1433, 'SQL Server'),
        ('tcp', 1521, 'Oracle'), ('tcp', 3306, 'MySQL'), ('udp', 3389, 'RDP'), ('tcp', 5432, 'PostgreSQL'),
        ('tcp', 6379, 'Redis'), ('tcp', 8080, 'HTTP, alternative'), ('tcp', 9200, 'Elasticsearch'),
        ('tcp', 11211, 'Memcached'), ('udp', 11211, 'Memcached'), ('tcp', 27017, 'MongoDB'),
        ('udp', 51820, 'WireGuard')
)
SELECT
    CASE
        WHEN rule.common_name <> '' THEN rule.common_name
        WHEN rule.protocol = 'all' THEN 'everything'
        WHEN rule.protocol LIKE 'icmp%' THEN 'ping and other ICMP'
        ELSE well_known.service
    END AS service,
    rule.protocol,
    CASE
        -- ICMP has no ports: the type stands in from_port, and -1 is any, as it is of all protocols.
        WHEN rule.protocol = 'all' AND rule.from_port = -1 THEN 'any'
        WHEN rule.protocol LIKE 'icmp%' AND rule.from_port = -1 THEN 'any type'
        WHEN rule.protocol LIKE 'icmp%' THEN concat('type ', rule.from_port)
        WHEN rule.from_port = rule.to_port THEN rule.from_port::VARCHAR
        ELSE concat(rule.from_port, '-', rule.to_port)
    END AS ports,
    count(DISTINCT rule.instance_arn) AS instances,
    count(DISTINCT rule.instance_arn) FILTER (WHERE covers_internet(rule.cidrs)) AS over_ipv4,
    count(DISTINCT rule.instance_arn) FILTER (WHERE covers_internet(rule.ipv6_cidrs)) AS over_ipv6
FROM ports AS rule
LEFT JOIN well_known
    ON well_known.protocol = rule.protocol
    AND well_known.port = rule.from_port
    AND well_known.port = rule.to_port
WHERE covers_internet(rule.cidrs) OR covers_internet(rule.ipv6_cidrs)
GROUP BY 1, 2, 3
ORDER BY instances DESC, protocol, ports, service;
