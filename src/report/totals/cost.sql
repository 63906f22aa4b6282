-- title: List price of a month by region, in USD
-- description: What bundles cost in USD, running or stopped, retired bundles too; without transfer beyond the bundle,
--   taxes and credits. What the API tells no price of is not in it.
-- theme: cost
-- chart: monthly_price

WITH resources AS (
    -- Two profiles of one account see each of them twice.
    SELECT region, resource_type, resource_arn, max(monthly_price) AS monthly_price
    FROM monthly_costs
    GROUP BY region, resource_type, resource_arn
)
SELECT
    region,
    count(*) FILTER (WHERE monthly_price IS NOT NULL) AS priced,
    count(*) FILTER (WHERE monthly_price IS NULL) AS unpriced,
    round(sum(monthly_price), 2) AS monthly_price
FROM resources
GROUP BY region
ORDER BY monthly_price DESC NULLS LAST, region;
