-- title: Untagged resources
-- description: One row for each instance and each attached data disk without any tag: nobody can tell from the
--   account whose they are. System disks are left out, for they cannot be tagged.
-- level: info
-- advice: Tag them with who owns them, while somebody still knows.

WITH resources AS (
    SELECT profile, region, 'Instance' AS resource_type, name, created_at, tags
    FROM instances
    UNION ALL
    SELECT profile, region, 'Disk' AS resource_type, name, created_at, tags
    FROM disks
    WHERE is_system_disk IS NOT TRUE
)
SELECT profile, region, resource_type, name, created_at
FROM resources
-- The API may leave out the list of tags, or send an empty one.
WHERE coalesce(cardinality(tags), 0) = 0
ORDER BY profile, region, resource_type DESC, name;
