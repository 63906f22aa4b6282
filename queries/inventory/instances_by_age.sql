-- title: Instances by age
-- description: One row for each instance that was created more than so many days ago, the oldest first: their systems
--   and bundles are the first to fall behind.
-- level: info
-- advice: Check that the system is still supported and patched.
-- param days integer = 365: instances of more days than this are listed
-- param as_of timestamp = null: the moment at which ages are taken, such as 2025-06-01T00:00:00Z; now if null

WITH aged AS (
    SELECT
        *,
        date_part('day', coalesce($as_of, now()) - created_at) AS age_in_days
    FROM instances
)
SELECT
    profile,
    region,
    name,
    state,
    blueprint_id,
    bundle_id,
    created_at,
    age_in_days
FROM aged
WHERE age_in_days > $days
ORDER BY created_at, profile, region, name;
