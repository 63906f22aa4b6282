-- title: Disks that were not mounted
-- description: One row for each attached disk that is reported as not mounted in the instance's file system: it is
--   billed, and what is written to its mount point lands on the system disk. Only Lightsail for Research reports this.
-- level: yellow
-- advice: Mount the disk: what is written to its mount point fills the system disk.

SELECT
    profile,
    region,
    instance_name,
    name,
    path,
    size_in_gb,
    auto_mount_status
FROM disks
WHERE auto_mount_status IN ('Failed', 'NotMounted')
ORDER BY profile, region, instance_name, name, path;
