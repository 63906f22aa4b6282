-- title: Fleet by bundle
-- description: One row for each bundle, the plan that fixes an instance's size and price, with the instances that have
--   it and what they add up to.

SELECT
    bundle_id,
    count(*) AS instances,
    count(*) FILTER (WHERE state = 'running') AS running,
    sum(cpu_count) AS cpus,
    sum(ram_size_in_gb) AS ram_in_gb,
    sum(gb_per_month_allocated) AS transfer_gb_per_month
FROM instances
GROUP BY bundle_id
ORDER BY instances DESC, bundle_id;
