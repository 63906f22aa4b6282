//! The standard fleet as a whole, and what its operations answer.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::ACCESS_KEY;
use super::super::auth::account;
use super::super::fleet::TODAY;
use super::super::operations;
use super::super::page::PAGE;
use super::super::place::{Extent, Place};
use super::super::random::hash;
use super::super::token;

pub(super) const STANDARD: Extent = Extent { regions: 8, instances: None, page: PAGE, today: TODAY };

pub(super) fn ask(
    extent: Extent,
    key: &str,
    region: &str,
    operation: &str,
    body: &Value,
) -> Result<Value, String> {
    let (number, _) = extent.region(region).unwrap();
    let answer = operations::answer(extent, &account(key), number, operation, body);
    answer.map(|text| serde_json::from_str(&text).unwrap()).map_err(|error| error.body())
}

fn pages(extent: Extent, key: &str, region: &str) -> Vec<Value> {
    let mut body = json!({"includeHealthStatus": true});
    let mut pages = Vec::new();
    loop {
        let page = ask(extent, key, region, "GetInstances", &body).unwrap();
        let token = page.get("nextPageToken").cloned();
        pages.push(page);
        match token {
            Some(token) => body["pageToken"] = token,
            None => return pages,
        }
    }
}

fn instances(extent: Extent, key: &str, region: &str) -> Vec<Value> {
    let list = |page: Value| page["instances"].as_array().unwrap().clone();
    pages(extent, key, region).into_iter().flat_map(list).collect()
}

fn standard() -> Vec<Value> {
    STANDARD.regions().iter().flat_map(|region| instances(STANDARD, ACCESS_KEY, region.name)).collect()
}

pub(super) fn list<'a>(of: &'a Value, pointer: &str) -> &'a [Value] {
    of.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[test]
fn the_regions_have_the_sizes_that_tests_need() {
    let sizes: Vec<(usize, usize)> = STANDARD
        .regions()
        .iter()
        .map(|region| {
            let pages = pages(STANDARD, ACCESS_KEY, region.name);
            (pages.len(), pages.iter().map(|page| list(page, "/instances").len()).sum())
        })
        .collect();
    assert_eq!(sizes, [(7, 137), (2, 21), (6, 104), (3, 60), (3, 52), (2, 23), (1, 3), (1, 0)]);
    assert_eq!(pages(STANDARD, ACCESS_KEY, "ca-central-1"), [json!({"instances": []})]);
}

#[test]
fn no_two_instances_share_what_must_be_unique() {
    let fleet = standard();
    let distinct = |key: fn(&Value) -> String| fleet.iter().map(key).collect::<BTreeSet<_>>().len();
    assert_eq!(fleet.len(), 400);
    assert_eq!(distinct(|one| one["arn"].to_string()), 400);
    assert_eq!(distinct(|one| one["supportCode"].to_string()), 400);
    assert_eq!(distinct(|one| format!("{}{}", one["location"]["regionName"], one["name"])), 400);
    assert!(distinct(|one| one["name"].to_string()) < 400, "a name is unique in its region only");
    let addresses: Vec<&Value> = fleet.iter().filter_map(|one| one.get("publicIpAddress")).collect();
    assert_eq!(addresses.iter().map(|ip| ip.to_string()).collect::<BTreeSet<_>>().len(), addresses.len());
    let disks: Vec<&Value> = fleet.iter().flat_map(|one| list(one, "/hardware/disks")).collect();
    let arns: Vec<String> = disks.iter().filter_map(|disk| disk.get("arn")).map(Value::to_string).collect();
    assert_eq!(arns.iter().collect::<BTreeSet<_>>().len(), arns.len());
    let count = |pointer| fleet.iter().map(|one| list(one, pointer).len()).sum::<usize>();
    let of_disks = |pointer| disks.iter().map(|disk| list(disk, pointer).len()).sum::<usize>();
    let totals = [disks.len(), arns.len(), count("/networking/ports")];
    let shared = [count("/tags") + of_disks("/tags"), count("/addOns") + of_disks("/addOns")];
    assert_eq!(
        (totals, shared),
        ([595, 217, 1126], [1184, 308]),
        "disks, attached ones, ports; tags, add-ons"
    );
}

