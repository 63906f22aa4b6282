-- title: Instances without automatic snapshots
-- description: One row for each instance that Lightsail does not snapshot every day. auto_snapshot is the state of the
--   add-on, such as Disabled, and empty where it was never set up.
-- level: info
-- advice: Enable automatic snapshots on the instance's Snapshots tab, or know what else backs it up.

SELECT
    instances.profile,
    instances.region,
    instances.name,
    instances.state,
    instances.blueprint_id,
    instances.created_at,
    auto.status AS auto_snapshot
FROM instances
-- The profile too, or two profiles of one account would see each instance twice.
LEFT JOIN add_ons AS auto
    ON auto.resource_arn = instances.arn
    AND auto.profile = instances.profile
    AND auto.name = 'AutoSnapshot'
WHERE auto.status IS DISTINCT FROM 'Enabled'
ORDER BY profile, region, name;
