-- title: Instances by key pair
-- description: One row for each key pair, with how many instances whoever holds it can enter; an empty name is
--   instances without a key. A key pair belongs to one region: the same name elsewhere may be another key.

SELECT
    profile,
    region,
    ssh_key_name,
    count(*) AS instances,
    count(*) FILTER (WHERE state = 'running') AS running
FROM instances
GROUP BY profile, region, ssh_key_name
ORDER BY instances DESC, profile, region, ssh_key_name NULLS FIRST;
