-- title: Certificates that wait for a DNS record
-- description: One row for each DNS record that a certificate still waits for, of distributions, container services and
--   load balancers: new ones, and renewals. in_our_zone says whether a domain entry of ours has the record already;
--   without one it is to be made where the domain's DNS is.
-- level: yellow
-- advice: Create the CNAME record that is listed, or delete the certificate.

WITH records AS (
    SELECT
        c.profile,
        c.region,
        c.name AS certificate,
        c.status,
        false AS is_renewal,
        c.created_at AS since,
        r.domain_name,
        r.resource_record_name AS record,
        r.resource_record_type AS type,
        r.resource_record_value AS value,
        r.validation_status
    FROM certificates AS c
    JOIN certificate_validation_records AS r ON r.certificate_arn = c.arn AND r.profile = c.profile
    WHERE c.status = 'PENDING_VALIDATION'
    UNION ALL
    SELECT c.profile, c.region, c.name, c.status, true, c.renewal_summary_updated_at,
        r.domain_name, r.resource_record_name, r.resource_record_type, r.resource_record_value, r.validation_status
    FROM certificates AS c
    JOIN certificate_renewal_validation_records AS r ON r.certificate_arn = c.arn AND r.profile = c.profile
    WHERE c.status = 'ISSUED'
    UNION ALL
    SELECT c.profile, c.region, c.name, c.status, false, c.created_at,
        r.domain_name, r.name, r.type, r.value, r.validation_status
    FROM load_balancer_tls_certificates AS c
    JOIN load_balancer_tls_certificate_validation_records AS r
        ON r.load_balancer_name = c.load_balancer_name AND r.region = c.region AND r.profile = c.profile
        AND array_has(c.subject_alternative_names, r.domain_name)
    WHERE c.status = 'PENDING_VALIDATION'
),
entries AS (
    SELECT DISTINCT rtrim(lower(name), '.') AS name, rtrim(lower(target), '.') AS target
    FROM domain_entries
    WHERE type = 'CNAME'
)
SELECT DISTINCT
    r.profile,
    r.region,
    r.certificate,
    r.status,
    r.is_renewal,
    r.since,
    r.domain_name,
    r.record,
    r.type,
    r.value,
    r.validation_status,
    e.name IS NOT NULL AS in_our_zone
FROM records AS r
LEFT JOIN entries AS e ON e.name = rtrim(lower(r.record), '.') AND e.target = rtrim(lower(r.value), '.')
WHERE r.validation_status IS DISTINCT FROM 'SUCCESS'
ORDER BY r.profile, r.region, r.certificate, r.domain_name, r.record;
