-- title: Fleet by blueprint
-- description: One row for each blueprint, the image that instances were made from, with when the first and the last
--   of them were made: an old image that is still in use wants a look at its end of life.

SELECT
    blueprint_id,
    -- Amazon renames blueprints now and then: the id is what counts.
    max(blueprint_name) AS blueprint_name,
    count(*) AS instances,
    count(*) FILTER (WHERE state = 'running') AS running,
    min(created_at) AS first_created_at,
    max(created_at) AS last_created_at
FROM instances
GROUP BY blueprint_id
ORDER BY instances DESC, blueprint_id;
