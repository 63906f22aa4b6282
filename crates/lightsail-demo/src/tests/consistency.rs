//! The fleet is consistent with itself: what a resource says of others, these say too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::fleet::list;
use super::support::{everything, get, items, regions};

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_else(|| panic!("no {key} in {of}"))
}

/// The things of a listing by their names.
fn named(region: &str, operation: &str) -> BTreeMap<String, Value> {
    let things = everything(region, operation).into_iter();
    things.map(|one| (text(&one, "name").to_owned(), one)).collect()
}

#[test]
fn disks_are_the_very_disks_that_instances_list() {
    for region in regions() {
        let disks = named(region, "GetDisks");
        let instances = everything(region, "GetInstances");
        let listed = instances.iter().flat_map(|one| list(one, "/hardware/disks"));
        let attached: BTreeMap<String, &Value> =
            listed.filter_map(|disk| Some((disk.get("name")?.as_str()?.to_owned(), disk))).collect();
        for (name, disk) in &disks {
            match attached.get(name) {
                Some(same) => assert_eq!(disk, *same),
                None => assert!(disk["isAttached"] == false && disk.get("attachedTo").is_none(), "{disk}"),
            }
        }
        assert!(attached.keys().all(|name| disks.contains_key(name)), "{region}");
    }
}

#[test]
fn every_instance_with_a_static_ip_has_one() {
    for region in regions() {
        let instances = named(region, "GetInstances");
        let mut with: BTreeSet<&String> =
            instances.iter().filter(|(_, one)| one["isStaticIp"] == true).map(|(name, _)| name).collect();
        for ip in everything(region, "GetStaticIps") {
            if ip["isAttached"] == true {
                let (name, instance) = instances.get_key_value(text(&ip, "attachedTo")).unwrap();
                assert_eq!(ip["ipAddress"], instance["publicIpAddress"]);
                assert!(with.remove(name), "{name} has two static IPs, or says that it has none");
            } else {
                let taken = instances.values().any(|one| one["publicIpAddress"] == ip["ipAddress"]);
                assert!(!taken && ip.get("attachedTo").is_none(), "{ip}");
            }
        }
        assert!(with.is_empty(), "{region}: no static IP for {with:?}");
    }
}

#[test]
fn key_pairs_are_those_of_instances_and_one_more() {
    for region in regions() {
        let pairs: BTreeSet<String> = named(region, "GetKeyPairs").into_keys().collect();
        let used: BTreeSet<String> = everything(region, "GetInstances")
            .iter()
            .filter_map(|one| one.get("sshKeyName")?.as_str().map(str::to_owned))
            .collect();
        assert!(used.is_subset(&pairs), "{region}: {used:?} {pairs:?}");
        let others = items(region, "GetKeyPairs", &json!({}));
        assert!(others.iter().all(|pair| pair["name"] != "LightsailDefaultKeyPair"));
        assert_eq!(others.len(), pairs.len().saturating_sub(1));
        assert!(pairs.is_empty() || pairs.contains("build-2022") && !used.contains("build-2022"));
    }
}

#[test]
fn port_states_are_the_ports_of_the_instance() {
    for region in ["us-east-2", "ap-northeast-1"] {
        for instance in everything(region, "GetInstances") {
            let states = get(region, "GetInstancePortStates", &json!({"instanceName": instance["name"]}));
            let common = ["fromPort", "toPort", "protocol", "cidrs", "ipv6Cidrs", "cidrListAliases"];
            let of = |port: &Value| common.map(|key| port.get(key).cloned());
            let states = list(&states, "/portStates");
            let ports = list(&instance, "/networking/ports");
            assert_eq!(states.iter().map(of).collect::<Vec<_>>(), ports.iter().map(of).collect::<Vec<_>>());
            assert!(states.iter().all(|state| state["state"] == "open"));
        }
    }
}

/// Snapshots are of things that are there, with the very arn, or of things that are gone.
#[test]
fn snapshots_have_their_source_or_are_orphans() {
    let kinds = [
        ("GetInstanceSnapshots", "GetInstances", "fromInstanceName", "fromInstanceArn"),
        ("GetDiskSnapshots", "GetDisks", "fromDiskName", "fromDiskArn"),
        ("GetDiskSnapshots", "GetInstances", "fromInstanceName", "fromInstanceArn"),
        (
            "GetRelationalDatabaseSnapshots",
            "GetRelationalDatabases",
            "fromRelationalDatabaseName",
            "fromRelationalDatabaseArn",
        ),
    ];
    for (snapshots, sources, name, arn) in kinds {
        let (mut kept, mut orphans) = (0, 0);
        for region in regions() {
            let sources = named(region, sources);
            for snapshot in everything(region, snapshots).iter().filter(|one| one.get(name).is_some()) {
                let Some(source) = sources.get(text(snapshot, name)) else {
                    orphans += 1;
                    continue;
                };
                kept += 1;
                assert_eq!(snapshot[arn], source["arn"]);
                assert!(snapshot["createdAt"].as_f64() > source["createdAt"].as_f64(), "{snapshot}");
            }
        }
        assert!(kept > 0, "{snapshots}: {kept} of {name}");
        // The system disk goes with its instance: what is left of it is an instance snapshot.
        assert_eq!(
            orphans > 0,
            (snapshots, name) != ("GetDiskSnapshots", "fromInstanceName"),
            "{snapshots} {name}"
        );
    }
}

