-- title: Port rules whose exposure cannot be told
-- description: One row for each port rule for which the API leaves out the networks that it lets in, so that no query
--   over 0.0.0.0/0 and ::/0 can judge it: look at these by hand. access_from is a text for people and only a hint.

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
WHERE (array_has(cidrs, '0.0.0.0/0') OR array_has(ipv6_cidrs, '::/0')) IS UNKNOWN
ORDER BY profile, region, instance_name, protocol, from_port, to_port;
