//! What is too much for anybody: an answer or a clear error, within the memory that there is, and Ctrl-C ends it.

#![cfg(target_os = "linux")]

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::memory::megabytes;
use crate::support::documents::{check, table};
use crate::support::{Run, command};

/// What statements may hold in these tests, in MB, and what the program holds beside it at most.
const LIMIT: u64 = 256;
const BESIDE: u64 = 300;

/// What comes of a statement.
enum Comes {
    /// This answer.
    Answer(&'static str),
    /// An error that says this.
    Error(&'static str),
    /// Nothing, until `--query-timeout` or Ctrl-C ends it.
    Never,
}

use Comes::{Answer, Error, Never};

/// Something that is too much.
struct Excess {
    name: &'static str,
    sql: fn() -> String,
    comes: Comes,
    /// What happens, for the document.
    happens: &'static str,
}

const fn excess(name: &'static str, sql: fn() -> String, comes: Comes, happens: &'static str) -> Excess {
    Excess { name, sql, comes, happens }
}

const ENDED: &str = "goes on until `--query-timeout` or Ctrl-C";
const NAMES_LIMIT: &str = "an error that names `lightsail.memory_limit`";

static EXCESSES: &[Excess] = &[
    excess(
        "a statement of 10 MB",
        || format!("SELECT length('{}') AS n", "a".repeat(10 << 20)),
        Answer("10485760"),
        "its answer",
    ),
    excess(
        "10,000 nested parentheses",
        || format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        Error("words and operators"),
        "an error: 10,000 words and operators, 200 levels",
    ),
    excess(
        "an IN list of 100,000",
        || {
            let names: Vec<String> = (0..100_000).map(|number| format!("'x{number}'")).collect();
            format!("SELECT count(*) FROM instances WHERE name || '' IN ({})", names.join(","))
        },
        Answer("0"),
        "its answer",
    ),
    excess(
        "5,000 UNION ALLs",
        || vec!["SELECT 1"; 5_000].join(" UNION ALL "),
        Error("words and operators"),
        "an error",
    ),
    excess(
        "a script of 2,000,000 `;`",
        || ";".repeat(2_000_000) + "SELECT 1",
        Answer("1"),
        "its answer: scripts are read a piece at a time",
    ),
    excess(
        "a script of 20,001 statements",
        || "SELECT 1;\n".repeat(20_001),
        Error("more than 20000 statements"),
        "an error before the first is run",
    ),
    excess(
        "a cross join of 400^4 rows",
        || {
            "SELECT count(*) FROM instances a, instances b, instances c, instances d WHERE a.name || d.name = ''".into()
        },
        Never,
        ENDED,
    ),
    excess(
        "a recursive query without an end",
        || "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r".into(),
        Never,
        ENDED,
    ),
    excess(
        "`generate_series` of 10^12 rows",
        || "SELECT max(value) FROM generate_series(1, 1000000000000)".into(),
        Never,
        ENDED,
    ),
    excess(
        "`repeat` of 10^9",
        || "SELECT length(repeat('a', 1000000000))".into(),
        Error("lightsail.memory_limit"),
        NAMES_LIMIT,
    ),
    excess(
        "an array of 2 * 10^9",
        || "SELECT cardinality(array_repeat(1, 2000000000))".into(),
        Error("lightsail.memory_limit"),
        NAMES_LIMIT,
    ),
    excess(
        "a text of 10^10 letters that `replace` makes",
        || "SELECT length(replace(repeat('a', 100000), 'a', repeat('b', 100000)))".into(),
        Error("lightsail.memory_limit"),
        NAMES_LIMIT,
    ),
    excess(
        "a list of 3 * 10^7 whose items are told apart",
        || "SELECT cardinality(array_distinct(range(0, 30000000)))".into(),
        Error("lightsail.memory_limit"),
        NAMES_LIMIT,
    ),
    excess(
        "texts that a window adds up for each of 30,000 rows",
        || {
            "SELECT max(length(s)) FROM (SELECT string_agg(n::text, ',') OVER (ORDER BY n) AS s \
             FROM generate_series(1, 30000) AS t(n))"
                .into()
        },
        Error("lightsail.memory_limit"),
        NAMES_LIMIT,
    ),
    excess(
        "a function of constants that computes for long",
        || "SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))".into(),
        Never,
        ENDED,
    ),
    excess(
        "a table of the session without an end",
        || "CREATE TABLE t AS SELECT repeat('x', 1000) AS a FROM generate_series(1, 1000000000)".into(),
        Error("lightsail.memory_limit"),
        "an error that names `lightsail.memory_limit`; what it held is given back",
    ),
    excess(
        "a sort of twice the limit",
        || {
            "SELECT count(*) FROM (SELECT a FROM (SELECT n || repeat('x', 1000) AS a FROM generate_series(1, 500000) AS t(n)) \
             ORDER BY a OFFSET 1)"
                .into()
        },
        Answer("499999"),
        "its answer, by way of a temporary folder",
    ),
    excess(
        "a regular expression that explodes",
        || "SELECT count(*) FROM instances WHERE name ~ '((((a{100}){100}){100}){100}){100}'".into(),
        Error("CompiledTooBig"),
        "an error",
    ),
    excess(
        "a regular expression that others backtrack in",
        || "SELECT count(*) FROM instances WHERE repeat('a', 100000) ~ '^(a*)*(a|aa)*$b'".into(),
        Answer("0"),
        "its answer: matching takes time in proportion to the text",
    ),
];

/// Runs a statement to its end, or until Ctrl-C after `patience`; gives the most memory in MB that it held, too.
fn run(excess: &Excess, flags: &[&str], patience: Option<Duration>) -> (Run, u64) {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("excess.sql");
    std::fs::write(&file, (excess.sql)()).unwrap();
    let limit = format!("{LIMIT} MB");
    let args =
        ["--demo", "--format", "csv", "--no-header", "-q", "--memory-limit", &limit, file.to_str().unwrap()];
    let mut command = command(&[&args, flags].concat(), &[]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (begun, mut held, mut is_told) = (Instant::now(), 0, false);
    while child.try_wait().unwrap().is_none() {
        held = held.max(megabytes(child.id(), "VmHWM:"));
        if patience.is_some_and(|patience| !is_told && begun.elapsed() > patience) {
            let id = child.id().to_string();
            is_told = std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    (child.wait_with_output().unwrap().into(), held)
}

#[test]
fn what_is_too_much_is_answered_or_refused_within_the_limit() {
    for excess in EXCESSES {
        let name = excess.name;
        let flags: &[&str] = if matches!(excess.comes, Never) { &["--query-timeout", "2s"] } else { &[] };
        let (run, held) = run(excess, flags, None);
        let (code, stdout, words) = match excess.comes {
            Answer(text) => (0, text, ""),
            Error(words) => (1, "", words),
            Never => (1, "", "lightsail.query_timeout"),
        };
        assert_eq!((run.code, run.stdout.trim()), (Some(code), stdout), "{name}: {:.500}", run.stderr);
        assert!(run.stderr.contains(words), "{name}: {:.500}", run.stderr);
        assert!(held < LIMIT + BESIDE, "{name} held {held} MB");
    }
}

#[test]
fn ctrl_c_ends_what_has_no_end() {
    for excess in EXCESSES.iter().filter(|excess| matches!(excess.comes, Never)) {
        let (run, _) = run(excess, &[], Some(Duration::from_secs(2)));
        assert_eq!((run.code, run.stdout.as_str()), (Some(130), ""), "{}: {}", excess.name, run.stderr);
    }
}

const BEGIN: &str = "<!-- limits -->\n";
const END: &str = "<!-- end -->\n";

#[test]
fn the_document_has_all_of_them() {
    check("docs/reliability.md", |text| {
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        let rows = EXCESSES.iter().map(|excess| [excess.name.to_owned(), excess.happens.to_owned()]);
        format!("{before}{BEGIN}{}{END}{after}", table(["what", "what happens"], rows))
    });
}
