-- title: Idle instances and the plan that would do
-- description: One row for each running instance that hardly used its processors in any hour of the last days, with the
--   next cheaper plan of its region for the same platform and addresses. Lightsail makes no instance smaller: a new one
--   takes its place. A call for each instance.
-- level: yellow
-- advice: Make a new instance of the smaller plan from a snapshot, and delete this one.
-- param percent number = 5: an instance is idle if in no hour more than this was used on average
-- param days integer = 14: for so many days it must have been idle, of which it was measured all but one
-- param as_of timestamp = null: the moment that is meant by now; the clock's if null

WITH work AS (
    SELECT
        profile,
        region,
        instance_name,
        max(average) AS busiest_hour,
        avg(average) AS average
    FROM instance_metrics
    WHERE metric_name = 'CPUUtilization'
        AND period = 3600
        AND timestamp >= coalesce($as_of, now()) - CAST(concat($days, ' days') AS INTERVAL)
        AND timestamp < coalesce($as_of, now())
    GROUP BY profile, region, instance_name
    HAVING count(*) >= 24 * ($days - 1)
),
idle AS (
    SELECT
        i.profile,
        i.region,
        i.name,
        i.bundle_id,
        work.average,
        work.busiest_hour,
        b.price,
        b.supported_platforms,
        b.supported_app_categories,
        b.public_ipv4_address_count
    FROM instances AS i
    JOIN work ON work.instance_name = i.name AND work.region = i.region AND work.profile = i.profile
    LEFT JOIN bundles AS b ON b.bundle_id = i.bundle_id AND b.region = i.region AND b.profile = i.profile
    WHERE i.state = 'running' AND work.busiest_hour < $percent
)
SELECT
    idle.profile,
    idle.region,
    idle.name,
    idle.bundle_id,
    round(idle.average, 2) AS average_percent,
    round(idle.busiest_hour, 2) AS busiest_hour_percent,
    idle.price,
    first_value(smaller.bundle_id ORDER BY smaller.price DESC, smaller.bundle_id) AS smaller_bundle_id,
    round(idle.price - max(smaller.price), 2) AS saves
FROM idle
LEFT JOIN bundles AS smaller
    ON smaller.region = idle.region
    AND smaller.profile = idle.profile
    AND smaller.is_active
    AND smaller.price < idle.price
    AND smaller.supported_platforms IS NOT DISTINCT FROM idle.supported_platforms
    AND smaller.supported_app_categories IS NOT DISTINCT FROM idle.supported_app_categories
    AND smaller.public_ipv4_address_count IS NOT DISTINCT FROM idle.public_ipv4_address_count
GROUP BY
    idle.profile, idle.region, idle.name, idle.bundle_id, idle.average, idle.busiest_hour, idle.price
ORDER BY saves DESC NULLS LAST, idle.profile, idle.region, idle.name;
