-- title: What stopped instances and forgotten snapshots cost
-- description: One row for each region: what costs a month in USD, and how much of that is for instances that are
--   stopped and for snapshots that are forgotten: those of what is gone, and those of more days than is said. The API
--   tells no price for disks, load balancers and addresses: they are not in it.
-- param days integer = 180: snapshots of more days than this are forgotten
-- param usd_per_gb number = 0.05: what a GB of a snapshot costs a month, which the API does not tell
-- param as_of timestamp = null: the moment at which ages are taken, such as 2025-06-01T00:00:00Z; now if null

WITH snapshots AS (
    SELECT s.profile, s.arn, s.created_at, i.arn IS NULL AS is_orphan
    FROM instance_snapshots AS s
    LEFT JOIN instances AS i ON i.arn = s.from_instance_arn AND i.profile = s.profile
    UNION ALL
    SELECT s.profile, s.arn, s.created_at, d.arn IS NULL AND i.arn IS NULL
    FROM disk_snapshots AS s
    LEFT JOIN block_disks AS d ON d.arn = s.from_disk_arn AND d.profile = s.profile
    LEFT JOIN instances AS i ON i.arn = s.from_instance_arn AND i.profile = s.profile
),
forgotten AS (
    SELECT profile, arn
    FROM snapshots
    WHERE is_orphan OR date_part('day', coalesce($as_of, now()) - created_at) > $days
),
costs AS (
    SELECT
        c.profile,
        c.region,
        CASE
            WHEN c.resource_type IN ('InstanceSnapshot', 'DiskSnapshot') THEN c.quantity * $usd_per_gb
            ELSE c.monthly_price
        END AS monthly_price,
        i.arn IS NOT NULL AS is_stopped,
        f.arn IS NOT NULL AS is_forgotten
    FROM monthly_costs AS c
    LEFT JOIN instances AS i ON i.arn = c.resource_arn AND i.profile = c.profile AND i.state = 'stopped'
    LEFT JOIN forgotten AS f ON f.arn = c.resource_arn AND f.profile = c.profile
)
SELECT
    profile,
    region,
    round(sum(monthly_price), 2) AS monthly_price,
    count(*) FILTER (WHERE is_stopped) AS stopped_instances,
    round(coalesce(sum(monthly_price) FILTER (WHERE is_stopped), 0), 2) AS stopped_price,
    count(*) FILTER (WHERE is_forgotten) AS forgotten_snapshots,
    round(coalesce(sum(monthly_price) FILTER (WHERE is_forgotten), 0), 2) AS forgotten_price
FROM costs
GROUP BY profile, region
ORDER BY stopped_price + forgotten_price DESC, profile, region;
