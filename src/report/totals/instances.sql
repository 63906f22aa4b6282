-- title: Instances by region
-- description: An instance that two profiles see counts once.
-- theme: inventory
-- chart: instances

SELECT
    region,
    count(DISTINCT arn) AS instances,
    count(DISTINCT arn) FILTER (WHERE state = 'running') AS running,
    count(DISTINCT arn) FILTER (WHERE state = 'stopped') AS stopped,
    count(DISTINCT arn) FILTER (WHERE state IS NULL OR state NOT IN ('running', 'stopped')) AS other
FROM instances
GROUP BY region
ORDER BY instances DESC, region;
