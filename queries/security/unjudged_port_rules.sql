-- title: Port rules whose exposure cannot be told
-- description: One row for each port rule for which the API leaves out the networks that it lets in, so that no query
--   over networks can judge it: look at these by hand. access_from is a text for people and only a hint.
-- level: yellow
-- advice: Look at the rule in the console: whom it lets in the API does not say.

SELECT
    profile,
    region,
    instance_name,
    protocol,
    from_port,
    to_port,
    access_from
FROM ports
-- Unknown is neither open nor closed: an absent list may hold anything. An empty list lets nobody in.
WHERE (covers_internet(cidrs) OR covers_internet(ipv6_cidrs)) IS UNKNOWN
ORDER BY profile, region, instance_name, protocol, from_port, to_port;
