-- What resources cost a month by their bundles, one row each; what the API tells no price of has a note instead.
-- profile: The AWS profile that was asked.
-- account_id: The AWS account that owns the resource, from its arn.
-- region: The AWS region of the resource; distributions are global.
-- resource_type: What it is, such as Instance, RelationalDatabase or Disk; a predicate on it saves the other calls.
-- resource_name: The name of the resource.
-- resource_arn: The arn of the resource.
-- bundle_id: The plan that it is billed by, of a container service the power; NULL if it has none.
-- quantity: How many units are billed: nodes of a container service, GB of a disk or snapshot, else 1.
-- unit: What quantity counts: bundle, node, GB, load balancer or address.
-- monthly_price: What all of them cost a month in USD, running or stopped, without transfer beyond the bundle; or NULL.
-- source: The table that tells the price; NULL if none does.
-- note: Why there is no price; NULL if there is one.

WITH instance_bundles AS (
    -- A bundle may be listed with those of an app category as well as without.
    SELECT profile, region, bundle_id, max(price) AS price
    FROM bundles
    GROUP BY profile, region, bundle_id
),
global_bundles AS (
    -- Asked in us-east-1, for distributions of no region. As constants they need no call if those are not wanted.
    SELECT profile, 'global' AS region, bundle_id, price FROM distribution_bundles
    UNION ALL
    SELECT profile, 'us-east-1' AS region, bundle_id, price FROM distribution_bundles
),
costs AS (
    SELECT
        owner.profile, owner.account_id, owner.region, 'Instance' AS resource_type,
        owner.name AS resource_name, owner.arn AS resource_arn, owner.bundle_id,
        1 AS quantity, 'bundle' AS unit, plan.price AS monthly_price, 'bundles' AS source
    FROM instances AS owner
    LEFT JOIN instance_bundles AS plan
        ON plan.profile = owner.profile AND plan.region = owner.region AND plan.bundle_id = owner.bundle_id
    UNION ALL
    SELECT
        owner.profile, owner.account_id, owner.region, 'RelationalDatabase',
        owner.name, owner.arn, owner.relational_database_bundle_id,
        1, 'bundle', plan.price, 'relational_database_bundles'
    FROM relational_databases AS owner
    LEFT JOIN relational_database_bundles AS plan
        ON plan.profile = owner.profile
        AND plan.region = owner.region
        AND plan.bundle_id = owner.relational_database_bundle_id
    UNION ALL
    SELECT
        owner.profile, owner.account_id, owner.region, 'ContainerService',
        owner.container_service_name, owner.arn, owner.power_id,
        owner.scale, 'node', owner.scale * plan.price, 'container_service_powers'
    FROM container_services AS owner
    LEFT JOIN container_service_powers AS plan
        ON plan.profile = owner.profile AND plan.region = owner.region AND plan.power_id = owner.power_id
    UNION ALL
    SELECT
        owner.profile, owner.account_id, owner.region, 'Bucket', owner.name, owner.arn, owner.bundle_id,
        1, 'bundle', plan.price, 'bucket_bundles'
    FROM buckets AS owner
    LEFT JOIN bucket_bundles AS plan
        ON plan.profile = owner.profile AND plan.region = owner.region AND plan.bundle_id = owner.bundle_id
    UNION ALL
    SELECT
        owner.profile, owner.account_id, owner.region, 'Distribution', owner.name, owner.arn, owner.bundle_id,
        1, 'bundle', plan.price, 'distribution_bundles'
    FROM distributions AS owner
    LEFT JOIN global_bundles AS plan
        ON plan.profile = owner.profile AND plan.region = owner.region AND plan.bundle_id = owner.bundle_id
    UNION ALL
    SELECT
        profile, account_id, region, 'LoadBalancer', name, arn, NULL, 1, 'load balancer', NULL, NULL
    FROM load_balancers
    UNION ALL
    -- System disks come with their instance's bundle.
    SELECT profile, account_id, region, 'Disk', name, arn, NULL, size_in_gb, 'GB', NULL, NULL
    FROM block_disks
    WHERE is_system_disk IS NOT TRUE
    UNION ALL
    SELECT profile, account_id, region, 'InstanceSnapshot', name, arn, NULL, size_in_gb, 'GB', NULL, NULL
    FROM instance_snapshots
    UNION ALL
    SELECT profile, account_id, region, 'DiskSnapshot', name, arn, NULL, size_in_gb, 'GB', NULL, NULL
    FROM disk_snapshots
    UNION ALL
    SELECT
        profile, account_id, region, 'RelationalDatabaseSnapshot', name, arn, NULL, size_in_gb, 'GB', NULL, NULL
    FROM relational_database_snapshots
    UNION ALL
    -- An attached one is free.
    SELECT profile, account_id, region, 'StaticIp', name, arn, NULL, 1, 'address', NULL, NULL
    FROM static_ips
    WHERE is_attached IS NOT TRUE
)
SELECT
    *,
    CASE
        WHEN monthly_price IS NOT NULL THEN NULL
        WHEN source IS NULL THEN concat('the API tells no price for ', resource_type, 's')
        WHEN bundle_id IS NULL OR quantity IS NULL THEN 'the API tells no bundle of it'
        ELSE concat(source, ' has no price of its bundle')
    END AS note
FROM costs;
