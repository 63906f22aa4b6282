-- title: Tag keys
-- description: One row for each key among the tags of instances and their disks, with how often it is used: keys that
--   are rare or differ only in their spelling are seldom meant. without_value counts tags that are a key alone.

SELECT
    key,
    count(*) FILTER (WHERE resource_type = 'Instance') AS instances,
    count(*) FILTER (WHERE resource_type = 'Disk') AS disks,
    count(DISTINCT value) AS distinct_values,
    count(*) FILTER (WHERE coalesce(value, '') = '') AS without_value
FROM tags
GROUP BY key
ORDER BY lower(key), key;
