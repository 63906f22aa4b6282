-- title: Buckets that anybody can read
-- description: One row for each bucket whose objects are public, or whose single objects may be made public.
-- level: yellow
-- advice: Make the bucket private, unless its objects are a web site's.

SELECT profile, region, name, access_rules_get_object, access_rules_allow_public_overrides, url
FROM buckets
WHERE access_rules_get_object = 'public' OR access_rules_allow_public_overrides
ORDER BY profile, region, access_rules_get_object DESC, name;
