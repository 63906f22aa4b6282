-- title: What is kept and not used
-- description: One row for each static IP and disk that is attached to nothing, each key pair of no instance, and each
--   snapshot of something gone: most of them are billed all the same.
-- level: info
-- advice: Delete what nobody misses: key pairs are free, the others are billed.

SELECT profile, region, resource_type, resource_name, why, size_in_gb, created_at
FROM unused
ORDER BY profile, region, resource_type, resource_name;
