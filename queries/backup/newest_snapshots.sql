-- title: The newest snapshot of each instance
-- description: One row for each instance with the newest usable snapshot that was taken of it by hand or kept of
--   its automatic ones, those without any first.

SELECT
    i.profile,
    i.region,
    i.name,
    max(s.created_at) AS newest_snapshot_at,
    count(s.name) AS snapshots
FROM instances AS i
LEFT JOIN instance_snapshots AS s
    ON s.profile = i.profile AND s.from_instance_arn = i.arn AND s.state = 'available'
GROUP BY i.profile, i.region, i.name
ORDER BY newest_snapshot_at NULLS FIRST, i.profile, i.region, i.name;
