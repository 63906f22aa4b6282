//! The saved queries: each says what it asks, runs on the demo fleet, and its rows are pinned.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use datafusion_lightsail::header::Header;
use datafusion_lightsail::script::Script;
use serde_json::Value;

use crate::support::{self, json_rows};

/// Ages are taken at this moment, or the snapshots would age too.
const AS_OF: &str = "as_of=2025-06-01T00:00:00Z";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The themes of the saved queries: their folders.
const THEMES: [&str; 6] = ["backup", "cost", "health", "inventory", "network", "security"];

/// The saved queries of all themes.
fn queries() -> Vec<(String, PathBuf)> {
    THEMES.iter().flat_map(|theme| files(&format!("queries/{theme}"), "sql")).collect()
}

/// The files of a directory with this suffix, in the order of their names, as stem and path.
fn files(directory: &str, suffix: &str) -> Vec<(String, PathBuf)> {
    let mut files: Vec<_> = std::fs::read_dir(root().join(directory))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == suffix))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    files.sort();
    files
}

/// The `$parameters` outside of comments.
fn parameters_used(sql: &str) -> BTreeSet<String> {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let names = code
        .flat_map(|line| line.split('$').skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>());
    names.collect()
}

/// What is wrong with a query's text.
fn style(stem: &str, sql: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut demand = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    demand(stem.chars().all(snake), "the name is not in snake case".into());
    let header = Header::read(sql);
    let is_finding = header.field("level").is_some();
    let fields: &[&str] =
        if is_finding { &["title", "description", "level", "advice"] } else { &["title", "description"] };
    for &name in fields.iter().filter(|name| **name != "level") {
        let text = header.field(name).unwrap_or_default();
        demand(!text.is_empty(), format!("the header has no {name}"));
        demand(name == "title" || text.ends_with('.'), format!("the {name} is no sentence"));
    }
    demand(sql.ends_with(";\n"), "it does not end with a semicolon and a line end".into());
    demand(sql.contains("\nORDER BY "), "its rows come in no certain order".into());
    for line in sql.lines().filter(|line| line.chars().count() > 120) {
        demand(false, format!("too long a line: {line}"));
    }
    let found: Vec<&str> = header.fields().map(|(name, _)| name).filter(|name| *name != "report").collect();
    demand(found == fields, format!("the header has other fields than {}", fields.join(", ")));
    for declared in header.parameters() {
        let name = declared.name;
        demand(!declared.meaning.is_empty(), format!("does not say what {name} means"));
        demand(declared.kind.is_some(), format!("does not say of which type {name} is"));
        demand(declared.default.is_some(), format!("{name} has no default"));
    }
    match Script::new(stem, sql) {
        Ok(script) => {
            let count = script.statements.len();
            demand(count == 1, format!("{count} statements instead of one question"));
            let declared: BTreeSet<String> =
                script.declared.into_iter().map(|declared| declared.name).collect();
            let used = parameters_used(sql);
            for name in used.difference(&declared) {
                demand(false, format!("${name} has no default"));
            }
            for name in declared.difference(&used) {
                demand(false, format!("${name} is declared and not used"));
            }
        }
        Err(error) => demand(false, error.to_string()),
    }
    wrong
}

/// Runs a query as its header leaves it and pins its rows. What is wrong comes back.
fn outcome(stem: &str, path: &Path, sql: &str) -> Vec<String> {
    let path = path.to_str().unwrap();
    let region = if sql.contains("_metrics") { "ap-southeast-2" } else { "all" };
    let bare = ["--demo", "--region", region, "--format", "csv", "--null", "NULL", path];
    let mut run = support::run(&bare);
    if run.code == Some(0) && parameters_used(sql).contains("as_of") {
        run = support::run(&[bare.as_slice(), &["--param", AS_OF]].concat());
    }
    if run.code != Some(0) {
        return vec![format!("exit code {:?}: {}", run.code, run.stderr.trim())];
    }
    // What is measured goes on by the clock: its rows are computed anew in `advice`.
    if sql.contains("_metrics") {
        return Vec::new();
    }
    if run.stdout.lines().nth(1).is_none() {
        return vec!["no rows on the demo fleet, which has every odd case".into()];
    }
    let pinned = catch_unwind(AssertUnwindSafe(|| {
        support::masked().bind(|| insta::assert_snapshot!(format!("query_{stem}"), run.stdout));
    }));
    pinned.err().map(|_| "the rows differ from the snapshot, see above".to_owned()).into_iter().collect()
}