#[test]
fn load_balancers_have_instances_and_certificates_that_are_there() {
    for region in regions() {
        let instances = named(region, "GetInstances");
        for (name, balancer) in named(region, "GetLoadBalancers") {
            for target in list(&balancer, "/instanceHealthSummary") {
                let state = &instances[text(target, "instanceName")]["state"]["name"];
                assert_eq!(target["instanceHealth"] == "unused", state == "stopped", "{target} {state}");
                let running =
                    ["healthy", "unhealthy"].iter().any(|health| target["instanceHealth"] == *health);
                assert_eq!(running, state == "running", "{target} {state}");
            }
            let body = json!({"loadBalancerName": name});
            let certificates = get(region, "GetLoadBalancerTlsCertificates", &body);
            let of = |one: &Value| (one["name"].clone(), one["isAttached"].clone());
            let summaries: Vec<_> = list(&balancer, "/tlsCertificateSummaries").iter().map(of).collect();
            let certificates = list(&certificates, "/tlsCertificates");
            assert_eq!(summaries, certificates.iter().map(of).collect::<Vec<_>>());
            let attached = certificates.iter().filter(|one| one["isAttached"] == true).count();
            assert_eq!(attached, usize::from(balancer["protocol"] == "HTTP_HTTPS"));
            assert!(certificates.iter().all(|one| one["loadBalancerName"] == *name));
        }
    }
}

#[test]
fn distributions_have_origins_and_certificates_that_are_there() {
    let certificates: BTreeMap<String, Value> = everything("us-east-1", "GetCertificates")
        .into_iter()
        .map(|one| (text(&one, "certificateName").to_owned(), one))
        .collect();
    let mut in_use: BTreeSet<String> = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    let mut uncovered = 0;
    for one in everything("us-east-1", "GetDistributions") {
        let (origin, kind) = (&one["origin"], text(&one["origin"], "resourceType").to_owned());
        let (region, name) = (text(origin, "regionName"), text(origin, "name"));
        let found = match kind.as_str() {
            "Bucket" => named(region, "GetBuckets").contains_key(name),
            "LoadBalancer" => named(region, "GetLoadBalancers")[name]["dnsName"] == one["originPublicDNS"],
            "Instance" => {
                let instance = &named(region, "GetInstances")[name];
                instance["isStaticIp"] == true && instance["publicIpAddress"] == one["originPublicDNS"]
            }
            _ => everything(region, "GetContainerServices")
                .iter()
                .any(|one| one["containerServiceName"] == name),
        };
        assert!(found, "{one}");
        kinds.insert(kind);
        if let Some(name) = one.get("certificateName").and_then(Value::as_str) {
            assert_eq!(certificates[name]["certificateDetail"]["status"], "ISSUED");
            let names = list(&certificates[name], "/certificateDetail/subjectAlternativeNames");
            let (on_it, more) = list(&one, "/alternativeDomainNames").split_at(names.len());
            assert_eq!(names, on_it);
            for name in more {
                assert!(name.as_str().unwrap().starts_with("new."), "{one}");
                uncovered += 1;
            }
            in_use.insert(name.to_owned());
        }
    }
    assert_eq!((kinds.len(), uncovered), (4, 2), "{kinds:?}");
    for service in everything("us-east-1", "GetContainerServices") {
        for (name, domains) in service["publicDomainNames"].as_object().into_iter().flatten() {
            assert_eq!(&certificates[name]["certificateDetail"]["subjectAlternativeNames"], domains);
            in_use.insert(name.clone());
        }
    }
    for (name, one) in &certificates {
        let count = usize::from(in_use.contains(name));
        assert_eq!(one["certificateDetail"]["inUseResourceCount"], count, "{one}");
    }
}

#[test]
fn domains_point_to_what_is_there() {
    let region = "us-east-1";
    let addresses: BTreeSet<String> =
        everything(region, "GetStaticIps").iter().map(|ip| text(ip, "ipAddress").to_owned()).collect();
    let balancers =
        everything(region, "GetLoadBalancers").into_iter().map(|one| text(&one, "dnsName").to_owned());
    let distributions =
        everything(region, "GetDistributions").into_iter().map(|one| text(&one, "domainName").to_owned());
    let aliases: BTreeSet<String> = balancers.chain(distributions).collect();
    let mut ids = BTreeSet::new();
    let mut forgotten = 0;
    for domain in everything(region, "GetDomains") {
        assert_eq!(domain["location"]["regionName"], "global");
        for entry in list(&domain, "/domainEntries") {
            assert!(ids.insert(text(entry, "id").to_owned()), "{entry}");
            assert!(text(entry, "name").ends_with(text(&domain, "name")), "{entry}");
            let is_forgotten =
                ["old.", "dev.", "assets."].iter().any(|head| text(entry, "name").starts_with(head));
            forgotten += usize::from(is_forgotten);
            if entry["type"] == "A" && !is_forgotten {
                let there = if entry["isAlias"] == true { &aliases } else { &addresses };
                assert!(there.contains(text(entry, "target")), "{entry}");
            }
        }
    }
    assert!(forgotten > 2, "{forgotten}");
}

