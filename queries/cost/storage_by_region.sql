-- title: Storage by region
-- description: One row for each region with the number and the gigabytes of its disks, and a last one with the total.
--   System disks come with the bundle, data disks are billed on top. Counts the disks of instances; a detached disk is
--   on no instance and so not seen here.

SELECT
    -- A disk always has a region: NULL is the total's.
    coalesce(region, 'total') AS region,
    count(*) FILTER (WHERE is_system_disk) AS system_disks,
    count(*) FILTER (WHERE NOT coalesce(is_system_disk, FALSE)) AS data_disks,
    coalesce(sum(size_in_gb) FILTER (WHERE is_system_disk), 0) AS system_gb,
    coalesce(sum(size_in_gb) FILTER (WHERE NOT coalesce(is_system_disk, FALSE)), 0) AS data_gb,
    sum(size_in_gb) AS total_gb
FROM disks
GROUP BY ROLLUP (region)
ORDER BY region = 'total', total_gb DESC, region;
