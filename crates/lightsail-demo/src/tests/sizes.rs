//! How much of everything there is, and that a listing gives each thing once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::page::PAGE;
use super::super::place::Extent;
use super::fleet::{STANDARD, list};
use super::support::{
    AT_HOME, CHILDREN, LISTINGS, LOOKUPS, everything, get, items, listed, lookup, member, pages, regions,
};

/// Others pin what the standard fleet gives: it changes on purpose or not at all.
#[test]
fn the_standard_fleet_has_these_sizes() {
    const EXPECTED: &[(&str, [usize; 8])] = &[
        ("GetInstances", [137, 21, 104, 60, 52, 23, 3, 0]),
        ("GetDisks", [85, 17, 69, 38, 38, 13, 1, 0]),
        ("GetInstanceSnapshots", [40, 2, 30, 16, 19, 6, 1, 0]),
        ("GetDiskSnapshots", [53, 9, 31, 17, 18, 9, 0, 0]),
        ("GetStaticIps", [42, 16, 28, 20, 17, 7, 2, 0]),
        ("GetKeyPairs", [4, 4, 4, 4, 4, 4, 4, 0]),
        ("GetLoadBalancers", [4, 0, 3, 1, 1, 0, 0, 0]),
        ("GetCertificates", [25, 0, 2, 1, 1, 0, 0, 0]),
        ("GetDistributions", [22, 0, 0, 0, 0, 0, 0, 0]),
        ("GetDomains", [13, 0, 0, 0, 0, 0, 0, 0]),
        ("GetBuckets", [22, 3, 17, 10, 8, 3, 0, 0]),
        ("GetContainerServices", [2, 0, 2, 1, 1, 0, 0, 0]),
        ("GetRelationalDatabases", [4, 0, 3, 2, 1, 0, 0, 0]),
        ("GetRelationalDatabaseSnapshots", [10, 0, 7, 5, 2, 0, 0, 0]),
        ("GetAlarms", [53, 7, 32, 21, 22, 3, 1, 0]),
        ("GetContactMethods", [2, 1, 2, 1, 2, 1, 2, 0]),
        ("GetOperations", [205, 31, 156, 90, 78, 34, 4, 0]),
        ("GetExportSnapshotRecords", [23, 5, 16, 6, 10, 3, 0, 0]),
        ("GetCloudFormationStackRecords", [2, 0, 4, 1, 2, 1, 0, 0]),
        // The same everywhere: what can be had.
        ("GetLoadBalancerTlsPolicies", [2; 8]),
        ("GetDistributionBundles", [4; 8]),
        ("GetBucketBundles", [4; 8]),
        ("GetContainerServicePowers", [6; 8]),
        ("GetRelationalDatabaseBlueprints", [6; 8]),
        ("GetRelationalDatabaseBundles", [12; 8]),
        ("GetBlueprints", [26; 8]),
        ("GetBundles", [24; 8]),
        ("GetRegions", [8; 8]),
    ];
    for (operation, expected) in EXPECTED {
        let found: Vec<usize> = regions().map(|region| everything(region, operation).len()).collect();
        assert_eq!(&found, expected, "{operation}");
    }
    let pinned: BTreeSet<&str> = EXPECTED.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(pinned, LISTINGS.iter().map(|(operation, ..)| *operation).collect());
}

#[test]
fn whatever_hangs_on_something_is_somewhere() {
    for (parents, name, operation, member, body) in CHILDREN {
        let of = |region, parent: &Value| {
            let mut body = body();
            body[member] = parent[name].clone();
            listed(operation, &get(region, operation, &body)).len()
        };
        let (mut none, mut some) = (0, 0);
        for region in regions() {
            for parent in everything(region, parents) {
                *if of(region, &parent) == 0 { &mut none } else { &mut some } += 1;
            }
        }
        assert!(some > 0, "{operation}: {none} have none, and none has any");
    }
}

#[test]
fn no_two_things_share_a_name_or_an_arn() {
    let mut arns = BTreeSet::new();
    for region in regions() {
        let mut names = BTreeSet::new();
        for (operation, ..) in LISTINGS {
            for one in everything(region, operation) {
                let name =
                    ["name", "containerServiceName", "certificateName"].iter().find_map(|key| one.get(*key));
                let arn = one.get("arn").or_else(|| one.get("certificateArn"));
                let Some(arn) = arn.and_then(Value::as_str) else { continue };
                assert!(arns.insert(arn.to_owned()), "{operation}: {arn} twice");
                assert!(names.insert(name.unwrap().to_string()), "{operation} in {region}: {name:?} twice");
                // Arns of domains and distributions name no region of the fleet.
                let part = if AT_HOME.contains(operation) { "global" } else { region };
                assert_eq!(
                    arn.split(':').collect::<Vec<_>>()[..5],
                    ["arn", "aws", "lightsail", part, "123456789012"]
                );
            }
        }
    }
    assert!(arns.len() > 1400, "{}", arns.len());
}

