-- title: DNS entries that lead to no address of ours
-- description: One row for each A entry of a domain whose target is neither the address of an instance nor a static IP:
--   an old server, or somebody else's.

WITH addresses AS (
    SELECT profile, public_ip_address AS address FROM instances
    UNION
    SELECT profile, ip_address FROM static_ips
)
SELECT e.profile, e.domain_name, e.name, e.target
FROM domain_entries AS e
LEFT JOIN addresses AS a ON a.profile = e.profile AND a.address = e.target
WHERE e.type = 'A' AND e.is_alias IS NOT TRUE AND a.address IS NULL
ORDER BY e.profile, e.domain_name, e.name, e.target;
