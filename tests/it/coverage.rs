//! Nothing that the API returns is left out by accident: the SDK's own model of each shape is walked, and every leaf
//! must come out of a table, in the column that the naming rules give it.

/// The facts are those that the endpoint's own tests have.
#[path = "../../crates/lightsail-demo/src/tests/answers.rs"]
mod answers;
mod probe;
mod shapes;

use std::collections::BTreeSet;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion_lightsail::catalog::operation::{Items, Operation};
use datafusion_lightsail::catalog::table::Origin;
use datafusion_lightsail::catalog::{TABLES, Table};
use probe::{MARKERS, Probe};
use shapes::{SHAPES, Shape, asked};

/// The version of the SDK that [`SDK_READS`] was taken from. Nothing in the SDK lists its operations at run time, so a
/// new version asks to look again: `ls src/operation` of the crate, all `get_*` and `is_*` there.
const SDK_VERSION: &str = "1.135.0";

/// Every operation of that version that reads, with the reason where it is neither a table nor a look-up of one.
const SDK_READS: &[(&str, Option<&str>)] = &[
    ("GetActiveNames", Some("names alone, of what other tables list with all they have")),
    ("GetAlarms", None),
    ("GetAutoSnapshots", None),
    ("GetBlueprints", None),
    ("GetBucketAccessKeys", None),
    ("GetBucketBundles", None),
    ("GetBucketMetricData", None),
    ("GetBuckets", None),
    ("GetBundles", None),
    ("GetCertificates", None),
    ("GetCloudFormationStackRecords", None),
    ("GetContactMethods", None),
    ("GetContainerAPIMetadata", Some("about a plugin of the AWS CLI, not about resources")),
    ("GetContainerImages", None),
    ("GetContainerLog", None),
    ("GetContainerServiceDeployments", None),
    ("GetContainerServiceMetricData", None),
    ("GetContainerServicePowers", None),
    ("GetContainerServices", None),
    ("GetCostEstimate", None),
    ("GetDisk", None),
    ("GetDiskSnapshot", None),
    ("GetDiskSnapshots", None),
    ("GetDisks", None),
    ("GetDistributionBundles", None),
    ("GetDistributionLatestCacheReset", Some("the state of one request, not of a resource")),
    ("GetDistributionMetricData", None),
    ("GetDistributions", None),
    ("GetDomain", None),
    ("GetDomains", None),
    ("GetExportSnapshotRecords", None),
    ("GetInstance", None),
    ("GetInstanceAccessDetails", Some("secret: keys to log in with")),
    ("GetInstanceMetricData", None),
    ("GetInstancePortStates", None),
    ("GetInstanceSnapshot", None),
    ("GetInstanceSnapshots", None),
    ("GetInstanceState", Some("a part of what GetInstance returns")),
    ("GetInstances", None),
    ("GetKeyPair", None),
    ("GetKeyPairs", None),
    ("GetLoadBalancer", None),
    ("GetLoadBalancerMetricData", None),
    ("GetLoadBalancerTlsCertificates", None),
    ("GetLoadBalancerTlsPolicies", None),
    ("GetLoadBalancers", None),
    (
        "GetOperation",
        Some("by an id that only GetOperations and GetOperationsForResource tell, with all it has"),
    ),
    ("GetOperations", None),
    ("GetOperationsForResource", None),
    ("GetProfile", Some("about a partner program that the account is in, not about resources")),
    ("GetRegions", None),
    ("GetRelationalDatabase", None),
    ("GetRelationalDatabaseBlueprints", None),
    ("GetRelationalDatabaseBundles", None),
    ("GetRelationalDatabaseEvents", None),
    ("GetRelationalDatabaseLogEvents", None),
    ("GetRelationalDatabaseLogStreams", None),
    ("GetRelationalDatabaseMasterUserPassword", Some("secret: a password")),
    ("GetRelationalDatabaseMetricData", None),
    ("GetRelationalDatabaseParameters", None),
    ("GetRelationalDatabaseSnapshot", None),
    ("GetRelationalDatabaseSnapshots", None),
    ("GetRelationalDatabases", None),
    ("GetSetupHistory", None),
    ("GetStaticIp", None),
    ("GetStaticIps", None),
    ("IsVpcPeered", Some("one flag for each region, not about resources")),
];

/// Leaves that are no column: operation, path or what it begins with, and the reason.
const OMITTED: &[(&str, &str, &str)] = &[
    ("GetBucketAccessKeys", "secretAccessKey", "a secret, though the API leaves it out by itself"),
    ("GetCertificates", "certificateDetail.arn", "the same as certificateArn"),
    ("GetCertificates", "certificateDetail.domainName", "the same as domainName"),
    ("GetCertificates", "certificateDetail.name", "the same as certificateName"),
    ("GetCertificates", "certificateDetail.tags", "the same as tags"),
    ("GetContainerServices", "currentDeployment.containers", "container_service_containers has them"),
    ("GetContainerServices", "nextDeployment.containers", "container_service_containers has them"),
    ("GetCostEstimate", "resourceName", "comes from the request"),
    ("GetInstances", "hardware.disks.[].addOns", "add_ons has them, from GetDisks"),
    ("GetInstanceSnapshots", "fromAttachedDisks.[].addOns", "a disk in a snapshot does nothing any more"),
    ("GetLoadBalancerTlsCertificates", "loadBalancerName", "comes from the request"),
    ("GetRelationalDatabases", "pendingModifiedValues.masterUserPassword", "a secret"),
    ("GetSetupHistory", "resource.name", "comes from the request"),
];