#[test]
fn alarms_watch_what_is_there_and_tell_who_is_there() {
    for region in regions() {
        let mut arns = BTreeMap::new();
        for operation in ["GetInstances", "GetLoadBalancers", "GetRelationalDatabases"] {
            arns.extend(named(region, operation).into_iter().map(|(name, one)| (name, one["arn"].clone())));
        }
        let methods = everything(region, "GetContactMethods");
        let protocols: BTreeSet<&str> = methods.iter().map(|method| text(method, "protocol")).collect();
        for alarm in everything(region, "GetAlarms") {
            let on = &alarm["monitoredResourceInfo"];
            assert_eq!(on["arn"], arns[text(on, "name")], "{alarm}");
            let told = list(&alarm, "/contactProtocols").iter().filter_map(Value::as_str);
            let told: BTreeSet<&str> = told.collect();
            let all_or_nobody =
                if alarm["notificationEnabled"] == true { &protocols } else { &BTreeSet::new() };
            assert_eq!(&told, all_or_nobody, "{alarm}");
        }
    }
}

#[test]
fn buckets_give_access_to_instances_that_are_there() {
    for region in regions() {
        let (buckets, instances) = (named(region, "GetBuckets"), named(region, "GetInstances"));
        for bucket in buckets.values() {
            for one in list(bucket, "/resourcesReceivingAccess") {
                assert!(instances.contains_key(text(one, "name")), "{bucket}");
            }
            let log = bucket["accessLogConfig"].get("destination").and_then(Value::as_str);
            assert!(log.is_none_or(|name| buckets.contains_key(name)), "{bucket}");
        }
    }
}

#[test]
fn containers_run_images_that_are_there() {
    for region in regions() {
        for service in everything(region, "GetContainerServices") {
            let body = json!({"serviceName": service["containerServiceName"]});
            let images = items(region, "GetContainerImages", &body);
            let deployments = items(region, "GetContainerServiceDeployments", &body);
            for deployment in &deployments {
                for container in deployment["containers"].as_object().unwrap().values() {
                    let image = text(container, "image");
                    assert!(
                        !image.starts_with(':') || images.iter().any(|one| one["image"] == image),
                        "{image}"
                    );
                }
            }
            for key in ["currentDeployment", "nextDeployment"] {
                assert!(service.get(key).is_none_or(|one| deployments.contains(one)), "{service}");
            }
        }
    }
}

#[test]
fn exports_are_of_snapshots_and_stacks_of_exports() {
    for region in regions() {
        let mut snapshots = named(region, "GetInstanceSnapshots");
        snapshots.extend(named(region, "GetDiskSnapshots"));
        let exports = named(region, "GetExportSnapshotRecords");
        for export in exports.values() {
            let source = &export["sourceInfo"];
            assert_eq!(source["arn"], snapshots[text(source, "name")]["arn"]);
            assert_eq!(export.get("destinationInfo").is_some(), export["state"] == "Succeeded");
        }
        for stack in everything(region, "GetCloudFormationStackRecords") {
            for source in list(&stack, "/sourceInfo") {
                assert_eq!(source["arn"], exports[text(source, "name")]["arn"]);
            }
        }
    }
}

#[test]
fn all_that_is_used_has_a_price() {
    let ids = |operation: &str, key: &str| -> BTreeSet<String> {
        everything("us-east-1", operation).iter().map(|one| text(one, key).to_owned()).collect()
    };
    let catalogs = [
        ("GetInstances", "bundleId", ids("GetBundles", "bundleId")),
        ("GetInstances", "blueprintId", ids("GetBlueprints", "blueprintId")),
        ("GetBuckets", "bundleId", ids("GetBucketBundles", "bundleId")),
        ("GetDistributions", "bundleId", ids("GetDistributionBundles", "bundleId")),
        ("GetContainerServices", "powerId", ids("GetContainerServicePowers", "powerId")),
        (
            "GetRelationalDatabases",
            "relationalDatabaseBundleId",
            ids("GetRelationalDatabaseBundles", "bundleId"),
        ),
        (
            "GetRelationalDatabases",
            "relationalDatabaseBlueprintId",
            ids("GetRelationalDatabaseBlueprints", "blueprintId"),
        ),
    ];
    for region in regions() {
        for (operation, key, offered) in &catalogs {
            for one in everything(region, operation) {
                assert!(offered.contains(text(&one, key)), "{operation}: {}", one[key]);
            }
        }
    }
}
