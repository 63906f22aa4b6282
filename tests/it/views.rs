//! The rows of the views, against what the rows of their tables say, worked out anew in Rust.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use crate::support::json_rows;

/// All rows of a table or a view of the demo fleet.
fn all(table: &str) -> Vec<Value> {
    json_rows(&["-c", &format!("SELECT * FROM {table}")])
}

/// Columns of a row, as one value.
fn key(row: &Value, columns: &[&str]) -> Vec<Value> {
    columns.iter().map(|column| row.get(column).unwrap().clone()).collect()
}

/// Rows in the order of their text, for a comparison that does not ask in which order they came.
fn sorted(rows: impl IntoIterator<Item = Vec<Value>>) -> Vec<String> {
    let mut rows: Vec<String> = rows.into_iter().map(|row| Value::from(row).to_string()).collect();
    rows.sort();
    rows
}

fn is_some(value: &Value) -> bool {
    !value.is_null()
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Instances by their arn.
fn instances() -> HashMap<String, Value> {
    all("instances").into_iter().map(|row| (row["arn"].as_str().unwrap().to_owned(), row)).collect()
}

const PLACE: [&str; 3] = ["profile", "account_id", "region"];

#[test]
fn open_ports_is_a_row_for_each_range_and_network() {
    const RULE: [&str; 7] =
        ["region", "instance_name", "instance_arn", "protocol", "from_port", "to_port", "access_from"];
    let instances = instances();
    let mut expected = Vec::new();
    let mut unknown = 0;
    for rule in all("ports") {
        let instance = &instances[rule["instance_arn"].as_str().unwrap()];
        let (ipv4, ipv6) =
            (is_some(&instance["public_ip_address"]), !elements(&instance["ipv6_addresses"]).is_empty());
        let mut add = |family: Value, network: Value, is_open: Value, has_address: bool| {
            let row = key(&rule, &RULE).into_iter().chain([family, network, is_open, has_address.into()]);
            expected.push(row.collect());
        };
        for network in elements(&rule["cidrs"]) {
            add("ipv4".into(), network.clone(), (network == "0.0.0.0/0").into(), ipv4);
        }
        for network in elements(&rule["ipv6_cidrs"]) {
            add("ipv6".into(), network.clone(), (network == "::/0").into(), ipv6);
        }
        for network in elements(&rule["cidr_list_aliases"]) {
            add("alias".into(), network.clone(), false.into(), ipv4 || ipv6);
        }
        if rule["cidrs"].is_null() && rule["ipv6_cidrs"].is_null() {
            add(Value::Null, Value::Null, Value::Null, ipv4 || ipv6);
            unknown += 1;
        }
    }
    assert!(unknown > 0, "the fleet has rules whose networks the API leaves out");
    let columns = [&RULE[..], &["family", "network", "is_internet_open", "has_public_address"]].concat();
    assert_eq!(sorted(all("open_ports").iter().map(|row| key(row, &columns))), sorted(expected));
}

#[test]
fn all_disks_has_each_disk_once() {
    const SAME: [&str; 8] = ["name", "arn", "size_in_gb", "iops", "path", "state", "created_at", "tags"];
    let columns = [&PLACE[..], &SAME].concat();
    let row = |disk: &Value, kind: &str, instance: &Value| {
        key(disk, &columns).into_iter().chain([kind.into(), instance.clone()]).collect::<Vec<_>>()
    };
    let mut expected: Vec<_> = all("disks")
        .iter()
        .filter(|disk| disk["is_system_disk"] == true)
        .map(|disk| row(disk, "system", &disk["instance_name"]))
        .collect();
    for disk in all("block_disks") {
        let kind = if disk["is_attached"] == true { "attached" } else { "detached" };
        expected.push(row(&disk, kind, &disk["attached_to"]));
    }
    let answer = all("all_disks");
    let columns = [&columns[..], &["kind", "instance_name"]].concat();
    assert_eq!(sorted(answer.iter().map(|row| key(row, &columns))), sorted(expected));

    let arns: BTreeSet<&str> = answer.iter().filter_map(|disk| disk["arn"].as_str()).collect();
    let of_instances = all("disks");
    let data = of_instances.iter().filter_map(|disk| disk["arn"].as_str()).collect::<Vec<_>>();
    assert!(
        !data.is_empty() && data.iter().all(|arn| arns.contains(arn)),
        "a disk of an instance is missing"
    );
}

/// A resource that is billed: table, type, name, quantity, and the bundle with the table and its column that prices it.
type Billed = (&'static str, &'static str, &'static str, Option<&'static str>, Option<[&'static str; 3]>);

const BILLED: [Billed; 11] = [
    ("instances", "Instance", "name", None, Some(["bundle_id", "bundles", "bundle_id"])),
    (
        "relational_databases",
        "RelationalDatabase",
        "name",
        None,
        Some(["relational_database_bundle_id", "relational_database_bundles", "bundle_id"]),
    ),
    (
        "container_services",
        "ContainerService",
        "container_service_name",
        Some("scale"),
        Some(["power_id", "container_service_powers", "power_id"]),
    ),
    ("buckets", "Bucket", "name", None, Some(["bundle_id", "bucket_bundles", "bundle_id"])),
    ("distributions", "Distribution", "name", None, Some(["bundle_id", "distribution_bundles", "bundle_id"])),
    ("load_balancers", "LoadBalancer", "name", None, None),
    ("block_disks", "Disk", "name", Some("size_in_gb"), None),
    ("instance_snapshots", "InstanceSnapshot", "name", Some("size_in_gb"), None),
    ("disk_snapshots", "DiskSnapshot", "name", Some("size_in_gb"), None),
    ("relational_database_snapshots", "RelationalDatabaseSnapshot", "name", Some("size_in_gb"), None),
    ("static_ips WHERE NOT is_attached", "StaticIp", "name", None, None),
];

#[test]
fn monthly_costs_are_those_of_the_bundles() {
    let text = |row: &Value, column: &str| row[column].as_str().unwrap().to_owned();
    let mut expected = Vec::new();
    for (table, resource_type, name, quantity, plan) in BILLED {
        let prices: HashMap<(String, String), f64> = plan.map_or_else(HashMap::new, |[_, bundles, id]| {
            let price = |row: &Value| ((text(row, "region"), text(row, id)), row["price"].as_f64().unwrap());
            all(bundles).iter().map(price).collect()
        });
        for row in all(table) {
            let quantity = quantity.map_or(1, |column| row[column].as_i64().unwrap());
            let costs = match plan {
                Some([bundle, bundles, _]) => {
                    let region = text(&row, "region").replace("global", "us-east-1");
                    let price = prices[&(region, text(&row, bundle))] * quantity as f64;
                    [row[bundle].clone(), json!(price), json!(bundles), Value::Null]
                }
                None => {
                    let note = format!("the API tells no price for {resource_type}s");
                    [Value::Null, Value::Null, Value::Null, json!(note)]
                }
            };
            let owner = key(&row, &["profile", "account_id", "region", name, "arn"]).into_iter();
            expected.push(owner.chain([json!(resource_type), json!(quantity)]).chain(costs).collect());
        }
    }
    let columns =
        ["resource_name", "resource_arn", "resource_type", "quantity", "bundle_id", "monthly_price"];
    let columns = [&PLACE[..], &columns, &["source", "note"]].concat();
    assert_eq!(sorted(all("monthly_costs").iter().map(|row| key(row, &columns))), sorted(expected));
}

#[test]
fn unused_is_what_nothing_that_exists_refers_to() {
    let arns = |table: &str| -> HashSet<Value> { all(table).iter().map(|row| row["arn"].clone()).collect() };
    let living: HashSet<Value> =
        ["instances", "block_disks", "relational_databases"].map(arns).into_iter().flatten().collect();
    let keys: HashSet<Vec<Value>> =
        all("instances").iter().map(|row| key(row, &["profile", "region", "ssh_key_name"])).collect();
    let mut expected = Vec::new();
    let mut add = |row: &Value, resource_type: &str, of: &Value, size: &Value| {
        let of_it = [json!(resource_type), of.clone(), size.clone()];
        expected.push(
            key(row, &["profile", "account_id", "region", "name", "arn", "created_at"])
                .into_iter()
                .chain(of_it)
                .collect(),
        );
    };
    let null = Value::Null;
    for row in all("static_ips").iter().filter(|row| row["is_attached"] == false) {
        add(row, "StaticIp", &null, &null);
    }
    for row in all("block_disks").iter().filter(|row| row["is_attached"] == false) {
        add(row, "Disk", &null, &row["size_in_gb"]);
    }
    for row in all("key_pairs").iter().filter(|row| !keys.contains(&key(row, &["profile", "region", "name"])))
    {
        add(row, "KeyPair", &null, &null);
    }
    for (table, resource_type, sources) in [
        ("instance_snapshots", "InstanceSnapshot", &["instance"][..]),
        ("disk_snapshots", "DiskSnapshot", &["disk", "instance"]),
        ("relational_database_snapshots", "RelationalDatabaseSnapshot", &["relational_database"]),
    ] {
        for row in all(table) {
            let source = sources.iter().find(|source| is_some(&row[format!("from_{source}_arn")])).unwrap();
            if !living.contains(&row[format!("from_{source}_arn")]) {
                add(&row, resource_type, &row[format!("from_{source}_name")], &row["size_in_gb"]);
            }
        }
    }
    let answer = all("unused");
    let columns =
        ["resource_name", "resource_arn", "created_at", "resource_type", "snapshot_of", "size_in_gb"];
    let columns = [&PLACE[..], &columns].concat();
    assert_eq!(sorted(answer.iter().map(|row| key(row, &columns))), sorted(expected));
    let types: BTreeSet<_> = answer.iter().map(|row| row["resource_type"].as_str().unwrap()).collect();
    assert_eq!(types.len(), 6, "the fleet has every kind: {types:?}");
}

/// What of a rule the whole internet reaches: `tcp 22`, `tcp 8000-9000`, `icmp 8`.
fn rule_text(rule: &Value) -> String {
    let (protocol, from, to) = (rule["protocol"].as_str().unwrap(), &rule["from_port"], &rule["to_port"]);
    match protocol {
        "icmp" | "icmpv6" if from == -1 => protocol.to_owned(),
        "icmp" | "icmpv6" => format!("{protocol} {from}"),
        _ if from == to => format!("{protocol} {from}"),
        _ => format!("{protocol} {from}-{to}"),
    }
}

#[test]
fn exposure_is_a_row_for_each_instance() {
    const SENSITIVE: [(&str, i64); 11] = [
        ("SSH", 22),
        ("RDP", 3389),
        ("MySQL", 3306),
        ("PostgreSQL", 5432),
        ("SQL Server", 1433),
        ("Oracle", 1521),
        ("MongoDB", 27017),
        ("Redis", 6379),
        ("Elasticsearch", 9200),
        ("Memcached", 11211),
        ("Cassandra", 9042),
    ];
    let has = |list: &Value, network: &str| elements(list).iter().any(|one| one == network);
    let ports = all("ports");
    let add_ons = all("add_ons");
    let snapshots = all("instance_snapshots");
    let mut expected = BTreeMap::new();
    for (arn, instance) in instances() {
        let (ipv4, ipv6) =
            (is_some(&instance["public_ip_address"]), !elements(&instance["ipv6_addresses"]).is_empty());
        let rules: Vec<&Value> = ports.iter().filter(|rule| rule["instance_arn"] == arn.as_str()).collect();
        let mut open: Vec<&Value> = rules
            .iter()
            .copied()
            .filter(|rule| {
                ipv4 && has(&rule["cidrs"], "0.0.0.0/0") || ipv6 && has(&rule["ipv6_cidrs"], "::/0")
            })
            .collect();
        open.sort_by_key(|rule| {
            (rule["protocol"].to_string(), rule["from_port"].as_i64(), rule["to_port"].as_i64())
        });
        let sensitive: BTreeSet<String> = SENSITIVE
            .iter()
            .filter(|(_, port)| {
                open.iter().any(|rule| {
                    let range = rule["from_port"].as_i64().unwrap()..=rule["to_port"].as_i64().unwrap();
                    rule["protocol"] == "all" || rule["protocol"] == "tcp" && range.contains(port)
                })
            })
            .map(|(service, port)| format!("{service} {port}"))
            .collect();
        let mut texts: Vec<String> = open.iter().map(|rule| rule_text(rule)).collect();
        texts.dedup();
        let is_unknown = rules.iter().any(|rule| rule["cidrs"].is_null() || rule["ipv6_cidrs"].is_null());
        let (tokens, endpoint) =
            (&instance["metadata_options_http_tokens"], &instance["metadata_options_http_endpoint"]);
        let imdsv1 = match (tokens.as_str(), endpoint.as_str()) {
            (Some("required"), _) | (_, Some("disabled")) => {
                Value::from(instance["metadata_options_state"] == "pending")
            }
            (Some("optional"), _) => true.into(),
            _ => Value::Null,
        };
        let has_auto_snapshots = add_ons.iter().any(|add_on| {
            add_on["resource_arn"] == arn.as_str()
                && add_on["name"] == "AutoSnapshot"
                && add_on["status"] == "Enabled"
        });
        let newest = snapshots
            .iter()
            .filter(|snapshot| {
                snapshot["from_instance_arn"] == arn.as_str() && snapshot["state"] == "available"
            })
            .filter_map(|snapshot| snapshot["created_at"].as_str())
            .max();
        let findings: Vec<&str> = [
            (!sensitive.is_empty()).then_some("sensitive ports open to the internet"),
            (sensitive.is_empty() && !texts.is_empty()).then_some("ports open to the internet"),
            is_unknown.then_some("port rules of unknown networks"),
            (imdsv1 == true).then_some("IMDSv1 allowed"),
            imdsv1.is_null().then_some("IMDSv1 unknown"),
            (newest.is_none() && !has_auto_snapshots).then_some("no snapshot"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let or_null =
            |value: Value| if value.as_array().is_some_and(Vec::is_empty) { Value::Null } else { value };
        let own = ["profile", "account_id", "region", "name", "state", "public_ip_address", "ipv6_addresses"];
        let row = key(&instance, &own).into_iter().chain([
            or_null(json!(texts)),
            or_null(json!(sensitive)),
            json!(is_unknown),
            imdsv1,
            json!(has_auto_snapshots),
            json!(newest),
            if findings.is_empty() { Value::Null } else { json!(findings.join(", ")) },
        ]);
        expected.insert(arn, row.collect::<Vec<_>>());
    }
    let columns = [
        &PLACE[..],
        &["instance_name", "state", "public_ip_address", "ipv6_addresses", "open_ports", "sensitive_ports"],
        &[
            "has_unknown_networks",
            "is_imdsv1_allowed",
            "has_auto_snapshots",
            "newest_snapshot_at",
            "findings",
        ],
    ]
    .concat();
    let answer = all("exposure");
    assert_eq!(answer.len(), expected.len());
    for row in answer {
        assert_eq!(key(&row, &columns), expected[row["instance_arn"].as_str().unwrap()], "{row}");
    }
}
