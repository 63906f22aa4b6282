-- title: Failed health checks
-- description: One row for each instance whose own check or whose host's is impaired, the longest first. An impaired
--   system_status is AWS's to mend; for an impaired instance_status alone, look inside the instance.
-- level: red
-- advice: Look inside the instance, or stop and start it to move it to another host.

SELECT
    profile,
    region,
    name,
    state,
    instance_status,
    system_status,
    -- Each side has a single check, reachability. least() ignores NULL.
    least(
        instance_status_details[1]['impaired_since'],
        system_status_details[1]['impaired_since']
    ) AS impaired_since
FROM instances
WHERE instance_status = 'impaired' OR system_status = 'impaired'
ORDER BY impaired_since NULLS LAST, profile, region, name;
