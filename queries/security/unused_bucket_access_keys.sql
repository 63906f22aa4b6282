-- title: Access keys of buckets that nobody uses
-- description: One row for each active access key of a bucket that was never used, or not since so many days. It
--   costs a call for each bucket.
-- level: yellow
-- advice: Delete the key: nobody uses it, and whoever finds it can.
-- param days integer = 90: keys that were last used more days ago than this are listed
-- param as_of timestamp = null: the moment at which ages are taken, such as 2025-06-01T00:00:00Z; now if null

SELECT profile, region, bucket_name, access_key_id, created_at, last_used_last_used_date AS last_used_at
FROM bucket_access_keys
WHERE status = 'Active'
    AND (
        last_used_last_used_date IS NULL
        OR date_part(
            'day', coalesce($as_of, now()) - last_used_last_used_date
        ) > $days
    )
ORDER BY profile, region, bucket_name, access_key_id;
