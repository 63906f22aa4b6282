//! Random scripts under random statements, each of them many times: the rows are right, or an error names a call that the script
//! is about, or the answer is marked as partial.
//!
//! What a number gives is the same everywhere. `LIGHTSAIL_SQL_FAULT_SCANS=10000 cargo test --test it random_faults` asks that
//! many; a scan that fails says its number, which `LIGHTSAIL_SQL_FAULT_FIRST` begins with. A number is worth nothing once scans
//! are made in another way: what it finds becomes a test of its own.

use std::fmt;

use datafusion_lightsail::error::Kind;
use datafusion_lightsail::session::Session;
use futures::StreamExt;
use lightsail_demo::Server;
use lightsail_demo::faults::{FAULTS, Fault, Right};

use super::scan::{How, REGIONS, Rows, Told, ask, is_part_of, runtime, truth};
use crate::support::session::set;

/// How many scans there are unless `LIGHTSAIL_SQL_FAULT_SCANS` says it.
const SCANS: u64 = 1200;
/// So many scans share a session.
const SHARING: u64 = 25;
/// So many sessions are asked at the same time.
const AT_ONCE: usize = 16;

/// The statements, and whether a part of the fleet makes a part of their rows.
const STATEMENTS: [(&str, bool); 10] = [
    ("SELECT name, region, state FROM instances", true),
    ("SELECT name, region FROM instances WHERE name LIKE '%1%'", true),
    ("SELECT instance_name, region, path FROM disks WHERE is_system_disk", true),
    (
        "SELECT i.name, i.region, d.name FROM instances i JOIN block_disks d ON d.attached_to = i.name AND d.region = i.region",
        true,
    ),
    ("SELECT name, region FROM static_ips UNION ALL SELECT name, region FROM block_disks", true),
    ("SELECT region, count(*) FROM instances GROUP BY region", false),
    ("SELECT count(*) FROM instances i LEFT JOIN static_ips s ON s.attached_to = i.name", false),
    ("SELECT instance_name, region, from_port FROM instance_port_states", true),
    ("SELECT resource_name, region, date FROM auto_snapshots", true),
    ("SELECT name, region FROM instances WHERE name IN (SELECT attached_to FROM block_disks)", true),
];

/// A scan.
struct Case {
    script: String,
    statement: usize,
    partial: bool,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partial = if self.partial { ", --allow-partial" } else { "" };
        write!(f, "{}{partial} with\n{}", STATEMENTS[self.statement].0, self.script)
    }
}

/// Numbers that depend on one number: splitmix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ bits >> 31) % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// What is not waited for: time limits, and an endpoint that is shared.
fn faults() -> Vec<&'static Fault> {
    FAULTS.iter().filter(|fault| !fault.is_slow() && !fault.is_end()).collect()
}

impl Case {
    fn of(number: u64) -> Self {
        let mut chance = Chance(number);
        let faults = faults();
        let operations = [
            "*",
            "*",
            "GetInstances",
            "GetDisks",
            "GetStaticIps",
            "GetInstancePortStates",
            "GetAutoSnapshots",
            "Get*s",
        ];
        let conditions = [
            "",
            " page=1",
            " page=2",
            " page=last",
            " page=2-9",
            " percent=30",
            " times=1",
            " page=last times=1",
        ];
        let mut script = String::new();
        for _ in 0..=chance.below(3) {
            let fault = chance.pick(&faults);
            let operation = chance.pick(&operations);
            // A listing has tokens, and other answers do not.
            let operation = if fault.is_of_pages() { "GetInstances" } else { operation };
            let region = chance.pick(&["*", REGIONS[0], REGIONS[1]]);
            let condition = chance.pick(&conditions);
            script +=
                &format!("{} operation={operation} region={region} retry-after=1{condition}\n", fault.name);
        }
        Self { script, statement: chance.below(STATEMENTS.len()), partial: chance.below(2) == 1 }
    }

    async fn run(&self, server: &Server, session: &Session, truth: &Rows) -> Result<usize, String> {
        set(session, "allow_partial", self.partial).await;
        server.set_faults(self.script.parse().unwrap());
        let told = ask(session, STATEMENTS[self.statement].0).await;
        server.set_faults("".parse().unwrap());
        self.judge(&told, truth)?;
        Ok(match &told.error {
            Some(_) => 1,
            None if told.record.completeness().is_complete() => 0,
            None => 2,
        })
    }

