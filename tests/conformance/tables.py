"""Which table comes from where: all that boto3's service model cannot tell of lightsail-sql's tables."""

from typing import NamedTuple

from asks import METRICS
from mapping import elements_of, is_column, members

# The key of a map, as a source of a child table's key.
KEY = "(key)"
# What the name of a thing may be called.
NAME = ("name", "container_service_name")
# Request members that say how much is asked, not about what: no columns.
HOW_MUCH = {"startTime", "endTime", "durationInMinutes", "statistics", "unit"}
# Request members whose column is not called after them.
ASKED = {"serviceName": "container_service_name"}
# Members that one operation calls otherwise than the rest.
RENAMED = {"GetCertificates": {("certificateName",): "name"}}
# Operations that know no region but us-east-1.
OF_HOME = {"GetDistributions", "GetDistributionBundles", "GetDistributionMetricData", "GetDomains"}
# Listings of things that a table tells about only if a predicate names them.
BY_NAME = {"GetCostEstimate": {"GetRelationalDatabases"}}
# Columns by which a table is told what boto3 asks for (see asks.WEEK), where that is not everything.
TIMES = {
    "GetContainerLog": [("created_at", ">=", "startTime"), ("created_at", "<", "endTime")],
    "GetRelationalDatabaseLogEvents": [("created_at", ">=", "startTime"), ("created_at", "<", "endTime")],
    "GetCostEstimate": [("start_time", "=", "startTime"), ("end_time", "=", "endTime")],
    **{entry[0]: [("timestamp", ">=", "startTime"), ("timestamp", "<", "endTime")] for entry in METRICS},
}


class Table(NamedTuple):
    operation: str
    # The list of structures in each item, one row for each; the items themselves if there is none.
    path: tuple = ()
    # Columns that tell what such a structure lies in: column of this table to column of that one, or columns.
    keys: dict = {}
    # Whether an operation that lists is asked thing by thing, for it tells more then.
    named: bool = False
    # Whether what was asked for is a column.
    shows_request: bool = True


def inside(operation, path, what=None, columns=("name", "arn"), **more):
    """A child table, whose keys are `what`_name and `what`_arn."""
    keys = {f"{what}_{column}": column for column in columns} if what else {}
    return Table(operation, tuple(path.split(".")), keys, **more)


