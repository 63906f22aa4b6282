-- title: Instances on images that are not offered any more
-- description: One row for each instance whose image is not offered in its region any more: no new instance can be made
--   of it, and after a loss this one can only come back from a snapshot.
-- level: yellow
-- advice: Keep a recent snapshot, and plan the move to an image that is offered.

SELECT
    i.profile,
    i.region,
    i.name,
    i.state,
    i.blueprint_id,
    i.blueprint_name,
    i.created_at
FROM instances AS i
LEFT ANTI JOIN (SELECT profile, region, blueprint_id FROM blueprints WHERE is_active) AS offered
    ON offered.blueprint_id = i.blueprint_id AND offered.region = i.region AND offered.profile = i.profile
ORDER BY i.blueprint_id, i.profile, i.region, i.name;
