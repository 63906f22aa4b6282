//! What the views ask of the endpoint, and what they make of odd answers.

use std::collections::{BTreeMap, BTreeSet};

use datafusion_lightsail::session::Session;
use datafusion_lightsail::views::VIEWS;
use lightsail_demo as demo;
use serde_json::{Value, json};

use crate::support::session::{answering, ask, column, counted, rows, start};

/// The number of a query's rows, and how often it asks each operation but GetRegions, which is asked once a session.
async fn calls(server: &demo::Server, session: &Session, sql: &str) -> (usize, BTreeMap<String, usize>) {
    let (mut requests, rows) = ask(server, session, sql).await;
    requests.retain(|request| request.operation != "GetRegions");
    (rows, counted(&requests))
}

#[tokio::test]
async fn views_make_these_calls() {
    let (server, session) = start(demo::Config::default(), "all").await;
    let mut counted = BTreeMap::new();
    for view in VIEWS {
        let sql = format!("SELECT * FROM {}", view.name());
        counted.insert(view.name(), calls(&server, &session, &sql).await);
    }
    crate::support::masked().bind(|| insta::assert_debug_snapshot!("views_calls", counted));
}

#[tokio::test]
async fn a_region_is_all_that_is_asked() {
    let (server, session) = start(demo::Config::default(), "all").await;
    rows(&session, "SELECT count(*) FROM regions").await.unwrap();
    for view in VIEWS {
        let sql = format!("SELECT * FROM {} WHERE region = 'us-east-2'", view.name());
        let (requests, rows) = ask(&server, &session, &sql).await;
        assert!(rows > 0, "{sql}");
        let asked: BTreeSet<String> = requests.into_iter().map(|request| request.region).collect();
        assert_eq!(asked, BTreeSet::from(["us-east-2".to_owned()]), "{sql}");
    }
}

#[tokio::test]
async fn what_is_not_wanted_of_a_view_is_not_asked_for() {
    let (server, session) = start(demo::Config::default(), "all").await;
    for (sql, operations) in [
        ("SELECT name FROM all_disks WHERE kind = 'system'", vec!["GetInstances"]),
        ("SELECT sum(size_in_gb) FROM all_disks WHERE kind = 'detached'", vec!["GetDisks"]),
        ("SELECT resource_name FROM unused WHERE resource_type = 'StaticIp'", vec!["GetStaticIps"]),
        (
            "SELECT sum(monthly_price) FROM monthly_costs WHERE resource_type = 'Instance'",
            vec!["GetBundles", "GetInstances"],
        ),
        ("SELECT sum(quantity) FROM monthly_costs WHERE resource_type = 'Disk'", vec!["GetDisks"]),
        (
            "SELECT resource_name FROM monthly_costs WHERE region = 'global' AND resource_type = 'Distribution'",
            vec!["GetDistributionBundles", "GetDistributions"],
        ),
        ("SELECT instance_name FROM open_ports WHERE family = 'ipv6'", vec!["GetInstances"]),
    ] {
        let (rows, calls) = calls(&server, &session, sql).await;
        assert!(rows > 0, "{sql}");
        assert_eq!(calls.into_keys().collect::<Vec<_>>(), operations, "{sql}");
    }
}

#[tokio::test]
async fn an_instance_is_looked_up() {
    let (server, session) = start(demo::Config::default(), "us-east-2").await;
    for (sql, expected) in [
        ("SELECT * FROM open_ports WHERE instance_name = 'web-prod-0002'", vec![("GetInstance", 1)]),
        (
            "SELECT monthly_price FROM monthly_costs WHERE resource_type = 'Instance' AND resource_name = 'web-prod-0002'",
            vec![("GetBundles", 3), ("GetInstance", 1)],
        ),
    ] {
        let (rows, calls) = calls(&server, &session, sql).await;
        assert!(rows > 0, "{sql}");
        let calls: Vec<_> = calls.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        assert_eq!(calls, expected, "{sql}");
    }
}

/// The rows of a query on an account that answers with these lists, and with empty ones else.
async fn odd(answers: Value, sql: &str) -> Vec<String> {
    let (_server, session) = answering(move |request| answers.get(&request.operation).cloned()).await;
    column(&session, sql).await.unwrap()
}

