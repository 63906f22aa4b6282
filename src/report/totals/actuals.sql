-- title: Costs of this month so far
-- description: What the API estimates for instances and disks of Lightsail for Research, the only ones that it tells
--   costs of, beside the list price of a whole month.
-- theme: cost
-- param as_of timestamp = null: the moment up to which costs are counted; now if null

WITH spent AS (
    SELECT profile, region, resource_type, resource_name, currency, sum(usage_cost) AS cost
    FROM cost_estimates
    WHERE time_period_start >= date_trunc('month', coalesce($as_of, now()))
        AND time_period_start < coalesce($as_of, now())
    GROUP BY profile, region, resource_type, resource_name, currency
)
SELECT
    spent.region,
    spent.resource_type,
    count(*) AS resources,
    spent.currency,
    round(sum(spent.cost), 2) AS month_to_date,
    round(sum(list.monthly_price), 2) AS monthly_price
FROM spent
LEFT JOIN monthly_costs AS list
    ON list.profile = spent.profile
    AND list.region = spent.region
    AND list.resource_type = spent.resource_type
    AND list.resource_name = spent.resource_name
GROUP BY spent.region, spent.resource_type, spent.currency
ORDER BY month_to_date DESC, spent.region, spent.resource_type;
