-- What of each instance is exposed, one row each: public addresses, open ports, the metadata service and snapshots.
-- profile: The AWS profile that was asked.
-- account_id: The AWS account that owns the instance, from its arn.
-- region: The AWS region of the instance.
-- instance_name: The name of the instance.
-- instance_arn: The arn of the instance.
-- state: Whether it is running; a stopped instance is as exposed again once it is started.
-- public_ip_address: Its public IPv4 address; NULL if it has none.
-- ipv6_addresses: Its public IPv6 addresses.
-- open_ports: Ports that the whole internet reaches at these addresses, such as tcp 22; NULL if there is none.
-- sensitive_ports: Services for which that is seldom meant, such as SSH 22, be it by a port, a range or all
--   protocols; NULL if there is none.
-- has_unknown_networks: Whether the API leaves out whom one of its port rules lets in, so that it may be open as well.
-- is_imdsv1_allowed: Whether its metadata service answers without a session token; NULL if the API does not say.
-- has_auto_snapshots: Whether Lightsail takes a snapshot of it every day.
-- newest_snapshot_at: When the newest manual snapshot of it was taken that is complete; NULL if there is none.
-- findings: What of all this is a risk, in words; NULL if nothing is.

WITH rules AS (
    SELECT
        profile, region, instance_name, instance_arn, protocol, from_port, to_port,
        bool_or(is_internet_open AND has_public_address) AS is_open,
        bool_or(network IS NULL) AS is_unknown
    FROM open_ports
    GROUP BY profile, region, instance_name, instance_arn, protocol, from_port, to_port
),
services AS (
    SELECT
        profile, region, instance_name, instance_arn,
        array_agg(DISTINCT concat(service, ' ', port)) AS services
    FROM exposed_services
    WHERE has_public_address
    GROUP BY profile, region, instance_name, instance_arn
),
firewalls AS (
    SELECT
        profile, region, instance_name, instance_arn,
        array_agg(
            CASE
                -- ICMP has no ports: the type stands in from_port, and -1 is any, as it is of all protocols.
                WHEN (protocol LIKE 'icmp%' OR protocol = 'all') AND from_port = -1 THEN protocol
                WHEN protocol LIKE 'icmp%' OR from_port = to_port THEN concat(protocol, ' ', from_port)
                ELSE concat(protocol, ' ', from_port, '-', to_port)
            END
            ORDER BY protocol, from_port, to_port
        ) FILTER (WHERE is_open) AS open_ports,
        bool_or(is_unknown) AS has_unknown_networks
    FROM rules
    GROUP BY profile, region, instance_name, instance_arn
),
auto_snapshots AS (
    SELECT DISTINCT profile, region, resource_arn
    FROM add_ons
    WHERE resource_type = 'Instance' AND name = 'AutoSnapshot' AND status = 'Enabled'
),
snapshots AS (
    SELECT profile, region, from_instance_arn, max(created_at) AS newest_at
    FROM instance_snapshots
    WHERE state = 'available'
    GROUP BY profile, region, from_instance_arn
),
exposure AS (
    SELECT
        instance.profile,
        instance.account_id,
        instance.region,
        instance.name AS instance_name,
        instance.arn AS instance_arn,
        instance.state,
        instance.public_ip_address,
        instance.ipv6_addresses,
        firewall.open_ports,
        array_sort(service.services) AS sensitive_ports,
        coalesce(firewall.has_unknown_networks, FALSE) AS has_unknown_networks,
        CASE
            -- A setting that is stricter may be on its way and not applied yet.
            WHEN instance.metadata_options_http_endpoint = 'disabled'
                OR instance.metadata_options_http_tokens = 'required'
                THEN instance.metadata_options_state IS NOT DISTINCT FROM 'pending'
            WHEN instance.metadata_options_http_tokens = 'optional' THEN TRUE
        END AS is_imdsv1_allowed,
        auto.resource_arn IS NOT NULL AS has_auto_snapshots,
        snapshot.newest_at AS newest_snapshot_at
    FROM instances AS instance
    -- The arn would do. The rest lets a predicate on the instance leave targets out on the other sides too.
    LEFT JOIN firewalls AS firewall
        ON firewall.profile = instance.profile
        AND firewall.region = instance.region
        AND firewall.instance_name = instance.name
        AND firewall.instance_arn = instance.arn
    LEFT JOIN services AS service
        ON service.profile = instance.profile
        AND service.region = instance.region
        AND service.instance_name = instance.name
        AND service.instance_arn = instance.arn
    LEFT JOIN auto_snapshots AS auto
        ON auto.profile = instance.profile
        AND auto.region = instance.region
        AND auto.resource_arn = instance.arn
    LEFT JOIN snapshots AS snapshot
        ON snapshot.profile = instance.profile
        AND snapshot.region = instance.region
        AND snapshot.from_instance_arn = instance.arn
)
SELECT
    *,
    nullif(
        array_to_string(
            make_array(
                CASE
                    WHEN sensitive_ports IS NOT NULL THEN 'sensitive ports open to the internet'
                    WHEN open_ports IS NOT NULL THEN 'ports open to the internet'
                END,
                CASE WHEN has_unknown_networks THEN 'port rules of unknown networks' END,
                CASE
                    WHEN is_imdsv1_allowed THEN 'IMDSv1 allowed'
                    WHEN is_imdsv1_allowed IS NULL THEN 'IMDSv1 unknown'
                END,
                CASE WHEN newest_snapshot_at IS NULL AND NOT has_auto_snapshots THEN 'no snapshot' END
            ),
            ', '
        ),
        ''
    ) AS findings
FROM exposure;
