-- title: Everything that carries tags, by region and type
-- description: How many resources of each type with at least one tag each region has, and how many of them say in a tag
--   env which environment they belong to.

SELECT
    profile,
    region,
    resource_type,
    count(DISTINCT resource_arn) AS resources,
    count(DISTINCT resource_arn) FILTER (WHERE key = 'env') AS with_env
FROM tags
GROUP BY profile, region, resource_type
ORDER BY profile, region, resource_type;
