"""What boto3 asks the embedded endpoint, and how it reads the answers: by hand, page by page, to the last one."""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone

HOME = "us-east-1"
TODAY = datetime(2026, 1, 1, tzinfo=timezone.utc)
WEEK = {"startTime": TODAY - timedelta(days=7), "endTime": TODAY}
PAGE = 20
# In seconds.
DAY = 86400

# Listings that need no name, with the members that make them tell everything.
LISTINGS = [
    ("GetAlarms", {}),
    ("GetBlueprints", {}),
    ("GetBlueprints", {"includeInactive": True}),
    ("GetBlueprints", {"appCategory": "LfR"}),
    ("GetBlueprints", {"includeInactive": True, "appCategory": "LfR"}),
    ("GetBucketBundles", {"includeInactive": True}),
    ("GetBuckets", {"includeConnectedResources": True}),
    ("GetBundles", {}),
    ("GetBundles", {"includeInactive": True}),
    ("GetBundles", {"appCategory": "LfR"}),
    ("GetBundles", {"includeInactive": True, "appCategory": "LfR"}),
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
LISTED = {operation for operation, _ in LISTINGS}
# Listings that are complete only together; of the others the first entry above tells all.
TOGETHER = {
    operation: [{"includeInactive": True}, {"includeInactive": True, "appCategory": "LfR"}]
    for operation in ("GetBlueprints", "GetBundles")
}
# What comes in pages, but is too little for two of them whatever the fleet.
ONE_PAGE = {
    "GetKeyPairs", "GetLoadBalancerTlsPolicies", "GetOperationsForResource", "GetRelationalDatabaseBlueprints",
    "GetRelationalDatabaseBundles", "GetSetupHistory",
}
AT_HOME = {"GetDistributions", "GetDomains"}
# Listings of what hangs on something: the listing of those things, the member that takes their name, more members.
CHILDREN = [
    ("GetAutoSnapshots", "GetInstances", "resourceName", {}),
    ("GetAutoSnapshots", "GetDisks", "resourceName", {}),
    ("GetBucketAccessKeys", "GetBuckets", "bucketName", {}),
    ("GetBuckets", "GetBuckets", "bucketName", {"includeCors": True}),
    ("GetContainerImages", "GetContainerServices", "serviceName", {}),
    ("GetContainerServiceDeployments", "GetContainerServices", "serviceName", {}),
    ("GetCostEstimate", "GetDisks", "resourceName", WEEK),
    ("GetCostEstimate", "GetInstances", "resourceName", WEEK),
    ("GetCostEstimate", "GetRelationalDatabases", "resourceName", WEEK),
    ("GetDistributions", "GetDistributions", "distributionName", {}),
    ("GetInstancePortStates", "GetInstances", "instanceName", {}),
    ("GetLoadBalancerTlsCertificates", "GetLoadBalancers", "loadBalancerName", {}),
    ("GetOperationsForResource", "GetInstances", "resourceName", {}),
    ("GetRelationalDatabaseEvents", "GetRelationalDatabases", "relationalDatabaseName", {"durationInMinutes": 20160}),
    ("GetRelationalDatabaseLogStreams", "GetRelationalDatabases", "relationalDatabaseName", {}),
    ("GetRelationalDatabaseParameters", "GetRelationalDatabases", "relationalDatabaseName", {}),
    ("GetSetupHistory", "GetInstances", "resourceName", {}),
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
# So many resources of a kind are measured in each region: every metric is a call.
MEASURED = 5
LOGS = {"GetContainerLog", "GetRelationalDatabaseLogEvents"}


def listings(operation):
    return [arguments for name, arguments in LISTINGS if name == operation]


def metric_of(thing, metric, unit):
    """The arguments that ask for a metric of a thing: a point for each day of the week."""
    return {
        **thing, **WEEK, "metricName": metric, "period": DAY,
        "statistics": ["Minimum", "Maximum", "Sum", "Average", "SampleCount"],
        **({"unit": unit} if unit else {}),
    }


def name_of(thing):
    return next(thing[key] for key in ("name", "containerServiceName", "certificateName", "id") if key in thing)


class Region:
    """A region read with boto3: whatever is asked twice is read once."""

    def __init__(self, check, lightsail, name):
        self.check, self.lightsail, self.name = check, lightsail, name
        self.model = lightsail.meta.service_model
        self.methods = {operation: method for method, operation in lightsail.meta.method_to_api_mapping.items()}
        self.pages = Counter()
        self._read = {}

    def call(self, operation, arguments):
        return getattr(self.lightsail, self.methods[operation])(**arguments)

    def key(self, operation):
        """The one list of the operation's output."""
        members = self.model.operation_model(operation).output_shape.members
        [key] = [key for key, member in members.items() if member.type_name == "list"]
        return key

    def read(self, operation, arguments):
        """All items of an answer, by hand."""
        asked = (operation, json.dumps(arguments, default=str, sort_keys=True))
        if asked not in self._read:
            backwards = operation == "GetRelationalDatabaseLogEvents"
            self._read[asked] = (self._backwards if backwards else self._by_hand)(operation, arguments)
        return self._read[asked]

    def _by_hand(self, operation, arguments):
        """Page by page; the pages must be full but for the last one."""
        key, items, sizes, token = self.key(operation), [], [], None
        while True:
            page = self.call(operation, arguments | ({"pageToken": token} if token else {}))
            items += page[key]
            sizes.append(len(page[key]))
            token = page.get("nextPageToken")
            if not token:
                break
        self.pages[operation] = max(self.pages[operation], len(sizes))
        pages = [size == PAGE for size in sizes[:-1]]
        pages += [not self.has_pages(operation) or 0 < sizes[-1] <= PAGE or len(sizes) == 1]
        self.check(f"{self.name}: {operation} {arguments} has full pages", all(pages), sizes)
        return items

    def has_pages(self, operation):
        return "pageToken" in self.model.operation_model(operation).input_shape.members

    def _backwards(self, operation, arguments):
        pages = self.walk(arguments, False, "nextBackwardToken")
        self.pages[operation] = max(self.pages[operation], len(pages))
        return [event for page in reversed(pages) for event in page]

    def walk(self, arguments, head, key):
        """The pages of a database's log from its head or its end; at the other one the same token comes back."""
        pages, token = [], None
        while True:
            more = {"pageToken": token} if token else {}
            page = self.call("GetRelationalDatabaseLogEvents", {**arguments, "startFromHead": head, **more})
            if page[key] == token:
                return pages
            pages.append(page["resourceLogEvents"])
            token = page[key]

    def listing(self, operation, arguments):
        """The items by hand; boto3's paginator must give the same, at once and in runs that are resumed."""
        items = self.read(operation, arguments)
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
        return self.read(operation, listings(operation)[0])

    def requests(self, operation, named=False):
        """What to ask to be told everything: (arguments, what they are about, if anything), `named` thing by thing."""
        if operation in LISTED and not named:
            return [(arguments, None) for arguments in TOGETHER.get(operation, listings(operation)[:1])]
        if operation == "GetContainerLog":
            return list(self._container_logs())
        if operation == "GetRelationalDatabaseLogEvents":
            return list(self._database_logs())
        found = [
            ({member: name_of(thing), **more}, thing)
            for name, parents, member, more in CHILDREN if name == operation for thing in self.things(parents)
        ]
        for name, parents, member, units in METRICS:
            for thing in self.things(parents)[:MEASURED] if name == operation else ():
                for metric in self.metrics(operation):
                    unit = units.get(metric, units["*"])
                    found.append((metric_of({member: name_of(thing)}, metric, unit), thing))
        return found

    def metrics(self, operation):
        return self.model.operation_model(operation).input_shape.members["metricName"].enum

    def _container_logs(self):
        """Each container of the deployments that run or come next."""
        for service in self.things("GetContainerServices"):
            deployments = [service.get(key, {}) for key in ("currentDeployment", "nextDeployment")]
            for container in sorted({name for one in deployments for name in one.get("containers", {})}):
                name = service["containerServiceName"]
                yield {"serviceName": name, "containerName": container, **WEEK}, service

    def _database_logs(self):
        for database in self.things("GetRelationalDatabases"):
            name = {"relationalDatabaseName": database["name"]}
            for stream in self.read("GetRelationalDatabaseLogStreams", name):
                yield {**name, "logStreamName": stream, **WEEK}, database
