-- title: Alarms that ring, or know nothing
-- description: One row for each alarm that is not OK, with what it watches; those that ring come first.
-- level: red
-- advice: Look at what rings; an alarm that has no data may watch what is gone.

SELECT
    profile,
    region,
    state,
    monitored_resource_info_resource_type AS resource_type,
    monitored_resource_info_name AS resource_name,
    metric_name,
    comparison_operator,
    threshold,
    name
FROM alarms
WHERE state <> 'OK'
ORDER BY state, profile, region, resource_name, metric_name, name;
