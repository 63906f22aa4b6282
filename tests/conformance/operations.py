"""Does boto3 read every operation of the embedded endpoint, to the last page, and is all of it in the service model?

Every operation of boto3's model that reads is asked here, or on NOT_SERVED. Listings are read by hand and with boto3's
paginator where it has one; the raw JSON of every response is held against the model: no member that the model does not
know, no value of another type, and over all responses no member that never comes.
"""

import json
from collections import defaultdict
from datetime import datetime, timedelta, timezone

from botocore.config import Config
from botocore.exceptions import ClientError

HOME = "us-east-1"
TODAY = datetime(2026, 1, 1, tzinfo=timezone.utc)
WEEK = {"startTime": TODAY - timedelta(days=7), "endTime": TODAY}
PAGE = 20

# Listings that need no name, with the members that make them tell everything.
LISTINGS = [
    ("GetAlarms", {}),
    ("GetBlueprints", {}),
    ("GetBlueprints", {"includeInactive": True}),
    ("GetBlueprints", {"appCategory": "LfR"}),
    ("GetBucketBundles", {"includeInactive": True}),
    ("GetBuckets", {"includeConnectedResources": True}),
    ("GetBundles", {}),
    ("GetBundles", {"includeInactive": True}),
    ("GetBundles", {"appCategory": "LfR"}),
    ("GetCertificates", {"includeCertificateDetails": True}),
    ("GetCertificates", {"certificateStatuses": ["ISSUED", "EXPIRED"]}),
    ("GetCloudFormationStackRecords", {}),
    ("GetContactMethods", {}),
    ("GetContainerServicePowers", {}),
    ("GetContainerServices", {}),
    ("GetDiskSnapshots", {}),
    ("GetDisks", {}),
    ("GetDistributionBundles", {}),
    ("GetDistributions", {}),
    ("GetDomains", {}),
    ("GetExportSnapshotRecords", {}),
    ("GetInstanceSnapshots", {}),
    ("GetInstances", {"includeHealthStatus": True}),
    ("GetKeyPairs", {"includeDefaultKeyPair": True}),
    ("GetLoadBalancerTlsPolicies", {}),
    ("GetLoadBalancers", {}),
    ("GetOperations", {}),
    ("GetRegions", {"includeAvailabilityZones": True, "includeRelationalDatabaseAvailabilityZones": True}),
    ("GetRelationalDatabaseBlueprints", {}),
    ("GetRelationalDatabaseBundles", {"includeInactive": True}),
    ("GetRelationalDatabaseSnapshots", {}),
    ("GetRelationalDatabases", {}),
    ("GetStaticIps", {}),
]
AT_HOME = {"GetDistributions", "GetDomains"}
# Listings of what hangs on something: the listing of those things, the member that takes their name, more members.
CHILDREN = [
    ("GetAutoSnapshots", "GetInstances", "resourceName", {}),
    ("GetAutoSnapshots", "GetDisks", "resourceName", {}),
    ("GetBucketAccessKeys", "GetBuckets", "bucketName", {}),
    ("GetBuckets", "GetBuckets", "bucketName", {"includeCors": True}),
    ("GetContainerImages", "GetContainerServices", "serviceName", {}),
    ("GetContainerServiceDeployments", "GetContainerServices", "serviceName", {}),
    ("GetCostEstimate", "GetInstances", "resourceName", WEEK),
    ("GetCostEstimate", "GetRelationalDatabases", "resourceName", WEEK),
    ("GetInstancePortStates", "GetInstances", "instanceName", {}),
    ("GetLoadBalancerTlsCertificates", "GetLoadBalancers", "loadBalancerName", {}),
    ("GetOperationsForResource", "GetInstances", "resourceName", {}),
    ("GetRelationalDatabaseEvents", "GetRelationalDatabases", "relationalDatabaseName", {"durationInMinutes": 20160}),
    ("GetRelationalDatabaseLogStreams", "GetRelationalDatabases", "relationalDatabaseName", {}),
    ("GetRelationalDatabaseParameters", "GetRelationalDatabases", "relationalDatabaseName", {}),
    ("GetSetupHistory", "GetInstances", "resourceName", {}),
]
# Look-ups by name, with the listing that must tell the same.
LOOKUPS = [
    ("GetDisk", "GetDisks", "diskName"),
    ("GetDiskSnapshot", "GetDiskSnapshots", "diskSnapshotName"),
    ("GetDomain", "GetDomains", "domainName"),
    ("GetInstance", "GetInstances", "instanceName"),
    ("GetInstanceSnapshot", "GetInstanceSnapshots", "instanceSnapshotName"),
    ("GetKeyPair", "GetKeyPairs", "keyPairName"),
    ("GetLoadBalancer", "GetLoadBalancers", "loadBalancerName"),
    ("GetOperation", "GetOperations", "operationId"),
    ("GetRelationalDatabase", "GetRelationalDatabases", "relationalDatabaseName"),
    ("GetRelationalDatabaseSnapshot", "GetRelationalDatabaseSnapshots", "relationalDatabaseSnapshotName"),
    ("GetStaticIp", "GetStaticIps", "staticIpName"),
]
# Metrics: the listing of what is measured, the member that takes its name, and the unit of each metric ("*": the rest).
METRICS = [
    ("GetBucketMetricData", "GetBuckets", "bucketName", {"BucketSizeBytes": "Bytes", "*": "Count"}),
    ("GetContainerServiceMetricData", "GetContainerServices", "serviceName", {"*": None}),
    ("GetDistributionMetricData", "GetDistributions", "distributionName",
     {"TotalErrorRate": "Percent", "Http4xxErrorRate": "Percent", "Http5xxErrorRate": "Percent", "*": "None"}),
    ("GetInstanceMetricData", "GetInstances", "instanceName",
     {"CPUUtilization": "Percent", "BurstCapacityPercentage": "Percent", "BurstCapacityTime": "Seconds",
      "NetworkIn": "Bytes", "NetworkOut": "Bytes", "DiskReadBytes": "Bytes", "DiskWriteBytes": "Bytes",
      "DiskTotalReadTime": "Seconds", "DiskTotalWriteTime": "Seconds", "*": "Count"}),
    ("GetLoadBalancerMetricData", "GetLoadBalancers", "loadBalancerName",
     {"InstanceResponseTime": "Seconds", "*": "Count"}),
    ("GetRelationalDatabaseMetricData", "GetRelationalDatabases", "relationalDatabaseName",
     {"CPUUtilization": "Percent", "NetworkReceiveThroughput": "Bytes/Second",
      "NetworkTransmitThroughput": "Bytes/Second", "FreeStorageSpace": "Bytes", "FreeableMemory": "Bytes",
      "SwapUsage": "Bytes", "*": "Count"}),
]
LOGS = {"GetContainerLog", "GetRelationalDatabaseLogEvents"}
# Reading operations that no table needs, or that hand out secrets.
NOT_SERVED = {
    "GetActiveNames", "GetContainerAPIMetadata", "GetDistributionLatestCacheReset", "GetInstanceAccessDetails",
    "GetInstanceState", "GetProfile", "GetRelationalDatabaseMasterUserPassword", "GetSubdomains", "IsVpcPeered",
    "DownloadDefaultKeyPair",
}
# Members that never come, with the reason.
NEVER = {
    "GetBucketAccessKeys.accessKeys.secretAccessKey": "shown once, when the key is made",
    "GetOperationsForResource.nextPageCount": "discontinued",
    "GetOperationsForResource.nextPageToken": "no resource has so many operations",
}
TYPES = {
    "structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "integer": int, "long": int,
    "float": (int, float), "double": (int, float), "timestamp": (int, float),
}


