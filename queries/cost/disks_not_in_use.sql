-- title: Disks that are not in use
-- description: One row for each block storage disk that is attached to nothing, or whose state is another than
--   in-use: on its way, stuck or broken. It is billed all the same.
-- level: yellow
-- advice: Attach the disk, or take a snapshot and delete it.

SELECT
    profile,
    region,
    attached_to AS instance_name,
    name,
    size_in_gb,
    path,
    state,
    is_attached,
    created_at
FROM block_disks
-- NULL is no reason to list it.
WHERE state <> 'in-use' OR NOT is_attached
ORDER BY profile, region, name;