/// Pages are full but for the last one, and the look-up by name gives the very thing that the listing gives.
#[test]
fn listings_page_and_are_looked_up() {
    for region in regions() {
        for (operation, body) in LISTINGS {
            if AT_HOME.contains(operation) && region != "us-east-1" {
                continue;
            }
            let sizes: Vec<usize> = pages(STANDARD, region, operation, &body())
                .iter()
                .map(|page| listed(operation, page).len())
                .collect();
            let (last, full) = sizes.split_last().unwrap();
            assert!(full.iter().all(|size| *size == PAGE as usize), "{operation}: {sizes:?}");
            assert!(*last > 0 || full.is_empty(), "{operation}: {sizes:?}");
        }
        for (listing, operation, name) in LOOKUPS {
            for one in everything(region, listing) {
                assert_eq!(get(region, operation, &lookup(operation, name, &one))[member(operation)], one);
            }
        }
    }
}

/// The first page and the one after it come at once, however large the fleet is, and names are found in it.
#[test]
fn a_fleet_of_a_million_is_paged_without_being_made() {
    let extent = Extent { regions: 1, instances: Some(1_000_000), ..STANDARD };
    let start = std::time::Instant::now();
    for (operation, body) in LISTINGS {
        let ask = |body: &Value| {
            super::fleet::ask(extent, super::super::ACCESS_KEY, "us-east-1", operation, body)
                .unwrap_or_else(|error| panic!("{operation}: {error}"))
        };
        let mut body = body();
        let page = ask(&body);
        let Some(token) = page.get("nextPageToken") else { continue };
        body["pageToken"] = token.clone();
        let next = ask(&body);
        let names =
            |page: &Value| listed(operation, page).iter().map(Value::to_string).collect::<BTreeSet<_>>();
        assert!(names(&page).is_disjoint(&names(&next)), "{operation}");
        for (listing, lookup_operation, name) in LOOKUPS {
            if listing == operation {
                let first = &listed(operation, &next)[0];
                let body = lookup(lookup_operation, name, first);
                let found =
                    super::fleet::ask(extent, super::super::ACCESS_KEY, "us-east-1", lookup_operation, &body)
                        .unwrap();
                assert_eq!(&found[member(lookup_operation)], first);
            }
        }
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn filters_choose_from_what_there_is() {
    let region = "us-east-1";
    for status in ["ISSUED", "EXPIRED", "PENDING_VALIDATION"] {
        let body = json!({"includeCertificateDetails": true, "certificateStatuses": [status]});
        let chosen = get(region, "GetCertificates", &body);
        let of = |one: &Value| one["certificateDetail"]["status"] == status;
        let all: Vec<Value> = everything(region, "GetCertificates").into_iter().filter(of).collect();
        assert_eq!(chosen["certificates"], Value::from(all));
    }
    let without = get(region, "GetCertificates", &json!({}));
    assert!(list(&without, "/certificates").iter().all(|one| one.get("certificateDetail").is_none()));

    let named = [
        ("GetCertificates", "certificateName", "certificateName"),
        ("GetDistributions", "name", "distributionName"),
        ("GetBuckets", "name", "bucketName"),
        ("GetContainerServices", "containerServiceName", "serviceName"),
        ("GetAlarms", "name", "alarmName"),
    ];
    for (operation, name, asked) in named {
        let (_, body) = LISTINGS.iter().find(|(listing, ..)| *listing == operation).unwrap();
        for one in everything(region, operation) {
            let mut body = body();
            body[asked] = one[name].clone();
            assert_eq!(get(region, operation, &body)[member(operation)], json!([one]));
        }
    }
    for alarm in everything(region, "GetAlarms") {
        let resource = &alarm["monitoredResourceInfo"]["name"];
        let found = get(region, "GetAlarms", &json!({"monitoredResourceName": resource}));
        assert!(list(&found, "/alarms").contains(&alarm));
        let both = json!({"monitoredResourceName": resource, "alarmName": alarm["name"]});
        assert_eq!(get(region, "GetAlarms", &both)["alarms"], json!([alarm]));
    }
    let sms = get(region, "GetContactMethods", &json!({"protocols": ["SMS"]}));
    assert!(list(&sms, "/contactMethods").iter().all(|one| one["protocol"] == "SMS"));
    assert_eq!(list(&sms, "/contactMethods").len(), 1);
}

/// What comes only when asked for: research, what is retired, connected resources.
#[test]
fn what_is_not_asked_for_does_not_come() {
    let count = |operation: &str, body: Value| items("us-east-1", operation, &body).len();
    for (operation, usual, inactive, research) in [("GetBundles", 16, 6, 2), ("GetBlueprints", 21, 3, 2)] {
        assert_eq!(count(operation, json!({})), usual);
        assert_eq!(count(operation, json!({"includeInactive": true})), usual + inactive);
        assert_eq!(count(operation, json!({"appCategory": "LfR"})), research);
    }
    assert_eq!(count("GetRelationalDatabaseBundles", json!({})), 8);
    assert_eq!(count("GetBucketBundles", json!({})), 3);
    let plain = get("us-east-1", "GetBuckets", &json!({}));
    assert!(list(&plain, "/buckets").iter().all(|one| one.get("resourcesReceivingAccess").is_none()));
    assert!(list(&plain, "/buckets").iter().all(|one| one.get("cors").is_none()));
}