/// Leaves whose columns the rules name otherwise: operation, path, column.
const RENAMED: &[(&str, &str, &str)] = &[
    ("GetCertificates", "certificateArn", "arn"),
    ("GetCertificates", "certificateName", "name"),
    ("GetInstances", "instanceStatus.status", "instance_status"),
    ("GetInstances", "state.name", "state"),
    ("GetInstances", "systemStatus.status", "system_status"),
];

fn is_omitted(operation: &Operation, leaf: &str) -> bool {
    OMITTED.iter().any(|(name, path, _)| {
        *name == operation.name
            && leaf.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// The tables that an operation feeds.
fn fed_by(operation: &Operation) -> impl Iterator<Item = &'static dyn Table> {
    TABLES
        .iter()
        .copied()
        .filter(move |table| table.sources().iter().any(|source| source.operation == operation))
}

fn batch(table: &dyn Table, operation: &'static Operation, page: &Items) -> RecordBatch {
    let schema = table.schema();
    let all: Vec<usize> = (0..schema.fields().len()).collect();
    let origin = Origin { operation, profile: "", region: "", account: None };
    table.batch(page, 0..page.len(), origin, &all, &schema).unwrap()
}

/// The columns, as `table.column`, with a cell that `is_wanted`.
fn columns(shape: &Shape, page: &Items, is_wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for table in fed_by(shape.operation) {
        let batch = batch(table, shape.operation, page);
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let format = ArrayFormatter::try_new(column, &FormatOptions::new()).unwrap();
            if (0..column.len()).any(|row| is_wanted(&format.value(row).to_string())) {
                found.insert(format!("{}.{}", table.name(), field.name()));
            }
        }
    }
    found
}

/// The columns in which a marker shows when an item has nothing but one leaf.
fn columns_that_show(shape: &Shape, leaf: &str) -> BTreeSet<String> {
    let page = shape.page(&mut Probe::new(Some(leaf)).with(shape.rows));
    columns(shape, &page, |cell| MARKERS.iter().any(|marker| cell.contains(marker)))
}

fn leaves(shape: &Shape) -> BTreeSet<String> {
    let mut probe = Probe::new(None);
    shape.page(&mut probe);
    probe.leaves
}

/// Snake case as the SDK spells it: `defaultTTL` is `default_ttl`, `r53HostedZone` is `r53_hosted_zone`.
fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, c) in letters.iter().enumerate() {
        let is_after_small = at > 0 && !letters[at - 1].is_ascii_uppercase() && letters[at - 1] != '_';
        let is_before_small = at > 0 && letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && (is_after_small || is_before_small) {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// The column name that the rules give a path: snake case, wrappers without a prefix.
fn column_name(path: &str) -> String {
    let wrappers = ["location", "hardware", "networking", "monthlyTransfer", "certificateDetail"];
    let parts: Vec<&str> = path.split('.').collect();
    if parts.ends_with(&["location", "regionName"]) {
        return "region".into();
    }
    let parts: Vec<&str> = parts.into_iter().filter(|part| !wrappers.contains(part)).collect();
    snake(&parts.join("_"))
}

/// The names that a leaf's column may have. A list of texts is a column of its parent, and so is a map; an element of
/// a list of structures is a row of a child table, or is inside the one column (tags, details) that holds the list.
fn column_names(operation: &Operation, leaf: &str) -> Vec<String> {
    if let Some((.., column)) = RENAMED.iter().find(|(of, path, _)| *of == operation.name && *path == leaf) {
        return vec![(*column).into()];
    }
    let leaf = leaf.replace("{}", "[]");
    let path = leaf.trim_end_matches(".[]");
    match path.rsplit_once(".[].") {
        Some((list, member)) => {
            let list = list.rsplit(".[].").next().unwrap();
            vec![column_name(member), column_name(list)]
        }
        None => vec![column_name(path)],
    }
}

#[test]
fn every_leaf_is_a_column() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for shape in SHAPES.iter() {
        let name = shape.operation.name;
        let leaves = leaves(shape);
        count += leaves.len();
        for leaf in leaves.iter().filter(|leaf| !is_omitted(shape.operation, leaf)) {
            let names = column_names(shape.operation, leaf);
            let shown = columns_that_show(shape, leaf);
            let is_found = |name: &String| shown.iter().any(|column| column.ends_with(&format!(".{name}")));
            if !names.iter().any(is_found) {
                wrong.push(format!(
                    "{name} {leaf}: no column {} shows it, only {shown:?}",
                    names.join(" or ")
                ));
            }
        }
        for (_, path, _) in OMITTED.iter().filter(|(of, ..)| *of == name) {
            if !leaves.iter().any(|leaf| leaf.starts_with(path)) {
                wrong
                    .push(format!("{name} {path}: on the list of omissions, but the API has no such member"));
            }
        }
    }
    assert!(count > 600, "the walk found only {count} leaves");
    assert!(wrong.is_empty(), "{} of {count} leaves\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_column_shows_its_own_member_and_no_other() {
    for (operation, leaf, columns) in [
        ("GetInstances", "hardware.ramSizeInGb", vec!["instances.ram_size_in_gb"]),
        ("GetInstances", "hardware.disks.[].path", vec!["disks.path"]),
        ("GetInstances", "networking.ports.[].cidrs.[]", vec!["ports.cidrs"]),
        ("GetInstances", "addOns.[].threshold", vec!["add_ons.threshold"]),
        ("GetInstances", "systemStatus.details.[].impairedSince", vec!["instances.system_status_details"]),
        ("GetInstances", "tags.[].key", vec!["instances.tags", "tags.key"]),
        ("GetInstances", "tags.[].value", vec!["instances.tags", "tags.value"]),
        ("GetLoadBalancers", "configurationOptions.{}", vec!["load_balancers.configuration_options"]),
        ("GetContainerServices", "publicDomainNames.{}.[]", vec!["container_services.public_domain_names"]),
        (
            "GetContainerServiceDeployments",
            "containers.{}.ports.{}",
            // The name of the container is a marker, too.
            vec!["container_service_containers.container_name", "container_service_containers.ports"],
        ),
        (
            "GetCertificates",
            "certificateDetail.renewalSummary.domainValidationRecords.[].resourceRecord.value",
            vec!["certificate_renewal_validation_records.resource_record_value"],
        ),
    ] {
        let shape = SHAPES.iter().find(|shape| shape.operation.name == operation).unwrap();
        let shown = columns_that_show(shape, leaf);
        assert_eq!(shown, columns.into_iter().map(String::from).collect(), "{leaf}");
    }
}

#[test]
fn what_was_asked_is_told_by_every_table_that_an_answer_about_one_item_feeds() {
    for shape in SHAPES.iter().filter(|shape| !shape.operation.keys.is_empty()) {
        let page = shape.page(&mut Probe::new(None));
        for (column, member) in shape.operation.keys {
            let shown = columns(shape, &page, |cell| cell == *member);
            let tables = fed_by(shape.operation).filter(|table| table.sources().len() == 1);
            let expected = tables.map(|table| format!("{}.{column}", table.name()));
            assert_eq!(shown, expected.collect(), "{member} of {}", shape.operation.name);
        }
    }
}

#[test]
fn parents_name_whom_to_ask_about() {
    for shape in SHAPES.iter() {
        let all: BTreeSet<_> = shape.operation.keys.iter().map(|(_, member)| *member).collect();
        for parent in shape.operation.parents {
            let of_parent = SHAPES.iter().find(|known| known.operation == parent.operation).unwrap();
            let subjects = (parent.subjects)(&of_parent.page(&mut Probe::new(None)));
            assert!(!subjects.is_empty(), "{} of {}", shape.operation.name, parent.operation.name);
            for subject in subjects {
                let members: BTreeSet<_> = subject.iter().map(|(member, _)| member).collect();
                let known: BTreeSet<_> = asked(parent.operation).iter().map(|(member, _)| member).collect();
                let missing: BTreeSet<_> = all.difference(&members).collect();
                assert!(missing.is_empty(), "{}: {missing:?}", shape.operation.name);
                let strange: Vec<_> =
                    members.difference(&all).filter(|member| !known.contains(**member)).collect();
                assert!(strange.is_empty(), "{}: {strange:?}", shape.operation.name);
            }
        }
    }
}

#[test]
fn every_operation_that_reads_is_a_table_or_is_left_out_for_a_reason() {
    let version = aws_sdk_lightsail::meta::PKG_VERSION;
    assert_eq!(
        version, SDK_VERSION,
        "a new SDK: does it read more? Look at its operations, then name it here"
    );

    let mut used = BTreeSet::new();
    let mut operations: Vec<_> =
        TABLES.iter().flat_map(|table| table.sources()).map(|source| source.operation).collect();
    while let Some(operation) = operations.pop() {
        used.insert(operation.name);
        used.extend(operation.lookup.as_ref().map(|lookup| lookup.name));
        operations.extend(operation.parents.iter().map(|parent| parent.operation));
    }
    let mut wrong = Vec::new();
    for (name, reason) in SDK_READS {
        match (used.contains(name), reason) {
            (false, None) => wrong.push(format!("{name}: neither a table nor left out for a reason")),
            (true, Some(_)) => wrong.push(format!("{name}: left out, yet a table asks it")),
            _ => {}
        }
    }
    for name in used.iter().filter(|name| !SDK_READS.iter().any(|(known, _)| known == *name)) {
        wrong.push(format!("{name}: asked, but it only should be if it reads"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
