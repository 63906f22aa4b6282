-- title: Storage
-- description: System disks come with the bundle of their instance. What buckets hold is told by metrics alone.
-- theme: cost
-- chart: gb

WITH parts AS (
    -- A system disk has no arn.
    SELECT
        concat(coalesce(kind, 'other'), ' disk') AS kind,
        coalesce(arn, concat(account_id, region, instance_name, path)) AS id,
        size_in_gb
    FROM all_disks
    UNION ALL
    SELECT 'instance snapshot', arn, size_in_gb FROM instance_snapshots
    UNION ALL
    SELECT 'disk snapshot', arn, size_in_gb FROM disk_snapshots
    UNION ALL
    SELECT 'database snapshot', arn, size_in_gb FROM relational_database_snapshots
),
-- Two profiles of one account see each of them twice.
each AS (
    SELECT kind, id, max(size_in_gb) AS gb FROM parts GROUP BY kind, id
)
SELECT kind, count(*) AS number, sum(gb) AS gb
FROM each
GROUP BY kind
ORDER BY gb DESC NULLS LAST, kind;
