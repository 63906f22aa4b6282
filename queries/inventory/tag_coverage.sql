-- title: Coverage of one tag
-- description: One row for each value that a tag has on instances, with its share of the fleet. is_tagged tells
--   instances without the tag from those that have it without a value.
-- param tag text = env: the key of the tag

SELECT
    -- The cast is for a key such as 2025, which arrives as a number.
    coalesce(array_has(map_keys(tags), arrow_cast($tag, 'Utf8')), FALSE) AS is_tagged,
    tags[arrow_cast($tag, 'Utf8')] AS value,
    count(*) AS instances,
    round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent
FROM instances
GROUP BY 1, 2
ORDER BY is_tagged, instances DESC, value NULLS FIRST;
