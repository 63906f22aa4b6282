//! The guides: every command in them is run, on the demo fleet.

use std::path::Path;
use std::process::Command;

use crate::support::{command, shell::open};

/// A block of a document: the words behind its fence, and its text.
struct Block<'a> {
    words: &'a str,
    text: &'a str,
}

fn blocks(document: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut rest = document;
    while let Some((_, after)) = rest.split_once("\n```") {
        let (words, after) = after.split_once('\n').unwrap();
        let (text, after) = after.split_once("\n```").unwrap();
        blocks.push(Block { words, text });
        rest = after;
    }
    blocks
}

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Runs the blocks of a guide in one directory, in order; gives how many commands there were.
fn follow(name: &str) -> usize {
    let text = document(name);
    let directory = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_lightsail-sql"));
    let mut ran = 0;
    for Block { words, text } in blocks(&text) {
        let (language, more) = words.split_once(' ').unwrap_or((words, ""));
        let fails: i32 = more.strip_prefix("fails=").map_or(0, |code| code.parse().unwrap());
        match language {
            "sh" => {
                let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
                // The environment of the other tests, and a shell to run it all.
                let inner = command(&[], &[]);
                let mut sh = Command::new("sh");
                sh.args(["-euc", text]).env_clear().current_dir(directory.path()).env("PATH", path);
                sh.envs(
                    inner
                        .get_envs()
                        .filter_map(|(name, value)| Some((name, value?)))
                        .filter(|(name, _)| *name != "PATH"),
                );
                let output = sh.output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(fails), "{name}:\n{text}\n{said}");
                ran += text.lines().filter(|line| line.contains("lightsail-sql ")).count();
            }
            "sql" => {
                let run = crate::support::run(&["--demo", "--format", "csv", "-c", text]);
                assert_eq!(run.code, Some(0), "{name}:\n{text}\n{}", run.stderr);
                assert!(run.stdout.lines().count() > 1, "{name}: no rows:\n{text}");
                ran += 1;
            }
            "lightsail" => {
                let (_state, mut shell) = open();
                shell.prompt();
                for line in text.lines() {
                    shell.enter(line);
                    let said = shell.prompt();
                    assert!(!said.contains("error:"), "{name}: {line}\n{said}");
                    ran += 1;
                }
                shell.leave();
            }
            "toml" => drop(toml::de::DeTable::parse(text).unwrap()),
            other => assert_eq!(other, "sh-session", "{name}: a block that nobody runs"),
        }
    }
    ran
}

#[test]
fn the_tutorial_is_right() {
    assert!(follow("docs/tutorial.md") > 20);
}

#[test]
fn the_cookbook_is_right() {
    assert!(follow("docs/cookbook.md") > 25);
}
