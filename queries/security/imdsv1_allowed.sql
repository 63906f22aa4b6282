-- title: Instances that still allow IMDSv1
-- description: One row for each instance whose metadata service may answer requests without a session token, which
--   lets a server-side request forgery read what the instance knows. imdsv1 is allowed, until applied (a stricter
--   setting is on its way) or unknown (the API does not say).
-- level: yellow
-- advice: Require session tokens for the instance's metadata, once its software speaks IMDSv2.

WITH judged AS (
    SELECT
        *,
        CASE
            WHEN metadata_options_http_endpoint = 'disabled' OR metadata_options_http_tokens = 'required'
                THEN CASE WHEN metadata_options_state = 'pending' THEN 'until applied' ELSE 'refused' END
            WHEN metadata_options_http_tokens = 'optional' THEN 'allowed'
            ELSE 'unknown'
        END AS imdsv1
    FROM instances
)
SELECT
    profile,
    region,
    name,
    state,
    blueprint_id,
    imdsv1,
    metadata_options_http_put_response_hop_limit AS hop_limit
FROM judged
WHERE imdsv1 <> 'refused'
ORDER BY imdsv1, profile, region, name;
