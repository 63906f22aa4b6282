-- title: Distributions whose certificate does not cover their domains
-- description: One row for each domain of a distribution that visitors cannot reach over TLS: the distribution has no
--   certificate, one that is not valid, or one that is not for this domain. A wildcard stands for one label.
-- level: red
-- advice: Attach a valid certificate that names the domain: visitors see a warning instead of the site.

WITH wanted AS (
    SELECT profile, name, status, certificate_name, unnest(alternative_domain_names) AS domain_name
    FROM distributions
),
covered AS (
    SELECT profile, name, status, unnest(array_append(subject_alternative_names, domain_name)) AS domain_name
    FROM certificates
    WHERE region = 'us-east-1'
),
-- Only those of us-east-1 can be a distribution's.
certificate AS (
    SELECT profile, name, status FROM certificates WHERE region = 'us-east-1'
)
SELECT
    w.profile,
    w.name,
    w.status,
    w.domain_name,
    w.certificate_name,
    CASE
        WHEN w.certificate_name IS NULL THEN 'no certificate'
        WHEN c.name IS NULL THEN 'no such certificate'
        WHEN c.status <> 'ISSUED' THEN concat('the certificate is ', c.status)
        ELSE 'not on the certificate'
    END AS why
FROM wanted AS w
LEFT JOIN certificate AS c ON c.name = w.certificate_name AND c.profile = w.profile
LEFT ANTI JOIN covered
    ON covered.profile = w.profile
    AND covered.name = w.certificate_name
    AND covered.status = 'ISSUED'
    AND (
        lower(covered.domain_name) = lower(w.domain_name)
        OR concat('*.', substr(lower(w.domain_name), strpos(w.domain_name, '.') + 1)) = lower(covered.domain_name)
    )
ORDER BY w.profile, w.name, w.domain_name;
