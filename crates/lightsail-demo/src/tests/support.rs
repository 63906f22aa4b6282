//! How the tests read everything that the endpoint serves.

use serde_json::{Value, json};

use super::super::ACCESS_KEY;
use super::super::place::Extent;
use super::fleet::{STANDARD, ask};

/// A listing: its operation, the list in the answer, and the members that make it tell everything.
pub(super) type Listing = (&'static str, &'static str, fn() -> Value);

/// The listings that need no parent's name.
pub(super) const LISTINGS: &[Listing] = &[
    ("GetInstances", "instances", || json!({"includeHealthStatus": true})),
    ("GetDisks", "disks", || json!({})),
    ("GetInstanceSnapshots", "instanceSnapshots", || json!({})),
    ("GetDiskSnapshots", "diskSnapshots", || json!({})),
    ("GetStaticIps", "staticIps", || json!({})),
    ("GetKeyPairs", "keyPairs", || json!({"includeDefaultKeyPair": true})),
    ("GetLoadBalancers", "loadBalancers", || json!({})),
    ("GetLoadBalancerTlsPolicies", "tlsPolicies", || json!({})),
    ("GetCertificates", "certificates", || json!({"includeCertificateDetails": true})),
    ("GetDistributions", "distributions", || json!({})),
    ("GetDistributionBundles", "bundles", || json!({})),
    ("GetDomains", "domains", || json!({})),
    ("GetBuckets", "buckets", || json!({"includeConnectedResources": true})),
    ("GetBucketBundles", "bundles", || json!({"includeInactive": true})),
    ("GetContainerServices", "containerServices", || json!({})),
    ("GetContainerServicePowers", "powers", || json!({})),
    ("GetRelationalDatabases", "relationalDatabases", || json!({})),
    ("GetRelationalDatabaseSnapshots", "relationalDatabaseSnapshots", || json!({})),
    ("GetRelationalDatabaseBlueprints", "blueprints", || json!({})),
    ("GetRelationalDatabaseBundles", "bundles", || json!({"includeInactive": true})),
    ("GetAlarms", "alarms", || json!({})),
    ("GetContactMethods", "contactMethods", || json!({})),
    ("GetBlueprints", "blueprints", || json!({"includeInactive": true})),
    ("GetBlueprints", "blueprints", || json!({"appCategory": "LfR"})),
    ("GetBundles", "bundles", || json!({"includeInactive": true})),
    ("GetBundles", "bundles", || json!({"appCategory": "LfR"})),
    ("GetOperations", "operations", || json!({})),
    ("GetExportSnapshotRecords", "exportSnapshotRecords", || json!({})),
    ("GetCloudFormationStackRecords", "cloudFormationStackRecords", || json!({})),
    (
        "GetRegions",
        "regions",
        || json!({"includeAvailabilityZones": true, "includeRelationalDatabaseAvailabilityZones": true}),
    ),
];

/// What only us-east-1 can tell.
pub(super) const AT_HOME: [&str; 2] = ["GetDistributions", "GetDomains"];

