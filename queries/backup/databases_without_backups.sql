-- title: Databases and how they could be restored
-- description: One row for each managed database: whether it is backed up every day, until when it can be restored,
--   and its newest usable snapshot. Those that cannot be restored come first.

SELECT
    d.profile,
    d.region,
    d.name,
    d.backup_retention_enabled,
    d.latest_restorable_time,
    max(s.created_at) AS newest_snapshot_at
FROM relational_databases AS d
LEFT JOIN relational_database_snapshots AS s
    ON s.profile = d.profile AND s.from_relational_database_arn = d.arn AND s.state = 'available'
GROUP BY d.profile, d.region, d.name, d.backup_retention_enabled, d.latest_restorable_time
ORDER BY d.backup_retention_enabled NULLS FIRST, newest_snapshot_at NULLS FIRST, d.profile, d.region, d.name;
