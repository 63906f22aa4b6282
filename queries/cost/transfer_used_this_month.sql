-- title: Transfer that is used of the month's pool
-- description: One row for each region and plan whose instances share a pool of transfer: what the plan includes for
--   all of them, what they have moved in both directions since the month began, and how much that will be at its end
--   if it goes on so. A call or two for each instance. What instances that are gone have used is not known any more.
-- param as_of timestamp = null: a moment of the month, up to which transfer is counted; now if null

WITH moved AS (
    SELECT profile, region, instance_name, sum(sum) / 1e9 AS gb
    FROM instance_metrics
    WHERE metric_name IN ('NetworkIn', 'NetworkOut')
        AND period = 3600
        AND timestamp >= date_trunc('month', coalesce($as_of, now()))
        AND timestamp < coalesce($as_of, now())
    GROUP BY profile, region, instance_name
)
SELECT
    i.profile,
    i.region,
    i.bundle_id,
    count(*) AS instances,
    sum(i.gb_per_month_allocated) AS pool_gb,
    round(sum(coalesce(moved.gb, 0)), 1) AS used_gb,
    round(100 * sum(coalesce(moved.gb, 0)) / nullif(sum(i.gb_per_month_allocated), 0), 1) AS used_percent,
    round(
        100 * sum(coalesce(moved.gb, 0)) / nullif(sum(i.gb_per_month_allocated), 0)
            * date_part('epoch', date_trunc('month', coalesce($as_of, now())) + INTERVAL '1 month'
                - date_trunc('month', coalesce($as_of, now())))
            / nullif(date_part('epoch', coalesce($as_of, now()) - date_trunc('month', coalesce($as_of, now()))), 0),
        1
    ) AS percent_at_the_end
FROM instances AS i
LEFT JOIN moved
    ON moved.instance_name = i.name AND moved.region = i.region AND moved.profile = i.profile
GROUP BY i.profile, i.region, i.bundle_id
ORDER BY used_percent DESC NULLS LAST, i.profile, i.region, i.bundle_id;