    fn judge(&self, told: &Told, truth: &Rows) -> Result<(), String> {
        let Told { rows, record, error } = told;
        let completeness = record.completeness();
        let justified = completeness.missing.iter().chain(error).try_for_each(|error| self.justifies(error));
        justified?;
        let is_twice = self.faults().any(|fault| fault.right == Right::Twice);
        let is_part = STATEMENTS[self.statement].1;
        if error.is_none()
            && completeness.is_complete()
            && rows != truth
            && record.notes().repeated.is_empty()
        {
            return Err("rows that are there twice, and nobody says so".to_owned());
        }
        match error {
            Some(_) if self.partial && record.scans().iter().any(|scan| scan.pages > 0) => {
                Err(format!("it was to be partial: {error:?}"))
            }
            Some(_) => Ok(()),
            None if completeness.is_complete() && is_twice && is_part => {
                let is_right = rows.keys().eq(truth.keys());
                is_right.then_some(()).ok_or_else(|| format!("{} rows of {}", rows.len(), truth.len()))
            }
            None if completeness.is_complete() => {
                let is_right = rows == truth || is_twice;
                is_right.then_some(()).ok_or_else(|| format!("{} rows of {}", rows.len(), truth.len()))
            }
            None if !self.partial => Err(format!("not complete, and no error: {completeness:?}")),
            None if completeness.missing.is_empty() => Err(format!("what is missing? {completeness:?}")),
            None => (is_part_of(rows, truth) || is_twice || !is_part)
                .then_some(())
                .ok_or_else(|| "rows that there are not".to_owned()),
        }
    }

    fn faults(&self) -> impl Iterator<Item = &'static Fault> {
        self.script.lines().filter_map(|line| Fault::named(line.split(' ').next()?))
    }

    /// Whether the script is the reason of an error, and the error says all of it.
    fn justifies(&self, error: &datafusion_lightsail::error::Error) -> Result<(), String> {
        let fault = error.fault().ok_or_else(|| format!("no call is named: {error:?}"))?;
        let is_reason = self.faults().any(|known| {
            let (code, kind) = match known.right {
                // On a busy machine the reset overtakes the answer that was sent before it.
                Right::Rows if known.name == "reset_after" => (None, Kind::Api),
                Right::Rows | Right::Twice => return false,
                Right::Retried(code) | Right::Refused(code) => (code, Kind::Api),
                Right::Expired(code) => (Some(code), Kind::Credentials),
            };
            let has_answer = !matches!(known.right, Right::Retried(None) | Right::Rows);
            let has_id = fault.request_id.is_some() || !has_answer;
            code == fault.code.as_deref() && kind == error.kind() && has_id
        });
        let names_all =
            error.to_string().contains(fault.operation) && error.to_string().contains(&fault.region);
        (is_reason && names_all).then_some(()).ok_or_else(|| format!("no reason for {fault:?}"))
    }
}

const HOW: How =
    How { instances: 16, partial: false, attempts: 1, max_items: None, cached: false, is_slow: false };

/// How many scans gave all rows, an error, some rows.
type Outcomes = [usize; 3];

/// Runs cases one after another, each with its number. Returns what was wrong.
async fn run(cases: Vec<(u64, Case)>, truths: [Rows; STATEMENTS.len()]) -> (Vec<String>, Outcomes) {
    // Sessions where calls are tried once, and twice.
    let Some((number, _)) = cases.first() else { return Default::default() };
    let how = How { attempts: 1 + (number / SHARING % 2) as u32, ..HOW };
    let (server, session) = how.start().await;
    let (mut wrong, mut outcomes) = (Vec::new(), Outcomes::default());
    for (number, case) in cases {
        match case.run(&server, &session, &truths[case.statement]).await {
            Ok(outcome) => outcomes[outcome] += 1,
            Err(what) => wrong.push(format!("number {number}: {what}\n{case:?}")),
        }
    }
    (wrong, outcomes)
}

async fn truths() -> [Rows; STATEMENTS.len()] {
    let (_server, session) = HOW.start().await;
    let mut truths = [const { Rows::new() }; STATEMENTS.len()];
    for (truth_of, (sql, _)) in truths.iter_mut().zip(STATEMENTS) {
        *truth_of = truth(&session, sql).await;
    }
    truths
}

#[test]
fn random_faults_give_right_rows_or_are_told() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let scans = number("LIGHTSAIL_SQL_FAULT_SCANS").unwrap_or(SCANS);
    let first = number("LIGHTSAIL_SQL_FAULT_FIRST").unwrap_or(0);
    let (mut wrong, mut outcomes) = (Vec::new(), Outcomes::default());
    runtime().block_on(async {
        let truths = truths().await;
        let run = |from: u64| {
            let cases = (from..(from + SHARING).min(first + scans)).map(|number| (number, Case::of(number)));
            tokio::spawn(run(cases.collect(), truths.clone()))
        };
        let starts = (first..first + scans).step_by(SHARING as usize);
        let mut runs = futures::stream::iter(starts).map(run).buffer_unordered(AT_ONCE);
        while let Some(run) = runs.next().await {
            let (found, of_run) = run.unwrap();
            wrong.extend(found);
            (0..outcomes.len()).for_each(|outcome| outcomes[outcome] += of_run[outcome]);
        }
    });
    let [right, loud, partial] = outcomes;
    #[expect(
        clippy::print_stderr,
        reason = "how much was tried is worth knowing, and shown with --nocapture"
    )]
    {
        eprintln!("{scans} scans: {right} right, {loud} refused, {partial} partial, {} wrong", wrong.len());
    }
    assert!(wrong.is_empty(), "{} of {scans} scans:\n{}", wrong.len(), wrong.join("\n"));
    assert!(scans < SCANS || outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}