TABLES = {
    "instances": Table("GetInstances"),
    "disks": inside("GetInstances", "hardware.disks", "instance"),
    "ports": inside("GetInstances", "networking.ports", "instance"),
    "block_disks": Table("GetDisks"),
    "instance_snapshots": Table("GetInstanceSnapshots"),
    "instance_snapshot_disks": inside("GetInstanceSnapshots", "fromAttachedDisks", "instance_snapshot"),
    "disk_snapshots": Table("GetDiskSnapshots"),
    "auto_snapshots": Table("GetAutoSnapshots"),
    "auto_snapshot_disks": inside("GetAutoSnapshots", "fromAttachedDisks"),
    "static_ips": Table("GetStaticIps"),
    "key_pairs": Table("GetKeyPairs"),
    "instance_port_states": Table("GetInstancePortStates"),
    "load_balancers": Table("GetLoadBalancers"),
    "load_balancer_instances": inside("GetLoadBalancers", "instanceHealthSummary", "load_balancer"),
    "load_balancer_tls_certificate_summaries":
        inside("GetLoadBalancers", "tlsCertificateSummaries", "load_balancer"),
    "load_balancer_tls_certificates": Table("GetLoadBalancerTlsCertificates"),
    "load_balancer_tls_certificate_validation_records":
        inside("GetLoadBalancerTlsCertificates", "domainValidationRecords"),
    "load_balancer_tls_certificate_renewal_validations":
        inside("GetLoadBalancerTlsCertificates", "renewalSummary.domainValidationOptions"),
    "load_balancer_tls_policies": Table("GetLoadBalancerTlsPolicies"),
    "certificates": Table("GetCertificates"),
    "certificate_validation_records":
        inside("GetCertificates", "certificateDetail.domainValidationRecords", "certificate"),
    "certificate_renewal_validation_records":
        inside("GetCertificates", "certificateDetail.renewalSummary.domainValidationRecords", "certificate"),
    "distributions": Table("GetDistributions", named=True),
    "distribution_cache_behaviors": inside("GetDistributions", "cacheBehaviors", "distribution"),
    "distribution_error_responses":
        inside("GetDistributions", "customErrorResponses", "distribution", named=True),
    "distribution_waf_rules": inside("GetDistributions", "waf.wafRules", "distribution"),
    "distribution_bundles": Table("GetDistributionBundles"),
    "domains": Table("GetDomains"),
    "domain_entries": inside("GetDomains", "domainEntries", "domain"),
    "buckets": Table("GetBuckets"),
    "bucket_access_grants": inside("GetBuckets", "resourcesReceivingAccess", "bucket"),
    "bucket_cors_rules": inside("GetBuckets", "cors.rules", "bucket", named=True),
    "bucket_access_keys": Table("GetBucketAccessKeys"),
    "bucket_bundles": Table("GetBucketBundles"),
    "container_services": Table("GetContainerServices"),
    "container_service_deployments": Table("GetContainerServiceDeployments"),
    "container_service_containers":
        Table("GetContainerServiceDeployments", ("containers",),
              {"deployment_version": "version", "container_name": KEY}),
    "container_images": Table("GetContainerImages"),
    "container_service_powers": Table("GetContainerServicePowers"),
    "container_logs": Table("GetContainerLog"),
    "relational_databases": Table("GetRelationalDatabases"),
    "relational_database_maintenance_actions":
        inside("GetRelationalDatabases", "pendingMaintenanceActions", "relational_database"),
    "relational_database_snapshots": Table("GetRelationalDatabaseSnapshots"),
    "relational_database_events": Table("GetRelationalDatabaseEvents"),
    "relational_database_parameters": Table("GetRelationalDatabaseParameters"),
    "relational_database_log_events": Table("GetRelationalDatabaseLogEvents"),
    "relational_database_blueprints": Table("GetRelationalDatabaseBlueprints"),
    "relational_database_bundles": Table("GetRelationalDatabaseBundles"),
    "alarms": Table("GetAlarms"),
    "contact_methods": Table("GetContactMethods"),
    "blueprints": Table("GetBlueprints"),
    "bundles": Table("GetBundles"),
    "regions": Table("GetRegions"),
    "availability_zones": inside("GetRegions", "availabilityZones", "region", ("name",)),
    "relational_database_availability_zones":
        inside("GetRegions", "relationalDatabaseAvailabilityZones", "region", ("name",)),
    "operations": Table("GetOperations"),
    "export_snapshot_records": Table("GetExportSnapshotRecords"),
    "export_snapshot_record_disks":
        inside("GetExportSnapshotRecords", "sourceInfo.instanceSnapshotInfo.fromDiskInfo", "export_snapshot_record"),
    "cloud_formation_stack_records": Table("GetCloudFormationStackRecords"),
    "cloud_formation_stack_record_sources":
        inside("GetCloudFormationStackRecords", "sourceInfo", "cloud_formation_stack_record"),
    "setup_history": Table("GetSetupHistory"),
    "setup_history_steps": inside("GetSetupHistory", "executionDetails"),
    "cost_estimates":
        Table("GetCostEstimate", ("costEstimates", "resultsByTime"),
              {column: column for column in ("resource_type", "start_time", "end_time", "usage_type")}),
    "instance_metrics": Table("GetInstanceMetricData"),
    "bucket_metrics": Table("GetBucketMetricData"),
    "container_service_metrics": Table("GetContainerServiceMetricData"),
    "distribution_metrics": Table("GetDistributionMetricData"),
    "load_balancer_metrics": Table("GetLoadBalancerMetricData"),
    "relational_database_metrics": Table("GetRelationalDatabaseMetricData"),
}
# Tables of what hangs on the items of every operation above that have such a member.
EVERYWHERE = {"tags": "tags", "add_ons": "addOns"}
OWNER = {"resource_type": "resource_type", "resource_name": NAME, "resource_arn": "arn"}
# The resource type of the one kind of resource that does not say it.
KINDS = {"GetCertificates": "Certificate"}
# What is in no table, with the reason: after a dot members of an answer, after a slash those of its items. That another
# operation tells them is checked (rows.check_repeated).
OMITTED = {
    "GetAutoSnapshots.resourceType": "whether the name is an instance's or a disk's, which their own tables tell",
    "GetBuckets.accountLevelBpaSync": "about the account, not about a bucket",
    "GetBucketAccessKeys/secretAccessKey": "a secret",
    "GetContainerServices/currentDeployment.containers": "GetContainerServiceDeployments tells them",
    "GetContainerServices/nextDeployment.containers": "GetContainerServiceDeployments tells them",
    "GetDistributions/subdomain": "newer than the SDK for Rust in Cargo.lock",
    "GetInstanceSnapshots/fromAttachedDisks.addOns": "of a disk as it was: none of them does anything any more",
    "GetInstances/hardware.disks.addOns": "GetDisks tells them",
    "GetRelationalDatabases/pendingModifiedValues.masterUserPassword": "a secret",
}


def item_shape(model, operation):
    """The shape of the items that an operation gives, and the other members of its answer, but for page tokens."""
    operation = model.operation_model(operation)
    answer = operation.output_shape.members
    [key] = [key for key, member in answer.items() if member.type_name == "list"]
    # What repeats the request is told by the request.
    others = answer.keys() - {key} - operation.input_shape.members.keys()
    return answer[key].member, {other for other in others if not other.endswith("Token")}


def tables(model):
    """All tables by name, each with what it comes from."""
    found = {name: [table] for name, table in TABLES.items()}
    shapes = {table.operation: item_shape(model, table.operation)[0] for table in TABLES.values()}
    for name, member in EVERYWHERE.items():
        feeds = [operation for operation, shape in shapes.items() if member in shape.members]
        found[name] = [Table(operation, (member,), OWNER, shows_request=False) for operation in feeds]
    return found


def omitted(operation, path):
    """What is left out of the structures at `path` in the items of an operation."""
    at = f"{operation}/" + "".join(f"{key}." for key in path)
    return {tuple(place.removeprefix(at).split(".")) for place in OMITTED if place.startswith(at)}


def unplaced(model, known):
    """Members of answers that are in no table though nothing says why, and reasons that nothing needs."""
    lost, needed = set(), set()
    feeds = {(table.operation, table.path) for group in known.values() for table in group}
    for operation in {operation for operation, _ in feeds}:
        shape, others = item_shape(model, operation)
        places = {f"{operation}.{other}" for other in others}
        lists = {path[:end] for name, path in feeds if name == operation for end in range(1, len(path) + 1)}
        structures = {(): shape}
        while structures:
            at, shape = structures.popitem()
            for path, member in members(shape):
                here = (*at, *path)
                reasons = {f"{operation}/{'.'.join(here[:end])}" for end in range(1, len(here) + 1)} & OMITTED.keys()
                needed |= reasons
                if here in lists:
                    structures[here] = elements_of(member)
                elif not reasons and not is_column(path, member):
                    lost.add(f"{operation}/{'.'.join(here)}")
        needed |= places & OMITTED.keys()
        lost |= places - OMITTED.keys()
    return lost, OMITTED.keys() - needed
