-- title: Certificates that end in the next 30 days
-- description: The first to end first. Nothing else that the API lists has an end: of domains it tells no registration.
-- theme: security
-- param as_of timestamp = null: the moment from which days are counted; now if null

WITH endings AS (
    SELECT 'certificate' AS kind, region, name, domain_name, arn, not_after, renewal_summary_renewal_status AS renewal
    FROM certificates
    WHERE status = 'ISSUED'
    UNION ALL
    SELECT 'load balancer certificate', region, name, domain_name, arn, not_after, renewal_summary_renewal_status
    FROM load_balancer_tls_certificates
    WHERE status = 'ISSUED'
)
SELECT DISTINCT
    kind,
    region,
    name,
    domain_name,
    date_part('day', not_after - coalesce($as_of, now())) AS days_left,
    not_after,
    renewal
FROM endings
WHERE not_after >= coalesce($as_of, now()) AND not_after < coalesce($as_of, now()) + INTERVAL '30 days'
ORDER BY not_after, kind, region, name;
