-- title: Stopped instances
-- description: One row for each instance that is stopped or about to be. Lightsail bills an instance until it is
--   deleted, running or not.

SELECT
    profile,
    region,
    name,
    state,
    bundle_id,
    cpu_count,
    ram_size_in_gb,
    created_at
FROM instances
WHERE state IN ('stopped', 'stopping')
ORDER BY ram_size_in_gb DESC NULLS LAST, profile, region, name;
