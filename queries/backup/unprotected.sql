-- title: What no recent snapshot protects
-- description: One row for each instance and each block storage disk that is neither snapshotted each day by itself nor
--   has a usable snapshot of the last days. A snapshot of an instance has the disks in it that are attached to it.
-- level: yellow
-- advice: Take a snapshot now, and enable automatic ones.
-- param days integer = 7: a snapshot of more days than this does not protect
-- param as_of timestamp = null: the moment at which ages are taken, such as 2025-06-01T00:00:00Z; now if null

WITH automatic AS (
    SELECT profile, resource_arn AS arn FROM add_ons WHERE name = 'AutoSnapshot' AND status = 'Enabled'
),
snapshots AS (
    SELECT profile, from_instance_arn AS arn, created_at FROM instance_snapshots WHERE state = 'available'
    UNION ALL
    -- That of a system disk is half of its instance.
    SELECT profile, from_disk_arn, created_at FROM disk_snapshots WHERE state = 'completed'
),
newest AS (
    SELECT profile, arn, max(created_at) AS newest_snapshot_at
    FROM snapshots
    WHERE arn IS NOT NULL AND created_at <= coalesce($as_of, now())
    GROUP BY profile, arn
),
resources AS (
    SELECT profile, region, 'Instance' AS resource_type, name, arn, CAST(NULL AS VARCHAR) AS attached_to, created_at
    FROM instances
    UNION ALL
    SELECT profile, region, 'Disk', name, arn, attached_to, created_at FROM block_disks WHERE is_system_disk IS NOT TRUE
),
judged AS (
    SELECT
        r.profile,
        r.region,
        r.resource_type,
        r.name,
        r.attached_to,
        r.created_at,
        n.newest_snapshot_at,
        a.arn IS NOT NULL
            OR coalesce(date_part('day', coalesce($as_of, now()) - n.newest_snapshot_at) < $days, false)
            AS is_protected
    FROM resources AS r
    LEFT JOIN automatic AS a ON a.arn = r.arn AND a.profile = r.profile
    LEFT JOIN newest AS n ON n.arn = r.arn AND n.profile = r.profile
)
SELECT j.profile, j.region, j.resource_type, j.name, j.attached_to, j.created_at, j.newest_snapshot_at
FROM judged AS j
LEFT ANTI JOIN judged AS host
    ON host.profile = j.profile
    AND host.region = j.region
    AND host.name = j.attached_to
    AND host.resource_type = 'Instance'
    AND host.is_protected
WHERE NOT j.is_protected
ORDER BY j.newest_snapshot_at NULLS FIRST, j.profile, j.region, j.resource_type, j.name;
