-- title: DNS entries and the instances that they lead to
-- description: One row for each A entry of a domain that is an address, with the instance of that address, whichever
--   of the profiles has it. Those that lead to none of ours come first: an old server, or somebody else's.

SELECT
    e.profile,
    e.domain_name,
    e.name,
    e.target,
    i.account_id AS instance_account_id,
    i.region AS instance_region,
    i.name AS instance_name
FROM domain_entries AS e
-- Not by profile: a domain may lead to another account. Two profiles of one account see the same instance.
LEFT JOIN (SELECT DISTINCT public_ip_address, account_id, region, name FROM instances) AS i
    ON i.public_ip_address = e.target
WHERE e.type = 'A' AND e.is_alias IS NOT TRUE
ORDER BY instance_name NULLS FIRST, e.profile, e.domain_name, e.name, e.target;
