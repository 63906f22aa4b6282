-- title: Names that stand for several instances
-- description: One row for each name that more than one instance has. Lightsail keeps names unique within a region
--   only, so a runbook or an alarm that goes by name may hit the wrong one.
-- level: info
-- advice: Give each instance a name of its own, or name the region wherever a name is used.

SELECT
    name,
    count(DISTINCT arn) AS instances,
    string_agg(DISTINCT region, ', ' ORDER BY region) AS regions
FROM instances
GROUP BY name
-- By arn: two profiles of one account see the same instance twice.
HAVING count(DISTINCT arn) > 1
ORDER BY instances DESC, name;
