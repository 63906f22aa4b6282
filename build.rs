//! What `--version` says beyond the number: the commit, and the versions of the libraries that answer.

use std::process::Command;

/// The libraries that are named.
const LIBRARIES: [&str; 4] = ["datafusion", "arrow", "parquet", "aws-sdk-lightsail"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-env-changed=LIGHTSAIL_SQL_COMMIT");
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    let versions = LIBRARIES.iter().filter_map(|name| Some(format!("{name} {}", version(&lock, name)?)));
    println!("cargo::rustc-env=LIGHTSAIL_SQL_LIBRARIES={}", versions.collect::<Vec<_>>().join(", "));
    println!("cargo::rustc-env=LIGHTSAIL_SQL_BUILD={}", build());
    link_closed_output();
}

/// Links what runs before Rust's runtime.
fn link_closed_output() {
    println!("cargo::rerun-if-changed=src/closed_output.c");
    #[cfg(unix)]
    cc::Build::new().file("src/closed_output.c").link_lib_modifier("+whole-archive").compile("closed_output");
}

/// The version of a package in Cargo.lock.
fn version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

/// The commit of a release. A debug build has none: it would be built anew at each commit for nothing else.
fn build() -> String {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    if let Some(commit) = variable("LIGHTSAIL_SQL_COMMIT") {
        return format!("commit {commit}");
    }
    if variable("PROFILE").as_deref() != Some("release") {
        return "debug build".to_owned();
    }
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["log", "-1", "--format=commit %h of %cs"]).unwrap_or_else(|| "release".to_owned())
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
