-- title: SSH, RDP and databases open to the world
-- description: One row for each instance and service that the whole internet can knock at, and the port rule that
--   allows it, be it a single port, a range or all protocols. Open means that the rule's networks are the whole IPv4
--   or IPv6 internet; the alias lightsail-connect is AWS's own browser client, not the internet.
-- level: red
-- advice: Restrict the rule to the networks that need it, or remove it and connect from the browser.

SELECT
    profile,
    region,
    instance_name,
    service,
    port,
    protocol,
    from_port,
    to_port,
    over_ipv4,
    over_ipv6
FROM exposed_services
ORDER BY profile, region, instance_name, port, protocol, from_port, to_port;