class Model:
    """What all responses said, held against boto3's service model."""

    def __init__(self):
        self.wrong = set()
        self.seen = defaultdict(set)

    def listen(self, lightsail):
        lightsail.meta.events.register("before-parse.lightsail", self._response)

    def _response(self, operation_model, response_dict, **_):
        if response_dict["status_code"] == 200:
            body = json.loads(response_dict["body"])
            self._walk(operation_model.output_shape, body, operation_model.name)

    def _walk(self, shape, value, path):
        kind = TYPES[shape.type_name]
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            self.wrong.add(f"{path}: {type(value).__name__} where the model has a {shape.type_name}")
        elif shape.type_name == "structure":
            self.wrong.update(f"{path}.{key}: no such member" for key in value.keys() - shape.members.keys())
            missing = set(shape.required_members) - value.keys()
            self.wrong.update(f"{path}.{key}: required and absent" for key in missing)
            for key, member in shape.members.items():
                self.seen[f"{path}.{key}"].add(key in value)
                if key in value:
                    self._walk(member, value[key], f"{path}.{key}")
        elif shape.type_name in ("list", "map"):
            member = shape.member if shape.type_name == "list" else shape.value
            for item in value if shape.type_name == "list" else value.values():
                self._walk(member, item, path)

    def never(self):
        return {path for path, there in self.seen.items() if True not in there}


