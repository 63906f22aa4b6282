-- title: Fleet by availability zone
-- description: One row for each availability zone that has instances, with its share of its region: what stands in a
--   single zone falls with it. Zone letters are shuffled for each account, so compare them within one profile only.

SELECT
    profile,
    region,
    availability_zone,
    count(*) AS instances,
    count(*) FILTER (WHERE state = 'running') AS running,
    round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY profile, region), 1) AS percent_of_region
FROM instances
GROUP BY profile, region, availability_zone
ORDER BY profile, region, availability_zone;
