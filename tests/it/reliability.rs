//! Each line of docs/reliability.md can be run again: what its command names is there.

use std::fs;
use std::path::{Path, PathBuf};

/// The sources of tests below a folder: of each file its name without the suffix, and its text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path: PathBuf| match path.is_dir() {
            true if path.ends_with("target") => Vec::new(),
            true => sources(&path),
            false if path.extension().is_some_and(|suffix| suffix == "rs") => {
                let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                vec![(stem, fs::read_to_string(&path).unwrap())]
            }
            false => Vec::new(),
        })
        .collect()
}

#[test]
fn every_command_of_the_document_runs_something() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = include_str!("../../docs/reliability.md");
    assert!(!document.contains("@@"), "a figure is missing");
    let sources: Vec<_> =
        ["src", "tests", "crates"].iter().flat_map(|folder| sources(&root.join(folder))).collect();
    let mut commands = 0;
    for line in document.lines().filter(|line| line.starts_with("| ") && line.matches(" | ").count() > 1) {
        let cell = line.split(" | ").nth(1).unwrap();
        let Some(command) = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')) else {
            assert_eq!(cell, "run it again", "{line}");
            continue;
        };
        commands += 1;
        let last = command.split(' ').next_back().unwrap();
        let is_there = match command.contains("cargo test") {
            // Before it stand variables.
            false => root.join(command.split(' ').find(|word| !word.contains('=')).unwrap()).is_file(),
            true => match last.strip_suffix("::") {
                Some(module) => sources.iter().any(|(stem, text)| stem == module && text.contains("#[test]")),
                None => sources.iter().any(|(_, text)| text.contains(&format!("fn {last}"))),
            },
        };
        assert!(is_there, "{command} runs nothing");
    }
    assert!(commands > 15, "{commands} commands");
}