class Region:
    """A region read with boto3: each listing once, by hand."""

    def __init__(self, check, lightsail, name):
        self.check, self.lightsail, self.name = check, lightsail, name
        self.model = lightsail.meta.service_model
        self.methods = {operation: method for method, operation in lightsail.meta.method_to_api_mapping.items()}
        self._read = {}

    def call(self, operation, arguments):
        return getattr(self.lightsail, self.methods[operation])(**arguments)

    def key(self, operation):
        """The one list of the operation's output."""
        members = self.model.operation_model(operation).output_shape.members
        [key] = [key for key, member in members.items() if member.type_name == "list"]
        return key

    def by_hand(self, operation, arguments):
        """All items of a listing, page by page, which must be full but for the last one."""
        key, items, sizes, token = self.key(operation), [], [], None
        while True:
            page = self.call(operation, arguments | ({"pageToken": token} if token else {}))
            items += page[key]
            sizes.append(len(page[key]))
            token = page.get("nextPageToken")
            if not token:
                break
        whole = "pageToken" not in self.model.operation_model(operation).input_shape.members
        pages = [size == PAGE for size in sizes[:-1]] + [whole or 0 < sizes[-1] <= PAGE or len(sizes) == 1]
        self.check(f"{self.name}: {operation} {arguments} has full pages", all(pages), sizes)
        return items

    def listing(self, operation, arguments):
        """The items by hand; boto3's paginator must give the same, at once and in runs that are resumed."""
        items = self.by_hand(operation, arguments)
        method = self.methods[operation]
        if not self.lightsail.can_paginate(method):
            return items
        paginator = self.lightsail.get_paginator(method)
        for size in (None, 7) if len(items) > 7 else (None,):
            found, token = [], None
            while True:
                limits = {"MaxItems": size, "StartingToken": token} if size else {}
                run = paginator.paginate(**arguments, PaginationConfig=limits).build_full_result()
                found += run[self.key(operation)]
                token = run.get("NextToken")
                if not token:
                    break
            what = f"{self.name}: the paginator of {operation} {arguments}, MaxItems={size}"
            self.check(f"{what} gives the items of a loop by hand", found == items, f"{len(found)}, not {len(items)}")
        return items

    def things(self, operation):
        """The things of a listing; none where the region has no say in it."""
        if operation in AT_HOME and self.name != HOME:
            return []
        if operation not in self._read:
            arguments = next(more for name, more in LISTINGS if name == operation)
            self._read[operation] = self.by_hand(operation, arguments)
        return self._read[operation]


def name_of(thing):
    return next(thing[key] for key in ("name", "containerServiceName", "certificateName", "id") if key in thing)


def check_region(check, region):
    for operation, arguments in LISTINGS:
        if operation in AT_HOME and region.name != HOME:
            try:
                region.call(operation, arguments)
                check(f"{region.name}: {operation} is refused", False)
            except region.lightsail.exceptions.InvalidInputException:
                pass
            continue
        items = region.listing(operation, arguments)
        texts = [json.dumps(item, default=str, sort_keys=True) for item in items]
        check(f"{region.name}: {operation} {arguments} gives nothing twice", len(set(texts)) == len(texts))
    for operation, parents, member, more in CHILDREN:
        for parent in region.things(parents):
            region.listing(operation, {member: name_of(parent), **more})
    for operation, listing, member in LOOKUPS:
        for thing in region.things(listing):
            more = {"includeHealthStatus": True} if operation == "GetInstance" else {}
            found = region.call(operation, {member: name_of(thing), **more})
            del found["ResponseMetadata"]
            check(f"{region.name}: {operation} {name_of(thing)} is as listed", list(found.values()) == [thing], found)
    for operation, listing, member, units in METRICS:
        names = region.model.operation_model(operation).input_shape.members["metricName"].enum
        for thing in region.things(listing)[:5]:
            for metric in names:
                check_metric(check, region, operation, {member: name_of(thing)}, metric, units.get(metric, units["*"]))
    for service in region.things("GetContainerServices"):
        for container in service.get("currentDeployment", {}).get("containers", {}):
            log = {"serviceName": service["containerServiceName"], "containerName": container, **WEEK}
            check_log(check, region, "GetContainerLog", log)
    for database in region.things("GetRelationalDatabases"):
        name = {"relationalDatabaseName": database["name"]}
        for stream in region.call("GetRelationalDatabaseLogStreams", name)["logStreams"]:
            check_log_both_ways(check, region, {**name, "logStreamName": stream, **WEEK})


