"""Does boto3 read every operation of the embedded endpoint, to the last page, and is all of it in the service model?

Every operation of boto3's model that reads is asked here, or on NOT_SERVED. Listings are read by hand and with boto3's
paginator where it has one; the raw JSON of every response is held against the model: no member that the model does not
know, no value of another type, and over all responses no member that never comes.
"""

import json
from collections import defaultdict
from datetime import timedelta

from botocore.config import Config
from botocore.exceptions import ClientError

from asks import AT_HOME, CHILDREN, HOME, LISTINGS, LOGS, METRICS, WEEK, Region, name_of

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
    for operation, *_ in METRICS:
        for arguments, _ in region.requests(operation):
            check_metric(check, region, operation, arguments)
    for arguments, _ in region.requests("GetContainerLog"):
        check_log(check, region, "GetContainerLog", arguments)
    for arguments, _ in region.requests("GetRelationalDatabaseLogEvents"):
        check_log_both_ways(check, region, arguments)


def check_metric(check, region, operation, arguments):
    times = [point["timestamp"] for point in region.read(operation, arguments)]
    expected = [WEEK["startTime"] + timedelta(days=day) for day in range(7)]
    # Of what has stopped there are no points since.
    right = times == expected or (operation == "GetInstanceMetricData" and times == expected[: len(times)])
    check(f"{region.name}: {operation} {arguments} has a point a day", right, times)


def check_log(check, region, operation, arguments):
    events = region.read(operation, arguments)
    times = [event["createdAt"] for event in events]
    inside = all(WEEK["startTime"] <= time < WEEK["endTime"] for time in times)
    check(f"{region.name}: {operation} {arguments} is in order", times == sorted(times) and inside and len(times) > 100)


def check_log_both_ways(check, region, arguments):
    forward = [event for page in region.walk(arguments, True, "nextForwardToken") for event in page]
    backward = region.read("GetRelationalDatabaseLogEvents", arguments)
    check(f"{region.name}: {arguments} reads the same both ways", forward == backward and len(forward) > 100)


def check_operations(check, client, regions):
    """Gives what was read of each region. `client(region, **more)` makes a boto3 client; `check(…)` counts."""
    model, read = Model(), {}
    for name in regions:
        lightsail = client(name)
        model.listen(lightsail)
        read[name] = Region(check, lightsail, name)
        check_region(check, read[name])
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
    return read


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
