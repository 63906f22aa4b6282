-- title: Port rules that open more than they need
-- description: One row for each port rule that allows all protocols or a wide range of ports, whoever it lets in:
--   what starts to listen there later is reachable at once. open_to_world is judged by the rule's networks, and
--   empty where the API lists no networks.
-- level: yellow
-- advice: List the ports that are needed, one rule each.
-- param ports integer = 100: a range of more ports than this is wide

SELECT
    profile,
    region,
    instance_name,
    protocol,
    from_port,
    to_port,
    -- TRUE OR NULL is true and FALSE OR NULL is NULL: an absent list leaves the question open.
    covers_internet(cidrs) OR covers_internet(ipv6_cidrs) AS open_to_world,
    cidrs,
    ipv6_cidrs,
    cidr_list_aliases
FROM ports
-- ICMP is left out: its from_port and to_port are a type and a code.
WHERE protocol = 'all' OR (protocol IN ('tcp', 'udp') AND to_port - from_port + 1 > $ports)
ORDER BY open_to_world DESC NULLS LAST, profile, region, instance_name, protocol, from_port, to_port;
