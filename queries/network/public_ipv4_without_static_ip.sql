-- title: Public IPv4 addresses that are not static
-- description: One row for each instance whose public IPv4 address is lost when the instance is stopped, and with it
--   every DNS record and allow-list that names it. Instances without a public IPv4 address are not listed.
-- level: info
-- advice: Attach a static IP where a DNS record or an allow-list names the address; it is free while attached.

SELECT
    profile,
    region,
    name,
    state,
    public_ip_address,
    created_at
FROM instances
WHERE public_ip_address IS NOT NULL AND is_static_ip IS NOT TRUE
ORDER BY profile, region, name;
