-- title: Static IPs that are attached to nothing
-- description: One row for each static IP without an instance: it is billed as long as it is idle.
-- level: yellow
-- advice: Attach it or release it: it is billed for as long as it is idle.

SELECT profile, region, name, ip_address, created_at
FROM static_ips
WHERE is_attached IS NOT TRUE
ORDER BY profile, region, name;
