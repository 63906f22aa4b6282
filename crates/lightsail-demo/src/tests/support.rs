//! How the tests read everything that the endpoint serves.

use serde_json::{Value, json};

use super::super::ACCESS_KEY;
use super::super::place::Extent;
use super::answers::answers as facts;
use super::fleet::{STANDARD, ask, list};

/// A listing: its operation, and the members that make it tell everything.
pub(super) type Listing = (&'static str, fn() -> Value);

/// The listings that need no parent's name.
pub(super) const LISTINGS: &[Listing] = &[
    ("GetInstances", || json!({"includeHealthStatus": true})),
    ("GetDisks", || json!({})),
    ("GetInstanceSnapshots", || json!({})),
    ("GetDiskSnapshots", || json!({})),
    ("GetStaticIps", || json!({})),
    ("GetKeyPairs", || json!({"includeDefaultKeyPair": true})),
    ("GetLoadBalancers", || json!({})),
    ("GetLoadBalancerTlsPolicies", || json!({})),
    ("GetCertificates", || json!({"includeCertificateDetails": true})),
    ("GetDistributions", || json!({})),
    ("GetDistributionBundles", || json!({})),
    ("GetDomains", || json!({})),
    ("GetBuckets", || json!({"includeConnectedResources": true})),
    ("GetBucketBundles", || json!({"includeInactive": true})),
    ("GetContainerServices", || json!({})),
    ("GetContainerServicePowers", || json!({})),
    ("GetRelationalDatabases", || json!({})),
    ("GetRelationalDatabaseSnapshots", || json!({})),
    ("GetRelationalDatabaseBlueprints", || json!({})),
    ("GetRelationalDatabaseBundles", || json!({"includeInactive": true})),
    ("GetAlarms", || json!({})),
    ("GetContactMethods", || json!({})),
    ("GetBlueprints", || json!({"includeInactive": true})),
    ("GetBlueprints", || json!({"appCategory": "LfR"})),
    ("GetBundles", || json!({"includeInactive": true})),
    ("GetBundles", || json!({"appCategory": "LfR"})),
    ("GetOperations", || json!({})),
    ("GetExportSnapshotRecords", || json!({})),
    ("GetCloudFormationStackRecords", || json!({})),
    (
        "GetRegions",
        || json!({"includeAvailabilityZones": true, "includeRelationalDatabaseAvailabilityZones": true}),
    ),
];

/// What only us-east-1 can tell.
pub(super) const AT_HOME: [&str; 2] = ["GetDistributions", "GetDomains"];

/// A listing of things that have a parent: the parents' operation, the parent's name there; then the operation, the member
/// that takes the parent's name, and further members.
pub(super) type Children = (&'static str, &'static str, &'static str, &'static str, fn() -> Value);

pub(super) const CHILDREN: &[Children] = &[
    ("GetInstances", "name", "GetInstancePortStates", "instanceName", || json!({})),
    ("GetInstances", "name", "GetAutoSnapshots", "resourceName", || json!({})),
    ("GetDisks", "name", "GetAutoSnapshots", "resourceName", || json!({})),
    ("GetInstances", "name", "GetSetupHistory", "resourceName", || json!({})),
    ("GetInstances", "name", "GetOperationsForResource", "resourceName", || json!({})),
    (
        "GetInstances",
        "name",
        "GetCostEstimate",
        "resourceName",
        || json!({"startTime": 1_766_000_000, "endTime": 1_767_225_600}),
    ),
    ("GetLoadBalancers", "name", "GetLoadBalancerTlsCertificates", "loadBalancerName", || json!({})),
    ("GetBuckets", "name", "GetBuckets", "bucketName", || json!({"includeCors": true})),
    ("GetBuckets", "name", "GetBucketAccessKeys", "bucketName", || json!({})),
    ("GetContainerServices", "containerServiceName", "GetContainerServiceDeployments", "serviceName", || {
        json!({})
    }),
    ("GetContainerServices", "containerServiceName", "GetContainerImages", "serviceName", || json!({})),
    (
        "GetRelationalDatabases",
        "name",
        "GetRelationalDatabaseEvents",
        "relationalDatabaseName",
        || json!({"durationInMinutes": 20_160}),
    ),
    ("GetRelationalDatabases", "name", "GetRelationalDatabaseParameters", "relationalDatabaseName", || {
        json!({})
    }),
    ("GetRelationalDatabases", "name", "GetRelationalDatabaseLogStreams", "relationalDatabaseName", || {
        json!({})
    }),
];

/// The look-ups by name: the listing, the look-up, the member that takes the name.
pub(super) const LOOKUPS: &[(&str, &str, &str)] = &[
    ("GetInstances", "GetInstance", "instanceName"),
    ("GetDisks", "GetDisk", "diskName"),
    ("GetInstanceSnapshots", "GetInstanceSnapshot", "instanceSnapshotName"),
    ("GetDiskSnapshots", "GetDiskSnapshot", "diskSnapshotName"),
    ("GetStaticIps", "GetStaticIp", "staticIpName"),
    ("GetKeyPairs", "GetKeyPair", "keyPairName"),
    ("GetLoadBalancers", "GetLoadBalancer", "loadBalancerName"),
    ("GetRelationalDatabases", "GetRelationalDatabase", "relationalDatabaseName"),
    ("GetRelationalDatabaseSnapshots", "GetRelationalDatabaseSnapshot", "relationalDatabaseSnapshotName"),
    ("GetDomains", "GetDomain", "domainName"),
    ("GetOperations", "GetOperation", "operationId"),
];

/// The operations that answer with the measures of something: the listing of such things, their names, the member that
/// takes one, and a metric with its unit.
pub(super) const METRICS: &[(&str, &str, &str, &str, [&str; 2])] = &[
    ("GetInstanceMetricData", "GetInstances", "name", "instanceName", ["CPUUtilization", "Percent"]),
    ("GetBucketMetricData", "GetBuckets", "name", "bucketName", ["BucketSizeBytes", "Bytes"]),
    (
        "GetContainerServiceMetricData",
        "GetContainerServices",
        "containerServiceName",
        "serviceName",
        ["CPUUtilization", ""],
    ),
    ("GetDistributionMetricData", "GetDistributions", "name", "distributionName", ["Requests", "None"]),
    ("GetLoadBalancerMetricData", "GetLoadBalancers", "name", "loadBalancerName", ["RequestCount", "Count"]),
    (
        "GetRelationalDatabaseMetricData",
        "GetRelationalDatabases",
        "name",
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
pub(super) fn items(region: &str, operation: &str, body: &Value) -> Vec<Value> {
    let pages = pages(STANDARD, region, operation, body);
    pages.iter().flat_map(|page| listed(operation, page)).cloned().collect()
}

/// The member of an operation's answer that has what was asked for.
pub(super) fn member(operation: &str) -> &'static str {
    macro_rules! of_operation {
        ($($name:literal => $module:ident::$output:ident, $member:literal: $type:ident;)+) => {
            match operation {
                $($name => $member,)+
                _ => panic!("{operation}: there is no such operation"),
            }
        };
    }
    facts!(of_operation)
}

/// The items of a page.
pub(super) fn listed<'a>(operation: &str, page: &'a Value) -> &'a [Value] {
    list(page, &format!("/{}", member(operation)))
}

/// All items of one of [`LISTINGS`], with the members that make it tell everything; none where it is not served.
pub(super) fn everything(region: &str, operation: &str) -> Vec<Value> {
    if AT_HOME.contains(&operation) && region != "us-east-1" {
        return Vec::new();
    }
    let listings = LISTINGS.iter().filter(|(name, ..)| *name == operation);
    listings.flat_map(|(name, body)| items(region, name, &body())).collect()
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
        for (operation, body) in LISTINGS.iter().filter(|(operation, ..)| here(operation)) {
            answers.extend(
                pages(STANDARD, region, operation, &body()).into_iter().map(|page| (*operation, page)),
            );
        }
        for (parents, name, operation, member, body) in CHILDREN {
            for parent in everything(region, parents) {
                let mut body = body();
                body[member] = parent[name].clone();
                let pages = pages(STANDARD, region, operation, &body);
                answers.extend(pages.into_iter().map(|page| (*operation, page)));
            }
        }
        for (parents, operation, member) in LOOKUPS {
            for parent in everything(region, parents) {
                answers.push((operation, get(region, operation, &lookup(operation, member, &parent))));
            }
        }
        for (operation, parents, name, member, [metric, unit]) in METRICS {
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
