-- title: Operations that failed
-- description: One row for each operation of the last weeks that failed, the newest first, with what went wrong.
-- level: info
-- advice: Read error_details, and repeat what is still wanted.

SELECT profile, region, created_at, operation_type, resource_type, resource_name, error_code, error_details
FROM operations
WHERE status = 'Failed'
ORDER BY created_at DESC, profile, region, resource_name, id;
