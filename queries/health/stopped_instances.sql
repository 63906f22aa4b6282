-- title: Stopped instances
-- description: One row for each instance that is stopped or about to be. Lightsail bills an instance until it is
--   deleted, running or not. Lightsail does not tell since when: with days, those that are older than that.
-- level: info
-- advice: Take a snapshot and delete what is not started again: a stopped instance is billed in full.
-- param days integer = 0: only instances that were created at least so many days ago

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
    AND date_part('day', now() - created_at) >= $days
ORDER BY ram_size_in_gb DESC NULLS LAST, profile, region, name;
