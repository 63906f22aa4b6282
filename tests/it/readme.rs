//! What the README shows is what happens.

use crate::support::run;

#[test]
fn the_first_command_prints_the_rows_beneath_it() {
    let readme = include_str!("../../README.md");
    assert!(!readme.contains("@@"), "a figure is missing");
    let (_, rest) = readme.split_once("cargo run -- --demo -c \"").unwrap();
    let (sql, rest) = rest.split_once("\"\n```").unwrap();
    let (_, rest) = rest.split_once("```text\n").unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    let run = run(&["--demo", "-c", sql]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(run.stdout, shown);
}

#[test]
fn the_saved_queries_that_it_names_exist() {
    let words = include_str!("../../docs/guide.md").split_whitespace();
    let files: Vec<&str> = words.filter(|word| word.starts_with("queries/") && !word.contains('*')).collect();
    assert!(!files.is_empty());
    for file in files {
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file(), "{file}");
    }
}
