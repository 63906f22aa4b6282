-- What is kept and not used, one row each: static IPs and disks attached to nothing, key pairs of no instance, and
--   snapshots of what is gone.
-- profile: The AWS profile that was asked.
-- account_id: The AWS account that owns the resource, from its arn.
-- region: The AWS region of the resource.
-- resource_type: StaticIp, Disk, KeyPair, InstanceSnapshot, DiskSnapshot or RelationalDatabaseSnapshot; a predicate on
--   it saves the other calls.
-- resource_name: The name of the resource.
-- resource_arn: The arn of the resource.
-- why: Why it counts as unused.
-- snapshot_of: The name of what a snapshot was taken of and is gone; NULL for what is no snapshot.
-- size_in_gb: The size of a disk or snapshot in GB.
-- created_at: When it was created; since when it is unused the API does not tell.

WITH snapshots AS (
    SELECT
        profile, account_id, region, 'InstanceSnapshot' AS resource_type, name, arn,
        from_instance_name AS source_name, from_instance_arn AS source_arn, size_in_gb, created_at
    FROM instance_snapshots
    UNION ALL
    -- Of a system disk, which has no arn, the API names the instance.
    SELECT
        profile, account_id, region, 'DiskSnapshot', name, arn,
        coalesce(from_disk_name, from_instance_name), coalesce(from_disk_arn, from_instance_arn),
        size_in_gb, created_at
    FROM disk_snapshots
    UNION ALL
    SELECT
        profile, account_id, region, 'RelationalDatabaseSnapshot', name, arn,
        from_relational_database_name, from_relational_database_arn, size_in_gb, created_at
    FROM relational_database_snapshots
),
sources AS (
    SELECT profile, region, arn FROM instances
    UNION ALL
    SELECT profile, region, arn FROM block_disks
    UNION ALL
    SELECT profile, region, arn FROM relational_databases
)
SELECT
    profile, account_id, region, 'StaticIp' AS resource_type, name AS resource_name, arn AS resource_arn,
    'attached to nothing' AS why, CAST(NULL AS VARCHAR) AS snapshot_of, CAST(NULL AS INT) AS size_in_gb, created_at
FROM static_ips
WHERE NOT is_attached
UNION ALL
SELECT profile, account_id, region, 'Disk', name, arn, 'attached to nothing', NULL, size_in_gb, created_at
FROM block_disks
WHERE NOT is_attached
UNION ALL
SELECT
    profile, account_id, region, 'KeyPair', name, arn, 'no instance of the region has it', NULL, NULL, created_at
FROM key_pairs
WHERE NOT EXISTS (
    SELECT 1
    FROM instances
    WHERE instances.profile = key_pairs.profile
        AND instances.region = key_pairs.region
        AND instances.ssh_key_name = key_pairs.name
)
UNION ALL
SELECT
    profile, account_id, region, resource_type, name, arn, 'what it was taken of is gone', source_name,
    size_in_gb, created_at
FROM snapshots
-- Whether the source of a copy from another region is gone could only be told there.
WHERE split_part(source_arn, ':', 4) = region
    AND NOT EXISTS (
        SELECT 1
        FROM sources
        WHERE sources.profile = snapshots.profile
            AND sources.region = snapshots.region
            AND sources.arn = snapshots.source_arn
    );
