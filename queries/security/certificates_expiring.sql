-- title: Certificates that expire soon
-- description: One row for each issued certificate that ends within so many days, or has ended, the first to end first;
--   the renewal's status says whether Lightsail is at it.
-- level: red
-- advice: See that the validation records are still in the DNS, or make a new certificate before this one ends.
-- report: days=30
-- param days integer = 365: certificates that end within so many days are listed; one lasts 13 months
-- param as_of timestamp = null: the moment from which days are counted, such as 2025-06-01T00:00:00Z; now if null

WITH ending AS (
    SELECT
        *,
        date_part('day', not_after - coalesce($as_of, now())) AS days_left
    FROM certificates
    WHERE status = 'ISSUED'
)
SELECT profile, region, name, domain_name, not_after, days_left, in_use_resource_count, renewal_summary_renewal_status
FROM ending
WHERE days_left <= $days
ORDER BY not_after, profile, region, name;