#[test]
fn every_query_is_documented_and_its_rows_are_pinned() {
    let queries = queries();
    assert!(queries.len() >= 30, "where are the saved queries?");
    let mut wrong = Vec::new();
    for (stem, path) in &queries {
        let sql = std::fs::read_to_string(path).unwrap();
        let violations = style(stem, &sql).into_iter().chain(outcome(stem, path, &sql));
        wrong.extend(violations.map(|violation| format!("{stem}.sql: {violation}")));
    }
    let stems: BTreeSet<&str> = queries.iter().map(|(stem, _)| stem.as_str()).collect();
    for (snapshot, _) in files("tests/it/snapshots", "snap") {
        if snapshot.strip_prefix("query_").is_some_and(|stem| !stems.contains(stem)) {
            wrong.push(format!("{snapshot}.snap: there is no such query any more"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rows_of_file(stem: &str) -> Vec<Value> {
    let (_, path) = queries().into_iter().find(|(name, _)| name == stem).unwrap();
    json_rows(&[path.to_str().unwrap()])
}

fn text(row: &Value, column: &str) -> String {
    row[column].as_str().unwrap().to_owned()
}

fn lists(row: &Value, column: &str, network: &str) -> bool {
    row[column].as_array().is_some_and(|networks| networks.iter().any(|one| one == network))
}

/// The port rules of the fleet that let the internet in.
fn open_rules() -> Vec<Value> {
    let mut rules = json_rows(&["-c", "SELECT * FROM ports"]);
    assert_eq!(rules.len(), 1126);
    rules.retain(|rule| lists(rule, "cidrs", "0.0.0.0/0") || lists(rule, "ipv6_cidrs", "::/0"));
    rules
}

#[test]
fn open_ports_are_counted_as_they_are_here() {
    let mut expected: BTreeMap<(String, String), [BTreeSet<String>; 3]> = BTreeMap::new();
    for rule in open_rules() {
        let protocol = text(&rule, "protocol");
        let (from, to) = (rule["from_port"].as_i64().unwrap(), rule["to_port"].as_i64().unwrap());
        let ports = match (protocol.as_str(), from, to) {
            ("icmp" | "icmpv6", -1, _) => "any type".to_owned(),
            ("icmp" | "icmpv6", kind, _) => format!("type {kind}"),
            (_, from, to) if from == to => from.to_string(),
            (_, from, to) => format!("{from}-{to}"),
        };
        let is_open = [true, lists(&rule, "cidrs", "0.0.0.0/0"), lists(&rule, "ipv6_cidrs", "::/0")];
        let instances = expected.entry((protocol, ports)).or_default();
        for (instances, _) in instances.iter_mut().zip(is_open).filter(|(_, is_open)| *is_open) {
            instances.insert(text(&rule, "instance_arn"));
        }
    }
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|(rule, instances)| (rule, instances.map(|instances| instances.len() as u64)))
        .collect();

    let answer = rows_of_file("open_ports_by_service");
    let count = |row: &Value, column: &str| row[column].as_u64().unwrap();
    let actual: BTreeMap<_, _> = answer
        .iter()
        .map(|row| {
            let counts = ["instances", "over_ipv4", "over_ipv6"].map(|column| count(row, column));
            ((text(row, "protocol"), text(row, "ports")), counts)
        })
        .collect();
    assert_eq!(actual, expected);
    assert_eq!(answer.len(), expected.len(), "a rule is listed twice");
}

#[test]
fn sensitive_ports_are_found_in_single_ports_ranges_and_all_protocols() {
    let port_numbers = [22, 1433, 1521, 3306, 3389, 5432, 6379, 9042, 9200, 11211, 27017];
    let mut expected = Vec::new();
    for rule in open_rules() {
        let (from, to) = (rule["from_port"].as_i64().unwrap(), rule["to_port"].as_i64().unwrap());
        let protocol = text(&rule, "protocol");
        for port in port_numbers {
            if protocol == "all" || (protocol == "tcp" && (from..=to).contains(&port)) {
                expected.push((text(&rule, "region"), text(&rule, "instance_name"), port, protocol.clone()));
            }
        }
    }
    let mut actual: Vec<_> = rows_of_file("sensitive_ports_open_to_world")
        .iter()
        .map(|row| {
            let port = row["port"].as_i64().unwrap();
            (text(row, "region"), text(row, "instance_name"), port, text(row, "protocol"))
        })
        .collect();
    expected.sort();
    actual.sort();
    assert_eq!(actual, expected);
    assert!(expected.iter().any(|(.., protocol)| protocol == "all"), "the fleet has such a rule");
}

#[test]
fn instances_without_auto_snapshots_are_all_but_those_with_the_add_on_enabled() {
    let enabled: BTreeSet<String> = json_rows(&["-c", "SELECT * FROM add_ons"])
        .iter()
        .filter(|add_on| add_on["name"] == "AutoSnapshot" && add_on["status"] == "Enabled")
        .map(|add_on| text(add_on, "resource_arn"))
        .collect();
    let expected: BTreeSet<(String, String)> = json_rows(&["-c", "SELECT region, name, arn FROM instances"])
        .iter()
        .filter(|instance| !enabled.contains(&text(instance, "arn")))
        .map(|instance| (text(instance, "region"), text(instance, "name")))
        .collect();
    let answer = rows_of_file("instances_without_auto_snapshots");
    let actual: BTreeSet<_> = answer.iter().map(|row| (text(row, "region"), text(row, "name"))).collect();
    assert_eq!(actual, expected);
    assert_eq!(answer.len(), expected.len(), "an instance is listed twice");
}