fn arn(kind: &str, region: &str, name: &str) -> String {
    format!("arn:aws:lightsail:{region}:123456789012:{kind}/{name}")
}

#[tokio::test]
async fn a_list_of_networks_that_is_left_out_is_unknown_and_an_empty_one_lets_nobody_in() {
    let port = |from: i32, lists: Value| {
        let mut port = json!({"fromPort": from, "toPort": from, "protocol": "tcp"});
        port.as_object_mut().unwrap().extend(lists.as_object().unwrap().clone());
        port
    };
    let ports = [
        port(1, json!({"cidrs": ["0.0.0.0/0", "10.0.0.0/8"], "ipv6Cidrs": []})),
        port(2, json!({"cidrs": [], "ipv6Cidrs": [], "cidrListAliases": []})),
        port(3, json!({"ipv6Cidrs": ["::/0"]})),
        port(4, json!({"cidrs": ["10.0.0.0/8"]})),
        port(5, json!({})),
    ];
    let instance =
        json!({"name": "a", "arn": arn("Instance", "us-east-1", "a"), "networking": {"ports": ports}});
    let sql = "SELECT concat_ws(' ', from_port, coalesce(family, 'any'), coalesce(network, 'unknown'), is_internet_open) \
               FROM open_ports ORDER BY from_port, family, network";
    let answer = odd(json!({"GetInstances": {"instances": [instance]}}), sql).await;
    let expected = [
        "1 ipv4 0.0.0.0/0 true",
        "1 ipv4 10.0.0.0/8 false",
        "3 ipv4 unknown",
        "3 ipv6 ::/0 true",
        "4 ipv4 10.0.0.0/8 false",
        "4 ipv6 unknown",
        "5 any unknown",
    ];
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_bundle_without_a_price_is_a_note_and_one_that_is_listed_twice_is_paid_once() {
    let instance = |name: &str, bundle: Value| json!({"name": name, "arn": arn("Instance", "us-east-1", name), "bundleId": bundle});
    let instances = [instance("a", json!("nano")), instance("b", json!("gone")), instance("c", Value::Null)];
    let answers = json!({
        "GetInstances": {"instances": instances},
        // One request for each app category: the same bundle answers both.
        "GetBundles": {"bundles": [{"bundleId": "nano", "price": 5.0}]},
    });
    let sql = "SELECT concat_ws(' ', resource_name, monthly_price, note) FROM monthly_costs \
               WHERE resource_type = 'Instance' ORDER BY resource_name";
    let expected = ["a 5.0", "b bundles has no price of its bundle", "c the API tells no bundle of it"];
    assert_eq!(odd(answers, sql).await, expected);
}

#[tokio::test]
async fn a_copy_from_another_region_does_not_count_as_a_snapshot_of_what_is_gone() {
    let snapshot = |name: &str, region: &str| {
        json!({"name": name, "arn": arn("InstanceSnapshot", "us-east-1", name),
               "fromInstanceName": "x", "fromInstanceArn": arn("Instance", region, "x")})
    };
    let answers = json!({
        "GetInstances": {"instances": []},
        "GetInstanceSnapshots": {"instanceSnapshots": [snapshot("ours", "us-east-1"), snapshot("copy", "us-west-2")]},
    });
    let sql = "SELECT resource_name FROM unused WHERE resource_type = 'InstanceSnapshot'";
    assert_eq!(odd(answers, sql).await, ["ours"]);
}

#[tokio::test]
async fn rules_are_judged_by_what_they_let_in_whatever_they_are_called() {
    let port = |from: i32, to: i32, protocol: &str, cidrs: Value, ipv6: Value| json!({"fromPort": from, "toPort": to, "protocol": protocol, "cidrs": cidrs, "ipv6Cidrs": ipv6});
    let all = json!(["0.0.0.0/0"]);
    let instance = |name: &str, ports: Vec<Value>| {
        json!({"name": name, "arn": arn("Instance", "us-east-1", name), "publicIpAddress": "198.51.100.1",
               "ipv6Addresses": ["2001:db8::1"], "networking": {"ports": ports}})
    };
    let instances = vec![
        instance("all", vec![port(-1, -1, "-1", all.clone(), json!([]))]),
        instance(
            "halves",
            vec![port(22, 22, "tcp", json!(["128.0.0.0/1", "0.0.0.0/1", "10.0.0.0/8"]), json!([]))],
        ),
        instance("halves6", vec![port(22, 22, "tcp", json!([]), json!(["::/1", "8000::/1"]))]),
        instance("half", vec![port(22, 22, "tcp", json!(["0.0.0.0/1"]), json!(["2000::/4"]))]),
        instance(
            "udp",
            vec![port(11211, 11211, "udp", all.clone(), json!([])), port(22, 22, "udp", all, json!([]))],
        ),
    ];
    let answers = json!({"GetInstances": {"instances": instances}});
    let ask = async |sql: &str| odd(answers.clone(), sql).await;
    let per_instance = "SELECT concat_ws(' ', instance_name, array_to_string(sensitive_ports, ','), array_to_string(open_ports, ',')) \
                        FROM exposure ORDER BY instance_name";
    assert_eq!(
        ask(per_instance).await,
        [
            "all Cassandra 9042,Elasticsearch 9200,Memcached 11211,MongoDB 27017,MySQL 3306,Oracle 1521,\
             PostgreSQL 5432,RDP 3389,Redis 6379,SQL Server 1433,SSH 22 all",
            "half",
            "halves SSH 22 tcp 22",
            "halves6 SSH 22 tcp 22",
            "udp Memcached 11211 udp 22,udp 11211",
        ]
    );
    let saved = include_str!("../../queries/security/sensitive_ports_open_to_world.sql").trim_end();
    let saved = saved.trim_end_matches(';');
    let sql = format!(
        "SELECT concat_ws(' ', instance_name, service, protocol, over_ipv4, over_ipv6) FROM ({saved}) \
                       WHERE instance_name <> 'all' ORDER BY 1"
    );
    assert_eq!(
        ask(&sql).await,
        ["halves SSH tcp true false", "halves6 SSH tcp false true", "udp Memcached udp true false"]
    );
    let sql = "SELECT concat_ws(' ', instance_name, network, is_internet_open) FROM open_ports \
               WHERE instance_name LIKE 'hal%' ORDER BY 1";
    assert_eq!(
        ask(sql).await,
        [
            "half 0.0.0.0/1 false",
            "half 2000::/4 false",
            "halves 0.0.0.0/1 true",
            "halves 10.0.0.0/8 true",
            "halves 128.0.0.0/1 true",
            "halves6 8000::/1 true",
            "halves6 ::/1 true",
        ]
    );
    assert_eq!(ask("SELECT DISTINCT protocol FROM ports ORDER BY 1").await, ["all", "tcp", "udp"]);
    for (saved, column, expected) in [
        (include_str!("../../queries/security/wide_open_rules.sql"), "open_to_world", vec!["all true"]),
        (include_str!("../../queries/security/ipv6_exposure.sql"), "open_in_ipv6", vec!["halves6 tcp 22"]),
        (include_str!("../../queries/security/unjudged_port_rules.sql"), "protocol", vec![]),
    ] {
        let saved = saved.trim_end().trim_end_matches(';').replace("$ports", "100");
        let name = if saved.contains("instances.name") { "name" } else { "instance_name" };
        let sql = format!("SELECT concat_ws(' ', {name}, {column}) FROM ({saved}) ORDER BY 1");
        assert_eq!(ask(&sql).await, expected, "{saved}");
    }
    let saved =
        include_str!("../../queries/security/open_ports_by_service.sql").trim_end().trim_end_matches(';');
    let sql = format!("SELECT concat_ws(' ', service, protocol, ports, instances) FROM ({saved}) ORDER BY 1");
    assert_eq!(ask(&sql).await, ["Memcached udp 11211 1", "everything all any 1", "tcp 22 2", "udp 22 1"]);
    let states = json!({"GetInstances": {"instances": [{"name": "a"}]},
                        "GetInstancePortStates": {"portStates": [{"fromPort": -1, "toPort": -1, "protocol": "-1"}]}});
    assert_eq!(odd(states, "SELECT protocol FROM instance_port_states").await, ["all"]);
}
