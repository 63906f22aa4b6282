//! Faults of the service under whole runs: what a file has, what is said, and the exit code.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use lightsail_demo::faults::{Fault, Right};
use lightsail_demo::{self as demo};
use parquet::file::reader::{FileReader, SerializedFileReader};
use tempfile::TempDir;

use crate::support::{Endpoint, Run, command, names_in, run, run_with};

/// A fault of each kind. The engine's tests hold it against all of them.
const FAULTS: [&str; 12] = [
    "ThrottlingException",
    "403",
    "500",
    "html_200",
    "malformed_json",
    "text_for_item",
    "truncated",
    "reset_within",
    "token_again",
    "null_items",
    "empty_page",
    "expired_credentials",
];

/// The second page of a listing goes wrong in one of two regions.
struct Outage {
    fault: &'static Fault,
    recovers: bool,
    partial: bool,
}

/// What is right of a run.
#[derive(PartialEq)]
enum End {
    Whole,
    Partial,
    Failed(i32),
}

impl Outage {
    fn all() -> impl Iterator<Item = Self> {
        let cases = |name: &'static str| {
            let fault = Fault::named(name).unwrap();
            let is_retried = matches!(fault.right, Right::Retried(_));
            let of = |(recovers, partial)| Self { fault, recovers, partial };
            let cases = [(false, false), (false, true), (true, false), (true, true)].into_iter();
            cases.filter(move |(recovers, _)| is_retried || !recovers).map(of)
        };
        FAULTS.into_iter().flat_map(cases)
    }

    fn end(&self) -> End {
        let code = match self.fault.right {
            Right::Rows | Right::Twice => return End::Whole,
            Right::Retried(_) if self.recovers => return End::Whole,
            Right::Retried(_) | Right::Refused(_) => 254,
            Right::Expired(_) => 253,
        };
        if self.partial { End::Partial } else { End::Failed(code) }
    }

    fn run(&self, args: &[&str]) -> Run {
        let times = if self.recovers { " times=1" } else { "" };
        let script = format!(
            "{} operation=GetInstances region=us-east-1 page=2 retry-after=1{times}",
            self.fault.name
        );
        let config = demo::Config {
            instances: Some(14),
            page: Some(3),
            regions: Some(2),
            faults: script.parse().unwrap(),
            ..demo::Config::default()
        };
        let attempts = if self.recovers { "2" } else { "1" };
        let all = ["--region", "us-east-1,us-east-2", "--max-attempts", attempts];
        let partial: &[&str] = if self.partial { &["--allow-partial"] } else { &[] };
        Endpoint::start(config).run(&[&all[..], partial, args].concat())
    }

    /// Checks what a run said, and its exit code.
    fn check(&self, run: &Run) -> End {
        let what =
            format!("{:?}, recovers {}, partial {}: {}", self.fault, self.recovers, self.partial, run.stderr);
        let end = self.end();
        let code = match end {
            End::Whole => 0,
            End::Partial => 3,
            End::Failed(code) => code,
        };
        assert_eq!(run.code, Some(code), "{what}");
        if end != End::Whole {
            assert!(run.stderr.contains("GetInstances in us-east-1"), "{what}");
            if let Right::Retried(Some(code)) | Right::Refused(Some(code)) | Right::Expired(code) =
                self.fault.right
            {
                assert!(run.stderr.contains(code) && run.stderr.contains("request id "), "{what}");
            }
        }
        end
    }
}

/// Whether a Parquet file says that it is complete, and its rows.
fn parquet(path: &Path) -> (bool, i64) {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata();
    let pairs = metadata.key_value_metadata().unwrap();
    let complete = pairs.iter().find(|pair| pair.key == "lightsail_sql.complete").unwrap();
    (complete.value.as_deref() == Some("true"), metadata.num_rows())
}

#[test]
fn an_export_is_whole_or_marked_or_the_file_from_before() {
    for outage in Outage::all() {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("x.parquet");
        fs::write(&file, "old").unwrap();
        let run = outage.run(&["-o", file.to_str().unwrap(), "-c", "SELECT name FROM instances"]);
        match outage.check(&run) {
            End::Whole => assert_eq!(parquet(&file), (true, 14), "{:?}", outage.fault),
            End::Partial => {
                let (is_complete, rows) = parquet(&file);
                assert!(!is_complete && (7..14).contains(&rows), "{:?}: {rows} rows", outage.fault);
            }
            End::Failed(_) => assert_eq!(fs::read_to_string(&file).unwrap(), "old", "{:?}", outage.fault),
        }
        assert_eq!(names_in(directory.path()), ["x.parquet"]);
    }
}

#[test]
fn a_batch_says_which_of_its_files_went_wrong() {
    for outage in Outage::all() {
        let directory = TempDir::new().unwrap();
        let at = |name: &str| directory.path().join(name).display().to_string();
        for (name, sql) in [
            ("first.sql", "SELECT name FROM block_disks"),
            ("second.sql", "SELECT name FROM instances"),
            ("third.sql", "SELECT path FROM disks WHERE is_system_disk"),
        ] {
            fs::write(at(name), sql).unwrap();
        }
        let out = at("out/");
        let run = outage.run(&[
            "--keep-going",
            "--format",
            "parquet",
            "-o",
            &out,
            &at("first.sql"),
            &at("second.sql"),
            &at("third.sql"),
        ]);
        let end = outage.check(&run);
        let written = names_in(Path::new(&out));
        let expected: &[&str] = match end {
            End::Failed(_) => &["first.parquet"],
            _ => &["first.parquet", "second.parquet", "third.parquet"],
        };
        assert_eq!(written, expected, "{:?}: {}", outage.fault, run.stderr);
        for name in ["first.parquet", "second.parquet", "third.parquet"].iter().take(expected.len()) {
            let (is_complete, _) = parquet(&Path::new(&out).join(name));
            assert_eq!(
                is_complete,
                end == End::Whole || *name == "first.parquet",
                "{:?} {name}",
                outage.fault
            );
        }
    }
}

#[test]
fn a_slip_in_a_script_of_faults_says_its_line() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("faults");
    fs::write(&file, "# well\n403 page=one\n").unwrap();
    let slip = run(&["demo", "--faults", file.to_str().unwrap()]);
    assert_eq!(slip.code, Some(2));
    assert!(slip.stderr.contains("faults:2: page=one is no page: 2, 2-5 or last\nhint: "), "{}", slip.stderr);
    let nowhere = run(&["demo", "--faults", "/nonexistent/faults"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("cannot read /nonexistent/faults"), "{}", nowhere.stderr);
}

#[test]
fn a_demo_with_a_script_of_faults_goes_wrong() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("faults");
    fs::write(&file, "403 operation=GetInstances\n").unwrap();
    let mut child = command(&["demo", "--faults", file.to_str().unwrap()], &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.as_mut().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap();
    let keys =
        [("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_ENDPOINT_URL", url)];
    let asked = |sql: &str| run_with(&["--region", "us-east-1", "-c", sql], &keys, "");
    let (refused, well) = (asked("SELECT name FROM instances"), asked("SELECT name FROM buckets"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((refused.code, well.code), (Some(254), Some(0)), "{}", refused.stderr);
}
