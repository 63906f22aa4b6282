//! The saved queries that judge: each is right by a computation of its own, from the tables' plain rows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Duration, NaiveTime, SubsecRound, Utc};
use serde_json::Value;

use crate::support::json_rows;

/// Two regions, a large and a small one: metrics cost a call for each instance.
const REGIONS: &[&str] = &["--region", "us-east-1,ap-southeast-2"];

/// What a saved query answers.
fn answer(query: &[&str]) -> Vec<Value> {
    let file = format!("queries/{}.sql", query[0]);
    let (values, flags): (Vec<&str>, Vec<&str>) =
        query[1..].iter().partition(|word| word.contains('=') && !word.starts_with('-'));
    let values: Vec<&str> = values.iter().flat_map(|value| ["--param", value]).collect();
    json_rows(&[&[file.as_str()][..], &values, &flags].concat())
}

fn rows(sql: &str) -> Vec<Value> {
    json_rows(&["-c", sql])
}

fn text(row: &Value, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

fn number(row: &Value, column: &str) -> f64 {
    row[column].as_f64().unwrap_or_default()
}

fn time(row: &Value, column: &str) -> Option<DateTime<Utc>> {
    row[column].as_str().map(|text| text.parse().unwrap())
}

fn texts(row: &Value, column: &str) -> Vec<String> {
    let list = row[column].as_array().into_iter().flatten();
    list.map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// The values of these columns, to compare answers by.
fn keys(rows: &[Value], columns: &[&str]) -> BTreeSet<Vec<String>> {
    let value = |row: &Value, column: &&str| match &row[*column] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let found: BTreeSet<_> =
        rows.iter().map(|row| columns.iter().map(|column| value(row, column)).collect::<Vec<_>>()).collect();
    assert_eq!(found.len(), rows.len(), "a row is there twice");
    found
}

fn strings<const N: usize>(parts: [&str; N]) -> Vec<String> {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

/// So many days and hours after a midnight that was not long ago: metrics are kept for some weeks.
fn moment(hour: i64) -> DateTime<Utc> {
    let yesterday = Utc::now().date_naive() - Duration::days(1);
    yesterday.and_time(NaiveTime::MIN).and_utc() + Duration::hours(hour)
}

fn rfc3339(moment: DateTime<Utc>) -> String {
    moment.trunc_subsecs(0).to_rfc3339().replace("+00:00", "Z")
}

/// The points of a metric of each instance: region and name → time and value, in the order of time.
fn points(
    metric: &str,
    column: &str,
    period: u32,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> BTreeMap<(String, String), Vec<(i64, f64)>> {
    let sql = format!(
        "SELECT region, instance_name, timestamp, {column} AS value FROM instance_metrics \
         WHERE metric_name = '{metric}' AND period = {period} \
         AND timestamp >= TIMESTAMP '{}' AND timestamp < TIMESTAMP '{}'",
        rfc3339(from),
        rfc3339(to)
    );
    let mut points: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in json_rows(&[&["-c", &sql], REGIONS].concat()) {
        let at = time(&row, "timestamp").unwrap().timestamp();
        let of = (text(&row, "region"), text(&row, "instance_name"));
        points.entry(of).or_default().push((at, number(&row, "value")));
    }
    points.values_mut().for_each(|points| points.sort_by_key(|(at, _)| *at));
    points
}

/// The instances of the regions whose metrics are asked for.
fn instances() -> Vec<Value> {
    json_rows(&[&["-c", "SELECT * FROM instances"], REGIONS].concat())
}

#[test]
fn transfer_is_what_the_points_since_the_first_of_the_month_add_up_to() {
    let now = moment(15);
    let start = now.date_naive().with_day(1).unwrap().and_time(NaiveTime::MIN).and_utc();
    let next =
        (start + Duration::days(32)).date_naive().with_day(1).unwrap().and_time(NaiveTime::MIN).and_utc();
    let moved: Vec<_> =
        ["NetworkIn", "NetworkOut"].iter().map(|metric| points(metric, "sum", 3600, start, now)).collect();
    let mut pools: BTreeMap<(String, String), (u64, f64, f64)> = BTreeMap::new();
    for instance in instances() {
        let (region, name) = (text(&instance, "region"), text(&instance, "name"));
        let pool = pools.entry((region.clone(), text(&instance, "bundle_id"))).or_default();
        pool.0 += 1;
        pool.1 += number(&instance, "gb_per_month_allocated");
        for metric in &moved {
            let points = metric.get(&(region.clone(), name.clone())).into_iter().flatten();
            pool.2 += points.map(|(_, bytes)| bytes / 1e9).sum::<f64>();
        }
    }
    let as_of = format!("as_of={}", rfc3339(now));
    let answer = answer(&[&["cost/transfer_used_this_month", &as_of], REGIONS].concat());
    assert_eq!(answer.len(), pools.len());
    let gone = (now - start).num_seconds() as f64 / (next - start).num_seconds() as f64;
    for row in &answer {
        let (instances, pool, used) = pools[&(text(row, "region"), text(row, "bundle_id"))];
        let percent = 100.0 * used / pool;
        let expected = [instances as f64, pool, used, percent, percent / gone];
        let columns = ["instances", "pool_gb", "used_gb", "used_percent", "percent_at_the_end"];
        for (column, expected) in columns.iter().zip(expected) {
            assert!((number(row, column) - expected).abs() < 0.051, "{column} is not {expected}: {row}");
        }
    }
    assert!(answer.iter().any(|row| number(row, "used_gb") > 0.0));
}

/// The slope of the least squares, in units an hour.
fn slope(points: &[(i64, f64)]) -> f64 {
    let count = points.len() as f64;
    let hours: Vec<f64> = points.iter().map(|(at, _)| *at as f64 / 3600.0).collect();
    let (x, y) = (hours.iter().sum::<f64>() / count, points.iter().map(|(_, y)| y).sum::<f64>() / count);
    let both: f64 = hours.iter().zip(points).map(|(hour, (_, value))| (hour - x) * (value - y)).sum();
    both / hours.iter().map(|hour| (hour - x).powi(2)).sum::<f64>()
}

#[test]
fn burst_capacity_runs_out_where_the_line_through_its_points_meets_zero() {
    let mut found = 0;
    // Somewhere on the way to the peak of the day it goes down.
    for hour in [8, 13] {
        let now = moment(hour);
        let points = points("BurstCapacityPercentage", "average", 300, now - Duration::hours(3), now);
        let running = instances();
        let running: BTreeSet<_> = running
            .iter()
            .filter(|instance| instance["state"] == "running")
            .map(|instance| (text(instance, "region"), text(instance, "name")))
            .collect();
        let expected: BTreeMap<_, _> = points
            .iter()
            .filter(|(instance, _)| running.contains(*instance))
            .map(|(instance, points)| (instance, (points.last().unwrap().1, slope(points))))
            .filter(|(_, (left, slope))| *left < 40.0 || *slope < 0.0 && left / -slope < 12.0)
            .collect();
        let as_of = format!("as_of={}", rfc3339(now));
        let answer =
            answer(&[&["health/burst_capacity_running_out", "percent=40", &as_of], REGIONS].concat());
        assert_eq!(answer.len(), expected.len(), "{answer:?}");
        for row in &answer {
            let (left, slope) = expected[&(text(row, "region"), text(row, "name"))];
            assert!((number(row, "percent_left") - left).abs() < 0.051, "{row}");
            assert!((number(row, "percent_per_hour") - slope).abs() < 0.051, "{row}");
            match slope < 0.0 {
                true => assert!((number(row, "hours_left") - left / -slope).abs() < 0.051, "{row}"),
                false => assert!(row["hours_left"].is_null(), "{row}"),
            }
        }
        found += answer.len();
    }
    assert!(found > 0);
}

#[test]
fn idle_is_an_instance_whose_every_hour_was_quiet() {
    let now = moment(6);
    let points = points("CPUUtilization", "average", 3600, now - Duration::days(14), now);
    let bundles = json_rows(&[&["-c", "SELECT * FROM bundles"], REGIONS].concat());
    let of = |region: &str, id: &str| {
        bundles.iter().find(|bundle| bundle["region"] == region && bundle["bundle_id"] == id).unwrap()
    };
    let mut expected = BTreeMap::new();
    for instance in instances().iter().filter(|instance| instance["state"] == "running") {
        let (region, name) = (text(instance, "region"), text(instance, "name"));
        let Some(points) = points.get(&(region.clone(), name.clone())) else { continue };
        if points.len() < 24 * 13 || points.iter().any(|(_, percent)| *percent >= 5.0) {
            continue;
        }
        let bundle = of(&region, &text(instance, "bundle_id"));
        let kind = ["region", "supported_platforms", "supported_app_categories", "public_ipv4_address_count"];
        let cheaper = bundles.iter().filter(|other| {
            kind.iter().all(|column| other[*column] == bundle[*column])
                && other["is_active"] == true
                && number(other, "price") < number(bundle, "price")
        });
        let dearest = cheaper.map(|other| number(other, "price")).fold(f64::NAN, f64::max);
        expected.insert((region, name), number(bundle, "price") - dearest);
    }
    let as_of = format!("as_of={}", rfc3339(now));
    let answer = answer(&[&["cost/idle_instances", &as_of], REGIONS].concat());
    assert_eq!(answer.len(), expected.len());
    assert!(expected.values().any(|saves| *saves > 0.0) && expected.values().any(|saves| saves.is_nan()));
    for row in &answer {
        let saves = expected[&(text(row, "region"), text(row, "name"))];
        if saves.is_nan() {
            assert!(row["smaller_bundle_id"].is_null() && row["saves"].is_null(), "{row}");
            continue;
        }
        assert!((number(row, "saves") - saves).abs() < 0.006, "{row}");
        let smaller = of(&text(row, "region"), &text(row, "smaller_bundle_id"));
        assert!((number(row, "price") - number(smaller, "price") - saves).abs() < 0.006, "{row}");
    }
}

#[test]
fn dns_entries_lead_astray_where_nobody_of_ours_answers() {
    let static_ips: BTreeSet<String> =
        rows("SELECT ip_address FROM static_ips").iter().map(|row| text(row, "ip_address")).collect();
    let instances = rows("SELECT * FROM instances");
    let passing: BTreeSet<String> = instances
        .iter()
        .map(|row| text(row, "public_ip_address"))
        .filter(|address| !address.is_empty() && !static_ips.contains(address))
        .collect();
    let ipv6: BTreeSet<String> = instances.iter().flat_map(|row| texts(row, "ipv6_addresses")).collect();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (sql, column) in [
        ("SELECT domain_name AS it FROM distributions", "it"),
        ("SELECT dns_name AS it FROM load_balancers", "it"),
        ("SELECT url AS it FROM container_services", "it"),
        ("SELECT url AS it FROM buckets", "it"),
        ("SELECT master_endpoint_address AS it FROM relational_databases", "it"),
        ("SELECT name AS it FROM domain_entries WHERE type <> 'CNAME'", "it"),
    ] {
        let found = rows(sql);
        let bare =
            |row: &Value| text(row, column).replace("https://", "").trim_end_matches('/').to_lowercase();
        names.extend(found.iter().map(bare));
    }
    let mut expected = BTreeSet::new();
    for entry in rows("SELECT * FROM domain_entries WHERE type IN ('A', 'AAAA', 'CNAME')") {
        let target = text(&entry, "target").trim_end_matches('.').to_lowercase();
        let is_name = entry["is_alias"] == true || entry["type"] == "CNAME";
        let why = match is_name {
            true if names.contains(&target) || target.ends_with(".acm-validations.aws") => continue,
            true if target.ends_with(".cloudfront.net") => "no distribution of ours",
            true if target.contains(".amazonaws.com") || target.contains(".amazonlightsail.com") => {
                "no resource of ours"
            }
            true => "outside of AWS",
            false if static_ips.contains(&target) || ipv6.contains(&target) => continue,
            false if passing.contains(&target) => "lost at the next stop",
            false => "no address of ours",
        };
        expected.insert(strings([&text(&entry, "name"), &text(&entry, "target"), why]));
    }
    let columns = ["name", "target", "why"];
    assert_eq!(keys(&answer(&["network/dangling_dns_entries", "all=true"]), &columns), expected);
    expected.retain(|row| row[2] != "outside of AWS");
    assert_eq!(keys(&answer(&["network/dangling_dns_entries"]), &columns), expected);
    let reasons: BTreeSet<&str> = expected.iter().map(|row| row[2].as_str()).collect();
    let all = BTreeSet::from(["lost at the next stop", "no address of ours", "no distribution of ours"]);
    assert_eq!(reasons, all, "the fleet has each of them");
}

#[test]
fn an_image_is_retired_that_its_region_does_not_offer() {
    let offered = keys(
        &rows("SELECT region, blueprint_id FROM blueprints WHERE is_active"),
        &["region", "blueprint_id"],
    );
    let expected: Vec<Value> = rows("SELECT * FROM instances")
        .into_iter()
        .filter(|row| !offered.contains(&strings([&text(row, "region"), &text(row, "blueprint_id")])))
        .collect();
    let columns = ["region", "name", "blueprint_id", "state"];
    assert_eq!(
        keys(&answer(&["inventory/instances_on_retired_images"]), &columns),
        keys(&expected, &columns)
    );
    assert!(!expected.is_empty());
}

#[test]
fn idle_cost_is_that_of_stopped_instances_and_forgotten_snapshots() {
    let as_of: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let instances = rows("SELECT arn, state FROM instances");
    let arns: BTreeSet<String> = instances.iter().map(|row| text(row, "arn")).collect();
    let stopped: BTreeSet<String> =
        instances.iter().filter(|row| row["state"] == "stopped").map(|row| text(row, "arn")).collect();
    let disks: BTreeSet<String> =
        rows("SELECT arn FROM block_disks").iter().map(|row| text(row, "arn")).collect();
    let mut forgotten = BTreeSet::new();
    let is_old = |row: &Value| (as_of - time(row, "created_at").unwrap()).num_days() > 300;
    for row in rows("SELECT arn, from_instance_arn, created_at FROM instance_snapshots") {
        if is_old(&row) || !arns.contains(&text(&row, "from_instance_arn")) {
            forgotten.insert(text(&row, "arn"));
        }
    }
    for row in rows("SELECT arn, from_instance_arn, from_disk_arn, created_at FROM disk_snapshots") {
        let is_there =
            arns.contains(&text(&row, "from_instance_arn")) || disks.contains(&text(&row, "from_disk_arn"));
        if is_old(&row) || !is_there {
            forgotten.insert(text(&row, "arn"));
        }
    }
    let mut expected: BTreeMap<String, [f64; 5]> = BTreeMap::new();
    for row in rows("SELECT * FROM monthly_costs") {
        let kind = text(&row, "resource_type");
        let is_snapshot = kind == "InstanceSnapshot" || kind == "DiskSnapshot";
        let price = if is_snapshot { number(&row, "quantity") * 0.1 } else { number(&row, "monthly_price") };
        let arn = text(&row, "resource_arn");
        let (is_stopped, is_forgotten) = (stopped.contains(&arn), forgotten.contains(&arn));
        let region = expected.entry(text(&row, "region")).or_default();
        region[0] += price;
        region[1] += f64::from(u8::from(is_stopped));
        region[2] += if is_stopped { price } else { 0.0 };
        region[3] += f64::from(u8::from(is_forgotten));
        region[4] += if is_forgotten { price } else { 0.0 };
    }
    let values = ["days=300", "usd_per_gb=0.1", "as_of=2026-01-01"];
    let answer = answer(&[&["cost/cost_of_what_is_idle"], &values[..]].concat());
    assert_eq!(answer.len(), expected.len());
    for row in &answer {
        let columns =
            ["monthly_price", "stopped_instances", "stopped_price", "forgotten_snapshots", "forgotten_price"];
        for (column, expected) in columns.iter().zip(expected[&text(row, "region")]) {
            assert!((number(row, column) - expected).abs() < 0.0051, "{column} is not {expected}: {row}");
        }
    }
    assert!(forgotten.len() > 10 && stopped.len() > 10);
}

#[test]
fn a_certificate_covers_a_domain_that_is_on_it() {
    let certificates = rows("SELECT * FROM certificates WHERE region = 'us-east-1'");
    let mut expected = BTreeSet::new();
    for distribution in rows("SELECT * FROM distributions") {
        let named = text(&distribution, "certificate_name");
        let certificate = certificates.iter().find(|certificate| certificate["name"] == *named);
        for domain in texts(&distribution, "alternative_domain_names") {
            let why = match certificate {
                None if named.is_empty() => "no certificate".to_owned(),
                None => "no such certificate".to_owned(),
                Some(certificate) if certificate["status"] != "ISSUED" => {
                    format!("the certificate is {}", text(certificate, "status"))
                }
                Some(certificate) => {
                    let parent = domain.split_once('.').map_or("", |(_, parent)| parent);
                    let mut names = texts(certificate, "subject_alternative_names");
                    names.push(text(certificate, "domain_name"));
                    if names.contains(&domain) || names.contains(&format!("*.{parent}")) {
                        continue;
                    }
                    "not on the certificate".to_owned()
                }
            };
            expected.insert(strings([&text(&distribution, "name"), &domain, &why]));
        }
    }
    let answer = answer(&["security/distributions_without_certificate"]);
    assert_eq!(keys(&answer, &["name", "domain_name", "why"]), expected);
    assert!(!expected.is_empty());
}

#[test]
fn unprotected_is_what_neither_the_add_on_nor_a_young_snapshot_covers() {
    let as_of: DateTime<Utc> = "2025-12-20T00:00:00Z".parse().unwrap();
    let enabled = rows("SELECT resource_arn FROM add_ons WHERE name = 'AutoSnapshot' AND status = 'Enabled'");
    let mut protected: BTreeSet<String> = enabled.iter().map(|row| text(row, "resource_arn")).collect();
    for (sql, state) in [
        ("SELECT from_instance_arn AS arn, created_at, state FROM instance_snapshots", "available"),
        ("SELECT from_disk_arn AS arn, created_at, state FROM disk_snapshots", "completed"),
    ] {
        for row in rows(sql) {
            let age = as_of - time(&row, "created_at").unwrap();
            if row["state"] == state && age >= Duration::zero() && age.num_days() < 30 {
                protected.insert(text(&row, "arn"));
            }
        }
    }
    let instances = rows("SELECT region, name, arn FROM instances");
    let hosts: BTreeSet<(String, String)> = instances
        .iter()
        .filter(|row| protected.contains(&text(row, "arn")))
        .map(|row| (text(row, "region"), text(row, "name")))
        .collect();
    let mut expected = BTreeSet::new();
    for row in instances.iter().filter(|row| !protected.contains(&text(row, "arn"))) {
        expected.insert(strings([&text(row, "region"), "Instance", &text(row, "name")]));
    }
    for row in rows("SELECT region, name, arn, attached_to FROM block_disks WHERE is_system_disk IS NOT TRUE")
    {
        let is_within = hosts.contains(&(text(&row, "region"), text(&row, "attached_to")));
        if !is_within && !protected.contains(&text(&row, "arn")) {
            expected.insert(strings([&text(&row, "region"), "Disk", &text(&row, "name")]));
        }
    }
    let answer = answer(&["backup/unprotected", "days=30", "as_of=2025-12-20"]);
    assert_eq!(keys(&answer, &["region", "resource_type", "name"]), expected);
    assert!(expected.iter().any(|row| row[1] == "Disk") && expected.len() < instances.len());
}

#[test]
fn a_port_is_closed_in_ipv4_if_no_rule_of_the_instance_opens_it() {
    let lists =
        |row: &Value, column: &str, network: &str| texts(row, column).iter().any(|one| one == network);
    let rules = rows("SELECT * FROM ports WHERE protocol NOT LIKE 'icmp%'");
    let instances: BTreeMap<String, Value> =
        rows("SELECT * FROM instances").into_iter().map(|row| (text(&row, "arn"), row)).collect();
    let mut expected = BTreeSet::new();
    for rule in rules.iter().filter(|rule| lists(rule, "ipv6_cidrs", "::/0")) {
        let instance = &instances[&text(rule, "instance_arn")];
        if texts(instance, "ipv6_addresses").is_empty() || instance["ip_address_type"] == "ipv6" {
            continue;
        }
        let opens = |other: &&Value| {
            let covers = other["from_port"].as_i64() <= rule["from_port"].as_i64()
                && other["to_port"].as_i64() >= rule["to_port"].as_i64();
            other["instance_arn"] == rule["instance_arn"]
                && lists(other, "cidrs", "0.0.0.0/0")
                && (other["protocol"] == "all" || other["protocol"] == rule["protocol"] && covers)
        };
        if rules.iter().find(opens).is_none() {
            let port = |column: &str| rule[column].to_string();
            let protocol = text(rule, "protocol");
            let parts = [&text(instance, "region"), &text(instance, "name"), protocol.as_str()];
            expected.insert([&strings(parts)[..], &[port("from_port"), port("to_port")]].concat());
        }
    }
    let answer = answer(&["security/ipv6_open_ipv4_closed"]);
    assert_eq!(keys(&answer, &["region", "name", "protocol", "from_port", "to_port"]), expected);
    assert!(!expected.is_empty());
}

#[test]
fn a_record_is_pending_that_is_not_proved_yet() {
    let entries: BTreeSet<(String, String)> =
        rows("SELECT name, target FROM domain_entries WHERE type = 'CNAME'")
            .iter()
            .map(|row| (text(row, "name"), text(row, "target").trim_end_matches('.').to_owned()))
            .collect();
    let certificates = rows("SELECT * FROM certificates");
    let status = |arn: &str| certificates.iter().find(|row| row["arn"] == arn).map(|row| text(row, "status"));
    let mut expected = BTreeSet::new();
    let mut note = |of: &Value, certificate: &str, record: String, value: String, is_renewal: bool| {
        let key = (record.trim_end_matches('.').to_owned(), value.trim_end_matches('.').to_owned());
        let is_there = entries.contains(&key).to_string();
        let region = text(of, "region");
        expected.insert(strings([&region, certificate, &record, &value, &is_renewal.to_string(), &is_there]));
    };
    for (table, wanted, is_renewal) in [
        ("certificate_validation_records", "PENDING_VALIDATION", false),
        ("certificate_renewal_validation_records", "ISSUED", true),
    ] {
        for row in rows(&format!("SELECT * FROM {table}")) {
            let is_open = status(&text(&row, "certificate_arn")).as_deref() == Some(wanted);
            if is_open && row["validation_status"] != "SUCCESS" {
                let name = text(&row, "certificate_name");
                note(
                    &row,
                    &name,
                    text(&row, "resource_record_name"),
                    text(&row, "resource_record_value"),
                    is_renewal,
                );
            }
        }
    }
    let of_balancers =
        rows("SELECT * FROM load_balancer_tls_certificates WHERE status = 'PENDING_VALIDATION'");
    for record in rows("SELECT * FROM load_balancer_tls_certificate_validation_records") {
        let of = of_balancers.iter().filter(|certificate| {
            ["region", "load_balancer_name"].iter().all(|column| certificate[*column] == record[*column])
                && texts(certificate, "subject_alternative_names").contains(&text(&record, "domain_name"))
        });
        for certificate in of.filter(|_| record["validation_status"] != "SUCCESS") {
            note(
                certificate,
                &text(certificate, "name"),
                text(&record, "name"),
                text(&record, "value"),
                false,
            );
        }
    }
    let answer = answer(&["security/certificates_pending"]);
    assert_eq!(
        keys(&answer, &["region", "certificate", "record", "value", "is_renewal", "in_our_zone"]),
        expected
    );
    assert!(expected.iter().any(|row| row[4] == "true") && expected.iter().any(|row| row[4] == "false"));
}
