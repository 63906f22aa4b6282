-- title: What the API tells no price of
-- description: These are on the bill and in none of the sums here.
-- theme: cost

WITH resources AS (
    SELECT DISTINCT resource_type, resource_arn, quantity, unit, note FROM monthly_costs WHERE monthly_price IS NULL
)
SELECT resource_type, count(*) AS resources, sum(quantity) AS quantity, unit, note
FROM resources
GROUP BY resource_type, unit, note
ORDER BY resource_type, unit, note;
