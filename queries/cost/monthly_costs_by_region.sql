-- title: Monthly costs by region
-- description: What the resources of each region cost a month by their bundles, type by type, the dearest first; where
--   the API tells no price, how many resources that leaves out.

SELECT
    profile,
    region,
    resource_type,
    count(*) AS resources,
    sum(monthly_price) AS monthly_price,
    count(*) FILTER (WHERE monthly_price IS NULL) AS without_price
FROM monthly_costs
GROUP BY profile, region, resource_type
ORDER BY monthly_price DESC NULLS LAST, profile, region, resource_type;
