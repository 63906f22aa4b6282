//! The server of the Model Context Protocol, spoken to by hand. `tests/conformance/agents.py` asks it with the protocol's own
//! client.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use lightsail_demo as demo;
use serde_json::{Value, json};

use crate::support::{Endpoint, command, run};

/// A running server, and its streams.
struct Server {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    asked: u64,
}

impl Server {
    /// A server that has been greeted.
    fn start(args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = command(&[&["mcp"], args].concat(), env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (requests, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, requests, answers, asked: 0 };
        let hello = json!({
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
        });
        let greeted = server.ask("initialize", hello);
        assert_eq!(greeted["result"]["serverInfo"]["name"], "lightsail-sql", "{greeted}");
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.requests.as_mut().unwrap(), "{message}").unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params}));
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        answer["result"].clone()
    }

    /// The rows of a statement, with what is said of them.
    fn query(&mut self, sql: &str) -> Value {
        let answer = self.call("query", json!({"sql": sql}));
        assert_eq!(answer["isError"], false, "{answer}");
        answer["structuredContent"].clone()
    }

    /// The exit code once nothing more is asked.
    fn end(mut self) -> Option<i32> {
        drop(self.requests.take());
        self.child.wait().unwrap().code()
    }
}

#[test]
fn an_agent_asks_and_hears_what_is_missing() {
    let mut server = Server::start(&["--demo", "--max-rows", "3"], &[]);
    let answer = server.query("SELECT name, cpu_count FROM instances ORDER BY name");
    assert_eq!(answer["columns"], json!(["name", "cpu_count"]));
    assert_eq!(
        (&answer["row_count"], &answer["truncated"], &answer["complete"]),
        (&json!(3), &json!(true), &json!(true))
    );
    assert_eq!(server.query("SELECT 9007199254740993 AS n")["rows"], json!([["9007199254740993"]]));
    assert_eq!(server.end(), Some(0));

    let fails_in_ohio = |request: &demo::Request| {
        (request.region == "us-east-2").then(|| demo::Reply::error(500, "InternalFailure", "no"))
    };
    let endpoint = Endpoint::with_hook(fails_in_ohio);
    let url = endpoint.server.url();
    let keys = [
        ("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", "demo"),
        ("AWS_ENDPOINT_URL", &url),
    ];
    let mut server = Server::start(&["--region", "us-east-1,us-east-2", "--max-attempts", "1"], &keys);
    let sql = "SELECT count(*) AS n FROM instances";
    let refused = server.call("query", json!({"sql": sql}));
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(
        refused["isError"] == true && text.contains("GetInstances") && text.contains("us-east-2"),
        "{refused}"
    );
    let partial =
        server.call("query", json!({"sql": sql, "allow_partial": true}))["structuredContent"].clone();
    assert_eq!(
        (&partial["complete"], partial["missing"].as_array().unwrap().len()),
        (&json!(false), 1),
        "{partial}"
    );
    assert_eq!(server.end(), Some(0));
}

#[test]
fn an_agent_only_reads() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made.csv");
    let mut server = Server::start(&["--demo"], &[]);
    for sql in [
        &format!("COPY (SELECT 1) TO '{}'", file.display()),
        &format!("EXPLAIN COPY (SELECT 1) TO '{}'", file.display()),
        "CREATE TABLE t AS SELECT 1",
        "SELECT 1 INTO t",
        "DROP TABLE instances",
        "SET lightsail.regions = 'all'",
        "PREPARE p AS SELECT 1",
        "SELECT * FROM '/etc/hostname'",
        "SELECT 1; SELECT 2",
    ] {
        let answer = server.call("query", json!({"sql": sql}));
        assert_eq!(answer["isError"], true, "{sql}: {answer}");
    }
    assert!(!file.exists());
    assert_eq!(server.end(), Some(0));
}

#[test]
fn an_agent_reads_captures_without_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().to_str().unwrap();
    for day in ["2026-01-01", "2026-01-02"] {
        let args = ["capture", there, "--tables", "instances", "-q", "--demo", "--demo-today", day];
        assert_eq!(run(&args).code, Some(0));
    }
    let mut server = Server::start(&["--from", there, "--at", "2026-01-01"], &[]);
    let answer = server.query("SELECT count(*), max(captured_at)::date FROM instances");
    assert_eq!(answer["rows"], json!([[400, "2026-01-01"]]), "{answer}");
    assert_eq!((&answer["api_calls"], &answer["complete"]), (&json!(0), &json!(true)), "{answer}");
    assert!(answer["as_of"].as_str().unwrap().starts_with("2026-01-01T"), "{answer}");
    let all = server.query("SELECT count(*) FROM history.instances");
    assert_eq!(all["rows"], json!([[800]]), "{all}");
    assert_eq!(server.end(), Some(0));
}

#[test]
fn the_tools_are_those_that_the_documents_name() {
    let mut server = Server::start(&["--demo"], &[]);
    let tools = server.ask("tools/list", json!({}));
    let tools: BTreeMap<&str, &Value> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| (tool["name"].as_str().unwrap(), &tool["annotations"]["readOnlyHint"]))
        .collect();
    assert_eq!(tools.into_values().collect::<Vec<_>>(), [&json!(true); 4]);
    let documents = include_str!("../../docs/agents.md");
    for tool in ["list_tables", "describe_table", "explain", "query"] {
        assert!(documents.contains(&format!("| `{tool}(")), "{tool}");
    }
    let prompts = server.ask("prompts/list", json!({}));
    let names: Vec<&str> = prompts["result"]["prompts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|prompt| prompt["name"].as_str().unwrap())
        .collect();
    assert!(lightsail_sql::saved::shipped_names().all(|name| names.contains(&name)), "{names:?}");
    assert_eq!(server.end(), Some(0));
}
