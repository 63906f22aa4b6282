//! Which module may know what: the engine has no terminal, and what it stands on has no DataFusion.

use std::path::{Path, PathBuf};

/// What the engine has no business with. The home directory is only where AWS keeps its own files: `aws/files.rs`.
const OF_PERSONS: &[&str] = &[
    "clap",
    "comfy_table",
    "dirs",
    "indicatif",
    "rustyline",
    "terminal_size",
    "eprint",
    "eprintln",
    "print",
    "println",
    "stderr",
    "stdin",
    "stdout",
];

/// Modules, and what they have no business with.
const RULES: &[(&[&str], &[&str])] = &[
    (&["crates/datafusion-lightsail/src"], OF_PERSONS),
    (
        &[
            "crates/datafusion-lightsail/src/aws",
            "crates/datafusion-lightsail/src/catalog",
            "crates/datafusion-lightsail/src/error.rs",
        ],
        &["datafusion", "crate::scan", "crate::session", "crate::system", "crate::views"],
    ),
    (
        &["crates/datafusion-lightsail/src/scan/plan"],
        &[
            "crate::scan::context",
            "crate::scan::exec",
            "crate::scan::read",
            "crate::scan::record",
            "crate::scan::share",
        ],
    ),
    (
        &["crates/datafusion-lightsail/src/scan/read"],
        &["crate::scan::context", "crate::scan::exec", "crate::scan::share", "crate::session"],
    ),
    (
        &["crates/datafusion-lightsail/src/scan/record.rs", "crates/datafusion-lightsail/src/scan/record"],
        &["crate::scan::read", "crate::scan::share"],
    ),
    (&["crates/datafusion-lightsail/src/error.rs"], &["arrow", "crate::aws", "crate::catalog"]),
    (&["src/batch.rs", "src/output", "src/progress.rs", "src/run.rs", "src/shell"], &["clap"]),
    (
        &["src/output"],
        &["stderr", "eprint", "eprintln", "dirs", "rustyline", "crate::cli", "crate::run", "crate::shell"],
    ),
];

/// All Rust files at or below a path.
fn files(path: PathBuf) -> Vec<PathBuf> {
    if path.is_dir() {
        return std::fs::read_dir(path).unwrap().flat_map(|entry| files(entry.unwrap().path())).collect();
    }
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    is_rust.then_some(path).into_iter().collect()
}

/// True if the word stands in the code by itself; comments do not count.
fn names(line: &str, word: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(is_part) && !code[at + word.len()..].starts_with(is_part))
}

#[test]
fn no_module_knows_what_it_has_no_business_with() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for (modules, words) in RULES {
        for module in *modules {
            assert!(root.join(module).exists(), "where is {module}?");
            for file in files(root.join(module)) {
                let text = std::fs::read_to_string(&file).unwrap();
                for (line, number) in text.lines().zip(1..) {
                    let named = words.iter().filter(|word| names(line, word));
                    wrong.extend(
                        named.map(|word| format!("{}:{number} names {word}: {line}", file.display())),
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_word_is_found_where_it_stands_alone() {
    assert!(names("use clap::Parser;", "clap"));
    assert!(names("    eprintln!(\"x\"); // why", "eprintln"));
    assert!(!names("use clapper::Parser; // clap", "clap"));
    assert!(!names("crate::runtime", "crate::run"));
}