def check_metric(check, region, operation, thing, metric, unit):
    arguments = {
        **thing, **WEEK, "metricName": metric, "period": 86400,
        "statistics": ["Minimum", "Maximum", "Sum", "Average", "SampleCount"],
        **({"unit": unit} if unit else {}),
    }
    points = region.call(operation, arguments)["metricData"]
    times = [point["timestamp"] for point in points]
    expected = [WEEK["startTime"] + timedelta(days=day) for day in range(7)]
    # Of what has stopped there are no points since.
    right = times == expected or (operation == "GetInstanceMetricData" and times == expected[: len(times)])
    check(f"{region.name}: {operation} {thing} {metric} has a point a day", right, times)


def check_log(check, region, operation, arguments):
    events = region.by_hand(operation, arguments)
    times = [event["createdAt"] for event in events]
    inside = all(WEEK["startTime"] <= time < WEEK["endTime"] for time in times)
    check(f"{region.name}: {operation} {arguments} is in order", times == sorted(times) and inside and len(times) > 900)


def check_log_both_ways(check, region, arguments):
    def walk(head, key):
        pages, token = [], None
        while True:
            more = {"pageToken": token} if token else {}
            page = region.call("GetRelationalDatabaseLogEvents", {**arguments, "startFromHead": head, **more})
            # At the end of a log the token that was given comes back.
            if page[key] == token:
                return pages
            pages.append(page["resourceLogEvents"])
            token = page[key]

    forward = [event for page in walk(True, "nextForwardToken") for event in page]
    backward = [event for page in reversed(walk(False, "nextBackwardToken")) for event in page]
    check(f"{region.name}: {arguments} reads the same both ways", forward == backward and len(forward) > 900)


def check_operations(check, client, regions):
    """`client(region, **more)` makes a boto3 client; `check(what, passed, detail)` counts."""
    model = Model()
    for name in regions:
        lightsail = client(name)
        model.listen(lightsail)
        check_region(check, Region(check, lightsail, name))
    for wrong in sorted(model.wrong):
        check("what is served is in the model", False, wrong)
    excused = NEVER.keys() | {path for path in model.never() if idling_of_a_disk(path) or only_page(path)}
    check("every member comes somewhere", model.never() == excused, sorted(model.never() ^ excused))
    check("every excuse is needed", NEVER.keys() <= model.never(), sorted(NEVER.keys() - model.never()))

    lightsail = client(HOME, config=Config(retries={"total_max_attempts": 1}))
    names = lightsail.meta.service_model.operation_names
    reading = {name for name in names if name.startswith(("Get", "Is", "Download"))}
    asked = {entry[0] for table in (LISTINGS, CHILDREN, LOOKUPS, METRICS) for entry in table} | LOGS
    known = asked | NOT_SERVED
    check("every reading operation is asked or not served", reading == known, sorted(reading ^ known))
    served = {path.split(".")[0] for path in model.seen}
    check("every operation that is asked has answered", served == asked, sorted(served ^ asked))
    region = Region(check, lightsail, HOME)
    for operation in sorted(NOT_SERVED):
        required = region.model.operation_model(operation).input_shape.required_members
        try:
            region.call(operation, {member: "nothing" for member in required})
            code = "an answer"
        except ClientError as error:
            code = error.response["Error"]["Code"]
        check(f"{operation} is not served", code == "UnknownOperationException", code)


def idling_of_a_disk(path):
    """Instances alone can be stopped when they idle: an add-on of a disk has no such members."""
    return "isk" in path and path.endswith((".addOns.threshold", ".addOns.duration"))


def only_page(path):
    """The standard fleet ends on its first page of these everywhere."""
    return path in {
        f"{operation}.nextPageToken"
        for operation in (
            "GetKeyPairs", "GetLoadBalancers", "GetLoadBalancerTlsPolicies", "GetDomains", "GetRelationalDatabases",
            "GetRelationalDatabaseSnapshots", "GetRelationalDatabaseBlueprints", "GetRelationalDatabaseBundles",
            "GetCloudFormationStackRecords", "GetSetupHistory",
        )
    }