/// Whatever has ever tripped a reader of this API must be in the standard fleet.
#[test]
fn every_odd_case_is_there() {
    type Case = (&'static str, fn(&Value) -> bool);
    const INSTANCE: &[Case] = &[
        ("tags absent", |i| i.get("tags").is_none()),
        ("tags empty", |i| i["tags"] == json!([])),
        ("add-ons absent", |i| i.get("addOns").is_none()),
        ("add-ons empty", |i| i["addOns"] == json!([])),
        ("two add-ons", |i| list(i, "/addOns").len() == 2),
        ("ports absent", |i| i["networking"].get("ports").is_none()),
        ("ports empty", |i| i["networking"]["ports"] == json!([])),
        ("disks empty", |i| i["hardware"]["disks"] == json!([])),
        ("three attached disks", |i| list(i, "/hardware/disks").len() == 4),
        ("system disk last", |i| i.pointer("/hardware/disks/1/isSystemDisk") == Some(&json!(true))),
        ("IPv6 only", |i| i["ipAddressType"] == "ipv6" && i.get("publicIpAddress").is_none()),
        ("no private address", |i| i.get("privateIpAddress").is_none()),
        ("no IPv6 addresses, listed", |i| i["ipv6Addresses"] == json!([])),
        ("IPv6 addresses absent", |i| i.get("ipv6Addresses").is_none()),
        ("static IP", |i| i["isStaticIp"] == true),
        ("no key pair", |i| i.get("sshKeyName").is_none()),
        ("no metadata options", |i| i.get("metadataOptions").is_none()),
        ("IMDSv1", |i| i["metadataOptions"]["httpTokens"] == "optional"),
        ("half a GB", |i| i["hardware"]["ramSizeInGb"] == 0.5),
        ("Windows", |i| i["username"] == "Administrator"),
        ("running", |i| i["state"] == json!({"code": 16, "name": "running"})),
        ("stopped", |i| i["state"] == json!({"code": 80, "name": "stopped"})),
        ("pending", |i| i["state"] == json!({"code": 0, "name": "pending"})),
        ("stopping", |i| i["state"] == json!({"code": 64, "name": "stopping"})),
        ("only the instance impaired", |i| {
            i["instanceStatus"]["status"] == "impaired" && i["systemStatus"]["status"] == "ok"
        }),
        ("both impaired", |i| i["systemStatus"]["details"][0].get("impairedSince").is_some()),
        ("health unknown", |i| i["instanceStatus"]["status"] == "insufficient-data"),
        ("health to come", |i| i["instanceStatus"]["status"] == "initializing"),
    ];
    const TAG: &[Case] = &[
        ("no value", |t| t.get("value").is_none()),
        ("empty value", |t| t["value"] == ""),
        ("beyond Latin", |t| t["value"].as_str().is_some_and(|v| v.contains("東京 🗼"))),
        ("quote, comma, newline, backslash", |t| {
            t["value"].as_str().is_some_and(|v| ['"', ',', '\n', '\\'].iter().all(|c| v.contains(*c)))
        }),
    ];
    const ADD_ON: &[Case] = &[
        ("snapshots", |a| a["name"] == "AutoSnapshot" && a["status"] == "Enabled"),
        ("another hour next", |a| a["snapshotTimeOfDay"] != a["nextSnapshotTimeOfDay"]),
        ("disabled", |a| a["status"] == "Disabled" && a.get("snapshotTimeOfDay").is_none()),
        ("stop on idle", |a| {
            a["name"] == "StopInstanceOnIdle" && a["threshold"].is_string() && a["duration"].is_string()
        }),
    ];
    const DISK: &[Case] = &[
        ("bare system disk", |d| d["isSystemDisk"] == true && d.as_object().is_some_and(|d| d.len() == 7)),
        ("Windows path", |d| d["path"] == "/dev/sda1"),
        ("tag without value", |d| d["tags"] == json!([{"key": "test"}])),
        ("tags empty", |d| d["tags"] == json!([])),
        ("tags absent", |d| d["isSystemDisk"] == false && d.get("tags").is_none()),
        ("snapshots", |d| d["addOns"][0]["name"] == "AutoSnapshot"),
        ("add-ons empty", |d| d["addOns"] == json!([])),
        ("state that no SDK knows", |d| d["state"] == "quarantined"),
        ("gbInUse", |d| d["gbInUse"].is_u64()),
        ("gbInUse absent", |d| d["isSystemDisk"] == false && d.get("gbInUse").is_none()),
        ("auto mount", |d| d["autoMountStatus"].is_string()),
    ];
    const PORT: &[Case] = &[
        ("SSH to the world", |p| p["fromPort"] == 22 && p["cidrs"] == json!(["0.0.0.0/0"])),
        ("RDP to the world", |p| p["fromPort"] == 3389 && p["cidrs"] == json!(["0.0.0.0/0"])),
        ("MySQL to the world", |p| p["fromPort"] == 3306 && p["cidrs"] == json!(["0.0.0.0/0"])),
        ("PostgreSQL to the world", |p| p["fromPort"] == 5432 && p["cidrs"] == json!(["0.0.0.0/0"])),
        ("Redis to the world", |p| p["fromPort"] == 6379 && p["cidrs"] == json!(["0.0.0.0/0"])),
        ("SSH from the browser only", |p| {
            p["cidrs"] == json!([]) && p["cidrListAliases"] == json!(["lightsail-connect"])
        }),
        ("open in IPv6 only", |p| p["accessFrom"] == "Custom" && p["ipv6Cidrs"] == json!(["::/0"])),
        ("two networks", |p| list(p, "/cidrs").len() == 2),
        ("lists absent", |p| p.get("cidrs").is_none() && p.get("ipv6Cidrs").is_none()),
        ("ping", |p| p["protocol"] == "icmp" && p["fromPort"] == 8 && p["toPort"] == -1),
        ("any ICMP", |p| p["protocol"] == "icmp" && p["fromPort"] == -1 && p["toPort"] == -1),
        ("ICMPv6", |p| p["protocol"] == "icmpv6"),
        ("everything to the world", |p| {
            p["protocol"] == "all" && p["toPort"] == 65535 && p["accessFrom"] != "Custom"
        }),
        ("everything to some", |p| p["protocol"] == "all" && p["accessFrom"] == "Custom"),
        ("a range", |p| p["fromPort"] == 8000 && p["toPort"] == 8100),
        ("UDP", |p| p["protocol"] == "udp"),
        ("lower-case access", |p| p["accessType"] == "public"),
        ("no common name", |p| p["commonName"] == ""),
        ("a common name", |p| p["commonName"] == "HTTPS"),
    ];
    let fleet = standard();
    let all =
        |pointer: &str| fleet.iter().flat_map(|one| list(one, pointer)).cloned().collect::<Vec<Value>>();
    let kinds: [(&str, Vec<Value>, &[Case]); 5] = [
        ("instance", fleet.clone(), INSTANCE),
        ("tag", all("/tags"), TAG),
        ("add-on", all("/addOns"), ADD_ON),
        ("disk", all("/hardware/disks"), DISK),
        ("port", all("/networking/ports"), PORT),
    ];
    let missing: Vec<String> = kinds
        .iter()
        .flat_map(|(kind, values, cases)| {
            cases
                .iter()
                .filter(|(_, is)| !values.iter().any(is))
                .map(move |(name, _)| format!("{kind}: {name}"))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Everything that others pin (saved queries, snapshots) rests on this fleet: it changes on purpose or not at all.
#[test]
fn the_standard_fleet_is_always_the_same() {
    let text: String = STANDARD
        .regions()
        .iter()
        .enumerate()
        .flat_map(|(number, region)| {
            (0..STANDARD.size(number)).step_by(PAGE as usize).map(move |start| {
                let token = (start > 0).then(|| token::encode("123456789012", region.name, start));
                let body = json!({"pageToken": token, "includeHealthStatus": true});
                operations::answer(STANDARD, "123456789012", number, "GetInstances", &body).unwrap()
            })
        })
        .collect();
    assert_eq!(format!("{:016x}", hash(&text)), "5c7f6b8d4350fbc0");
}

#[test]
fn health_comes_only_when_asked_for() {
    let page = ask(STANDARD, ACCESS_KEY, "us-east-1", "GetInstances", &json!({})).unwrap();
    let with = ask(STANDARD, ACCESS_KEY, "us-east-1", "GetInstances", &json!({"includeHealthStatus": true}))
        .unwrap();
    for (mut one, plain) in list(&with, "/instances").iter().cloned().zip(list(&page, "/instances")) {
        let members = one.as_object_mut().unwrap();
        assert!(members.remove("instanceStatus").is_some() && members.remove("systemStatus").is_some());
        assert_eq!(&one, plain);
    }
}

#[test]
fn an_instance_is_found_by_its_name_in_its_region_only() {
    for one in instances(STANDARD, ACCESS_KEY, "us-east-2") {
        let body = json!({"instanceName": one["name"], "includeHealthStatus": true});
        assert_eq!(ask(STANDARD, ACCESS_KEY, "us-east-2", "GetInstance", &body).unwrap()["instance"], one);
        let elsewhere = ask(STANDARD, ACCESS_KEY, "ca-central-1", "GetInstance", &body).unwrap_err();
        assert!(elsewhere.contains(r#""__type":"NotFoundException""#), "{elsewhere}");
    }
    for name in ["xy", "web-prod-0000", "web-prod-99999999999999999999", "nobody-prod-0001", "web-prod-1"] {
        let error = ask(STANDARD, ACCESS_KEY, "us-east-1", "GetInstance", &json!({"instanceName": name}))
            .unwrap_err();
        assert!(error.contains(&format!("The Instance does not exist: {name}")), "{error}");
    }
}

#[test]
fn a_request_that_is_not_right_is_refused() {
    let foreign = pages(STANDARD, ACCESS_KEY, "us-west-2")[0]["nextPageToken"].clone();
    let others = pages(STANDARD, "OTHER", "us-east-1")[0]["nextPageToken"].clone();
    let larger = Extent { instances: Some(100_000), ..STANDARD };
    let beyond =
        pages(Extent { regions: 1, instances: Some(200), ..STANDARD }, ACCESS_KEY, "us-east-1")[8]["nextPageToken"]
            .clone();
    assert!(ask(larger, ACCESS_KEY, "us-east-1", "GetInstances", &json!({"pageToken": beyond})).is_ok());
    let cases = [
        ("GetInstances", json!({"pageToken": foreign}), "InvalidInputException"),
        ("GetInstances", json!({"pageToken": others}), "InvalidInputException"),
        ("GetInstances", json!({"pageToken": beyond}), "InvalidInputException"),
        ("GetInstances", json!({"pageToken": "20"}), "InvalidInputException"),
        ("GetInstances", json!({"pageToken": ""}), "InvalidInputException"),
        ("GetInstances", json!({"pageToken": 20}), "SerializationException"),
        ("GetInstances", json!({"maxResults": 20}), "InvalidInputException"),
        ("GetInstances", json!({"includeHealthStatus": "true"}), "SerializationException"),
        ("GetInstances", json!([]), "SerializationException"),
        ("GetInstance", json!({}), "InvalidInputException"),
        ("GetInstance", json!({"instanceName": ["x"]}), "SerializationException"),
        ("GetRegions", json!({"includeAvailabilityZones": 1}), "SerializationException"),
        ("DeleteInstance", json!({}), "UnknownOperationException"),
    ];
    for (operation, body, code) in cases {
        let error = ask(STANDARD, ACCESS_KEY, "us-east-1", operation, &body).unwrap_err();
        assert!(error.contains(&format!(r#"{{"__type":"{code}","message":"#)), "{operation} {body}: {error}");
    }
}

#[test]
fn a_fleet_of_any_size_is_spread_evenly() {
    for (regions, total) in [(8, 0), (8, 5), (3, 1000), (16, 8001)] {
        let extent = Extent { regions, instances: Some(total), ..STANDARD };
        let sizes: Vec<u64> = (0..regions).map(|region| extent.size(region)).collect();
        assert_eq!(sizes.iter().sum::<u64>(), total);
        assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
    }
    let extent = Extent { regions: 1, instances: Some(1_000_000), ..STANDARD };
    let last = Place { extent, account: "123456789012", number: 0 }.instance(999_999);
    let body = json!({"instanceName": last.name});
    assert_eq!(
        ask(extent, ACCESS_KEY, "us-east-1", "GetInstance", &body).unwrap()["instance"]["name"],
        last.name
    );
}

#[test]
fn another_account_has_another_fleet() {
    let mine = instances(STANDARD, ACCESS_KEY, "ap-northeast-1");
    let other = instances(STANDARD, "OTHER", "ap-northeast-1");
    assert_eq!(other, instances(STANDARD, "OTHER", "ap-northeast-1"));
    assert!(mine.iter().zip(&other).all(|(a, b)| a["arn"] != b["arn"]));
    assert!(other[0]["arn"].as_str().unwrap().contains(&account("OTHER")));
}

#[test]
fn zones_come_only_when_asked_for() {
    let names = |extent, body: Value| {
        let regions = ask(extent, ACCESS_KEY, "us-east-1", "GetRegions", &body).unwrap()["regions"].clone();
        let count =
            |pointer| regions.as_array().unwrap().iter().filter(|r| !list(r, pointer).is_empty()).count();
        (
            regions.as_array().unwrap().len(),
            count("/availabilityZones"),
            count("/relationalDatabaseAvailabilityZones"),
        )
    };
    assert_eq!(names(STANDARD, json!({})), (8, 0, 0));
    assert_eq!(names(STANDARD, json!({"includeAvailabilityZones": true})), (8, 8, 0));
    assert_eq!(names(STANDARD, json!({"includeRelationalDatabaseAvailabilityZones": true})), (8, 0, 8));
    assert_eq!(names(Extent { regions: 16, ..STANDARD }, json!({})), (16, 0, 0));
}
