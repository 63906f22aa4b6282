-- title: Burst capacity that is running out
-- description: One row for each running instance that has little burst capacity left, or will have none within some
--   hours if it goes on as in the last three: then it is held to its plan's base line. A call for each instance.
-- level: yellow
-- advice: Find what keeps the processors busy, or move to a larger plan before it is throttled.
-- param percent number = 20: instances with less burst capacity than this are listed
-- param hours number = 12: instances that will have none left within so many hours are listed
-- param as_of timestamp = null: the moment that is meant by now; the clock's if null

WITH trend AS (
    SELECT
        profile,
        region,
        instance_name,
        last_value(average ORDER BY timestamp) AS capacity,
        regr_slope(average, date_part('epoch', timestamp) / 3600) AS slope
    FROM instance_metrics
    WHERE metric_name = 'BurstCapacityPercentage'
        AND period = 300
        AND timestamp >= coalesce($as_of, now()) - INTERVAL '3 hours'
        AND timestamp < coalesce($as_of, now())
    GROUP BY profile, region, instance_name
)
SELECT
    i.profile,
    i.region,
    i.name,
    i.bundle_id,
    i.cpu_count,
    round(t.capacity, 1) AS percent_left,
    round(t.slope, 1) AS percent_per_hour,
    CASE WHEN t.slope < 0 THEN round(t.capacity / -t.slope, 1) END AS hours_left
FROM instances AS i
JOIN trend AS t
    ON t.instance_name = i.name AND t.region = i.region AND t.profile = i.profile
WHERE i.state = 'running' AND (t.capacity < $percent OR t.slope < 0 AND t.capacity / -t.slope < $hours)
ORDER BY hours_left NULLS LAST, percent_left, i.profile, i.region, i.name;
