-- title: Disks listed with an instance but not in use
-- description: One row for each disk that an instance lists though it is not attached or its state is another than
--   in-use: on its way, stuck or broken. A disk that is fully detached belongs to no instance, so that the operation
--   behind this table (GetInstances) does not return it: it is billed, and cannot be seen here.

SELECT
    profile,
    region,
    instance_name,
    name,
    size_in_gb,
    path,
    state,
    is_attached,
    created_at
FROM disks
-- A system disk has neither state nor is_attached. NULL is no reason to list it.
WHERE state <> 'in-use' OR NOT is_attached
ORDER BY profile, region, instance_name, name, path;
