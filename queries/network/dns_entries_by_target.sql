-- title: DNS entries and the instances that they lead to
-- description: One row for each A entry of a domain that is an address, with the instance of that address. Those that
--   lead to none of ours come first: an old server, or somebody else's.

SELECT
    e.profile,
    e.domain_name,
    e.name,
    e.target,
    i.region AS instance_region,
    i.name AS instance_name
FROM domain_entries AS e
LEFT JOIN instances AS i ON i.profile = e.profile AND i.public_ip_address = e.target
WHERE e.type = 'A' AND e.is_alias IS NOT TRUE
ORDER BY instance_name NULLS FIRST, e.profile, e.domain_name, e.name, e.target;
