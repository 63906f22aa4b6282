-- All disks, one row each: the system disks of instances, and the data disks whether they are attached or not.
-- profile: The AWS profile that was asked.
-- account_id: The AWS account that owns the disk, from its arn or that of its instance.
-- region: The AWS region of the disk.
-- kind: system, attached or detached; NULL if the API does not say whether a data disk is attached.
-- name: The name of the disk; a system disk has none.
-- arn: The arn of the disk; a system disk has none.
-- instance_name: The name of the instance that has it, or NULL.
-- size_in_gb: Its size in GB.
-- iops: How many input and output operations it takes a second.
-- path: The device that the instance sees it as.
-- state: in-use, available, or what keeps it from either; a system disk has none.
-- created_at: When it was created.
-- availability_zone: The zone that it is in.
-- tags: Its tags; a system disk has none.

WITH data_disks AS (
    -- The kind is a constant in each part, so that a predicate on it leaves out whole parts, and their calls.
    SELECT 'attached' AS kind, * FROM block_disks WHERE is_attached
    UNION ALL
    SELECT 'detached' AS kind, * FROM block_disks WHERE NOT is_attached
    UNION ALL
    SELECT NULL AS kind, * FROM block_disks WHERE is_attached IS NULL
)
SELECT
    profile, account_id, region, 'system' AS kind, name, arn, instance_name,
    size_in_gb, iops, path, state, created_at, availability_zone, tags
FROM disks
WHERE is_system_disk
UNION ALL
SELECT
    profile, account_id, region, kind, name, arn, attached_to AS instance_name,
    size_in_gb, iops, path, state, created_at, availability_zone, tags
FROM data_disks
WHERE is_system_disk IS NOT TRUE;