/// A listing of things that have a parent: the parents' operation, its list, the parent's name there; then the
/// operation, its list, the member that takes the parent's name, and further members.
pub(super) type Children = ([&'static str; 2], &'static str, [&'static str; 2], &'static str, fn() -> Value);

pub(super) const CHILDREN: &[Children] = &[
    (["GetInstances", "instances"], "name", ["GetInstancePortStates", "portStates"], "instanceName", || {
        json!({})
    }),
    (["GetInstances", "instances"], "name", ["GetAutoSnapshots", "autoSnapshots"], "resourceName", || {
        json!({})
    }),
    (["GetDisks", "disks"], "name", ["GetAutoSnapshots", "autoSnapshots"], "resourceName", || json!({})),
    (
        ["GetInstances", "instances"],
        "name",
        ["GetSetupHistory", "setupHistory"],
        "resourceName",
        || json!({}),
    ),
    (
        ["GetInstances", "instances"],
        "name",
        ["GetOperationsForResource", "operations"],
        "resourceName",
        || json!({}),
    ),
    (
        ["GetInstances", "instances"],
        "name",
        ["GetCostEstimate", "resourcesBudgetEstimate"],
        "resourceName",
        || json!({"startTime": 1_766_000_000, "endTime": 1_767_225_600}),
    ),
    (
        ["GetLoadBalancers", "loadBalancers"],
        "name",
        ["GetLoadBalancerTlsCertificates", "tlsCertificates"],
        "loadBalancerName",
        || json!({}),
    ),
    (
        ["GetBuckets", "buckets"],
        "name",
        ["GetBuckets", "buckets"],
        "bucketName",
        || json!({"includeCors": true}),
    ),
    (["GetBuckets", "buckets"], "name", ["GetBucketAccessKeys", "accessKeys"], "bucketName", || json!({})),
    (
        ["GetContainerServices", "containerServices"],
        "containerServiceName",
        ["GetContainerServiceDeployments", "deployments"],
        "serviceName",
        || json!({}),
    ),
    (
        ["GetContainerServices", "containerServices"],
        "containerServiceName",
        ["GetContainerImages", "containerImages"],
        "serviceName",
        || json!({}),
    ),
    (
        ["GetRelationalDatabases", "relationalDatabases"],
        "name",
        ["GetRelationalDatabaseEvents", "relationalDatabaseEvents"],
        "relationalDatabaseName",
        || json!({"durationInMinutes": 20_160}),
    ),
    (
        ["GetRelationalDatabases", "relationalDatabases"],
        "name",
        ["GetRelationalDatabaseParameters", "parameters"],
        "relationalDatabaseName",
        || json!({}),
    ),
    (
        ["GetRelationalDatabases", "relationalDatabases"],
        "name",
        ["GetRelationalDatabaseLogStreams", "logStreams"],
        "relationalDatabaseName",
        || json!({}),
    ),
];

/// The look-ups by name: the parents' operation and list, the look-up and its member in the answer, the one that
/// takes the name.
pub(super) const LOOKUPS: &[([&str; 2], [&str; 2], &str)] = &[
    (["GetInstances", "instances"], ["GetInstance", "instance"], "instanceName"),
    (["GetDisks", "disks"], ["GetDisk", "disk"], "diskName"),
    (
        ["GetInstanceSnapshots", "instanceSnapshots"],
        ["GetInstanceSnapshot", "instanceSnapshot"],
        "instanceSnapshotName",
    ),
    (["GetDiskSnapshots", "diskSnapshots"], ["GetDiskSnapshot", "diskSnapshot"], "diskSnapshotName"),
    (["GetStaticIps", "staticIps"], ["GetStaticIp", "staticIp"], "staticIpName"),
    (["GetKeyPairs", "keyPairs"], ["GetKeyPair", "keyPair"], "keyPairName"),
    (["GetLoadBalancers", "loadBalancers"], ["GetLoadBalancer", "loadBalancer"], "loadBalancerName"),
    (
        ["GetRelationalDatabases", "relationalDatabases"],
        ["GetRelationalDatabase", "relationalDatabase"],
        "relationalDatabaseName",
    ),
    (
        ["GetRelationalDatabaseSnapshots", "relationalDatabaseSnapshots"],
        ["GetRelationalDatabaseSnapshot", "relationalDatabaseSnapshot"],
        "relationalDatabaseSnapshotName",
    ),
    (["GetDomains", "domains"], ["GetDomain", "domain"], "domainName"),
    (["GetOperations", "operations"], ["GetOperation", "operation"], "operationId"),
];

/// The operations that answer with the measures of something: the listing of such things, their names, the member that
/// takes one, and a metric with its unit.
pub(super) const METRICS: &[(&str, [&str; 3], &str, [&str; 2])] = &[
    (
        "GetInstanceMetricData",
        ["GetInstances", "instances", "name"],
        "instanceName",
        ["CPUUtilization", "Percent"],
    ),
    ("GetBucketMetricData", ["GetBuckets", "buckets", "name"], "bucketName", ["BucketSizeBytes", "Bytes"]),
    (
        "GetContainerServiceMetricData",
        ["GetContainerServices", "containerServices", "containerServiceName"],
        "serviceName",
        ["CPUUtilization", ""],
    ),
    (
        "GetDistributionMetricData",
        ["GetDistributions", "distributions", "name"],
        "distributionName",
        ["Requests", "None"],
    ),
    (
        "GetLoadBalancerMetricData",
        ["GetLoadBalancers", "loadBalancers", "name"],
        "loadBalancerName",
        ["RequestCount", "Count"],
    ),
    (
        "GetRelationalDatabaseMetricData",
        ["GetRelationalDatabases", "relationalDatabases", "name"],
        "relationalDatabaseName",
        ["FreeStorageSpace", "Bytes"],
    ),
];

/// The request that looks up something that a listing has told of.
pub(super) fn lookup(operation: &str, member: &str, listed: &Value) -> Value {
    let mut body = json!({member: listed.get("name").unwrap_or(&listed["id"])});
    if operation == "GetInstance" {
        body["includeHealthStatus"] = true.into();
    }
    body
}

/// A request for a day of a metric, day by day or hour by hour.
pub(super) fn metric_request(member: &str, name: &Value, metric: &str, unit: &str, period: u64) -> Value {
    let statistics = ["Average", "Minimum", "Maximum", "Sum", "SampleCount"];
    let mut body = json!({
        "metricName": metric, "startTime": 1_767_139_200, "endTime": 1_767_225_600, "period": period,
        "statistics": statistics,
    });
    body[member] = name.clone();
    if !unit.is_empty() {
        body["unit"] = unit.into();
    }
    body
}

/// The answer of the standard fleet.
pub(super) fn get(region: &str, operation: &str, body: &Value) -> Value {
    ask(STANDARD, ACCESS_KEY, region, operation, body)
        .unwrap_or_else(|e| panic!("{operation} {body} in {region}: {e}"))
}

/// All pages of a listing.
pub(super) fn pages(extent: Extent, region: &str, operation: &str, body: &Value) -> Vec<Value> {
    let mut body = body.clone();
    let mut pages = Vec::new();
    loop {
        let page = ask(extent, ACCESS_KEY, region, operation, &body)
            .unwrap_or_else(|error| panic!("{operation} {body} in {region}: {error}"));
        let token = page.get("nextPageToken").cloned();
        pages.push(page);
        match token {
            Some(token) => body["pageToken"] = token,
            None => return pages,
        }
    }
}

/// All items of a listing of the standard fleet.
pub(super) fn items(region: &str, operation: &str, key: &str, body: &Value) -> Vec<Value> {
    let list = |page: Value| page[key].as_array().unwrap_or_else(|| panic!("{operation}: no {key}")).clone();
    pages(STANDARD, region, operation, body).into_iter().flat_map(list).collect()
}

/// All items of one of [`LISTINGS`], with the members that make it tell everything; none where it is not served.
pub(super) fn everything(region: &str, operation: &str) -> Vec<Value> {
    if AT_HOME.contains(&operation) && region != "us-east-1" {
        return Vec::new();
    }
    let listings = LISTINGS.iter().filter(|(name, ..)| *name == operation);
    listings.flat_map(|(name, key, body)| items(region, name, key, &body())).collect()
}

/// The names of the regions of the standard fleet.
pub(super) fn regions() -> impl Iterator<Item = &'static str> {
    STANDARD.regions().iter().map(|region| region.name)
}

/// Every answer that the standard fleet has to give, with its operation.
pub(super) fn answers() -> Vec<(&'static str, Value)> {
    let mut answers = Vec::new();
    for region in regions() {
        let here = |operation: &&str| region == "us-east-1" || !AT_HOME.contains(operation);
        for (operation, _, body) in LISTINGS.iter().filter(|(operation, ..)| here(operation)) {
            answers.extend(
                pages(STANDARD, region, operation, &body()).into_iter().map(|page| (*operation, page)),
            );
        }
        for ([parents, _], name, [operation, _], member, body) in CHILDREN {
            for parent in everything(region, parents) {
                let mut body = body();
                body[member] = parent[name].clone();
                let pages = pages(STANDARD, region, operation, &body);
                answers.extend(pages.into_iter().map(|page| (*operation, page)));
            }
        }
        for ([parents, _], [operation, _], member) in LOOKUPS {
            for parent in everything(region, parents) {
                answers.push((operation, get(region, operation, &lookup(operation, member, &parent))));
            }
        }
        for (operation, [parents, _, name], member, [metric, unit]) in METRICS {
            for parent in everything(region, parents) {
                let body = metric_request(member, &parent[name], metric, unit, 86_400);
                answers.push((operation, get(region, operation, &body)));
            }
        }
        for service in everything(region, "GetContainerServices") {
            let body = json!({"serviceName": service["containerServiceName"], "containerName": "web"});
            if service.get("currentDeployment").is_some() {
                answers.push(("GetContainerLog", get(region, "GetContainerLog", &body)));
            }
        }
        for database in everything(region, "GetRelationalDatabases") {
            let streams = get(
                region,
                "GetRelationalDatabaseLogStreams",
                &json!({"relationalDatabaseName": database["name"]}),
            );
            for stream in streams["logStreams"].as_array().unwrap() {
                let body = json!({"relationalDatabaseName": database["name"], "logStreamName": stream});
                answers.push((
                    "GetRelationalDatabaseLogEvents",
                    get(region, "GetRelationalDatabaseLogEvents", &body),
                ));
            }
        }
    }
    answers
}
