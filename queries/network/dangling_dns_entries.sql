-- title: DNS entries that lead astray
-- description: One row for each DNS entry whose target is not ours, and for each address that the next stop of its
--   instance loses, because it is no static IP. A name under which nobody of ours answers can be taken over.
--   Compared are the targets asked: ask all regions and all profiles.
-- level: red
-- advice: Remove the entry, or point it at a resource of yours; give a lasting address to what loses its own.
-- param all boolean = false: also names that lead outside of AWS, which may well be meant

WITH addresses AS (
    SELECT public_ip_address AS address, region, name, 'Instance' AS type, is_static_ip AS is_lasting FROM instances
    UNION ALL
    -- An IPv6 address stays with its instance for good.
    SELECT unnest(ipv6_addresses), region, name, 'Instance', true FROM instances
    UNION ALL
    SELECT ip_address, region, name, 'StaticIp', true FROM static_ips
),
-- Two profiles of one account see the same address.
lasting AS (
    SELECT address, min(region) AS region, min(name) AS name, bool_or(is_lasting) AS is_lasting
    FROM addresses
    WHERE address IS NOT NULL
    GROUP BY address
),
names AS (
    SELECT lower(domain_name) AS name FROM distributions
    UNION SELECT lower(dns_name) FROM load_balancers
    UNION SELECT lower(rtrim(split_part(url, '://', 2), '/')) FROM container_services
    UNION SELECT lower(rtrim(split_part(url, '://', 2), '/')) FROM buckets
    UNION SELECT lower(master_endpoint_address) FROM relational_databases
    UNION SELECT lower(name) FROM domain_entries WHERE type <> 'CNAME'
),
entries AS (
    SELECT *, rtrim(lower(target), '.') AS goal, is_alias OR type = 'CNAME' AS is_name
    FROM domain_entries
    WHERE type IN ('A', 'AAAA', 'CNAME')
),
judged AS (
    SELECT
        e.profile,
        e.domain_name,
        e.name,
        e.type,
        e.target,
        a.region AS instance_region,
        a.name AS instance_name,
        CASE
            WHEN e.is_name AND n.name IS NOT NULL THEN NULL
            -- Proofs of certificates lead to AWS on purpose.
            WHEN e.goal LIKE '%.acm-validations.aws' THEN NULL
            WHEN e.is_name AND e.goal LIKE '%.cloudfront.net' THEN 'no distribution of ours'
            WHEN e.is_name AND (e.goal LIKE '%.amazonaws.com' OR e.goal LIKE '%.amazonlightsail.com')
                THEN 'no resource of ours'
            WHEN e.is_name AND $all THEN 'outside of AWS'
            WHEN e.is_name THEN NULL
            WHEN a.address IS NULL THEN 'no address of ours'
            WHEN NOT a.is_lasting THEN 'lost at the next stop'
        END AS why
    FROM entries AS e
    LEFT JOIN lasting AS a ON a.address = e.goal AND NOT e.is_name
    LEFT JOIN names AS n ON n.name = e.goal AND e.is_name
)
SELECT * FROM judged
WHERE why IS NOT NULL
ORDER BY why, profile, domain_name, name, target;
