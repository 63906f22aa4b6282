//! The guides: every command in them is run, on the demo fleet.

use std::path::Path;
use std::process::Command;

use lightsail_demo as demo;

use crate::support::{Endpoint, Run, command, shell::open};

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
    let directory = tempfile::tempdir().unwrap();
    follow_in(directory.path(), name, &["--demo"], &[])
}

/// The same in this directory, where statements are asked with these arguments, and all with this environment.
fn follow_in(directory: &Path, name: &str, asks: &[&str], env: &[(&str, &str)]) -> usize {
    let text = document(name);
    let program = Path::new(env!("CARGO_BIN_EXE_lightsail-sql"));
    let mut ran = 0;
    for Block { words, text } in blocks(&text) {
        let (language, more) = words.split_once(' ').unwrap_or((words, ""));
        let fails: i32 = more.strip_prefix("fails=").map_or(0, |code| code.parse().unwrap());
        match language {
            // Other programs are needed for them: tests/conformance runs them.
            "sh" if ["recipes", "captures", "parts"].contains(&more) => {}
            "sh" => {
                let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
                // The environment of the other tests, and a shell to run it all.
                let inner = command(&[], env);
                let mut sh = Command::new("sh");
                sh.args(["-euc", text]).env_clear().current_dir(directory).env("PATH", path);
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
                std::fs::write(directory.join("block.sql"), text).unwrap();
                let args = [asks, &["--format", "csv", "block.sql"]].concat();
                let run: Run = command(&args, env).current_dir(directory).output().unwrap().into();
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

/// The guide's commands ask an account: here that of an endpoint, in a directory that has what they name.
#[test]
fn the_guide_is_right() {
    let endpoint = Endpoint::start(demo::Config::default());
    let (directory, env) = account(&endpoint);
    // Yesterday an instance had another bundle.
    let yesterday = "SELECT arn, 'nano_1_0' AS bundle_id FROM instances LIMIT 1";
    let made = command(&["-q", "-o", "yesterday.parquet", "-c", yesterday], &borrowed(&env))
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(follow_in(directory.path(), "docs/guide.md", &[], &borrowed(&env)) > 12);
}

/// A small fleet is captured; what is asked in SQL is asked of the captures.
#[test]
fn the_guide_to_captures_is_right() {
    let config = demo::Config { instances: Some(45), regions: Some(2), ..demo::Config::default() };
    let endpoint = Endpoint::start(config);
    let (directory, env) = account(&endpoint);
    let ran = follow_in(directory.path(), "docs/captures.md", &["--from", "fleet"], &borrowed(&env));
    assert!(ran > 12, "{ran}");
}

#[test]
fn the_guide_to_reports_is_right() {
    let config = demo::Config { instances: Some(45), regions: Some(2), ..demo::Config::default() };
    let endpoint = Endpoint::start(config);
    let (directory, env) = account(&endpoint);
    let ran = follow_in(directory.path(), "docs/report.md", &[], &borrowed(&env));
    assert!(ran > 8, "{ran}");
    let written = std::fs::read_to_string(directory.path().join("trend.html")).unwrap();
    assert!(written.contains("<title>instances: 45 on "), "two captures are a trend");
}

/// The README's commands outside of its recipes: of these `.ci/run` builds the first and runs it.
#[test]
fn the_commands_of_the_readme_are_right() {
    let endpoint = Endpoint::start(demo::Config::default());
    let (directory, env) = account(&endpoint);
    let text = document("README.md");
    let lines = blocks(&text).into_iter().filter(|block| block.words != "sh recipes");
    let lines = lines.flat_map(|block| block.text.lines());
    let commands: Vec<&str> = lines.filter(|line| line.starts_with("lightsail-sql ")).collect();
    assert!(commands.len() > 2, "{commands:?}");
    for line in commands {
        let args = crate::support::words(line);
        // Keys of the environment and a fleet inside of the binary do not go together.
        let env = if line.contains("--demo") { vec![] } else { borrowed(&env) };
        let run: Run = command(&args[1..], &env).current_dir(directory.path()).output().unwrap().into();
        assert_eq!(run.code, Some(0), "{line}: {}", run.stderr);
    }
}

/// A directory with the saved queries, and the environment of somebody whose account this endpoint has.
fn account(endpoint: &Endpoint) -> (tempfile::TempDir, Vec<(&'static str, String)>) {
    let directory = tempfile::tempdir().unwrap();
    let queries = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    std::os::unix::fs::symlink(queries, directory.path().join("queries")).unwrap();
    let env = vec![
        ("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "demo".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ENDPOINT_URL", endpoint.server.url()),
    ];
    (directory, env)
}

fn borrowed<'a>(env: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    env.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Each command of the README's recipes, asked of the demo fleet.
#[test]
fn the_recipes_of_the_readme_are_right() {
    let text = document("README.md");
    let (_, recipes) = text.split_once("\n## Recipes\n").unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("queries")).unwrap();
    std::fs::write(directory.path().join("queries/one.sql"), "SELECT 1 AS one;\n").unwrap();
    let commands = recipes.lines().take_while(|line| !line.starts_with("## "));
    let commands: Vec<&str> = commands
        .filter_map(|line| line.split_once("| `lightsail-sql ")?.1.split_once("` |"))
        .map(|(command, _)| command)
        .collect();
    assert!(commands.len() > 5, "{commands:?}");
    for line in commands {
        let args = [&crate::support::words(line)[..], &["--demo"]].concat();
        let output = command(&args, &[]).current_dir(directory.path()).output().unwrap();
        let expected = if line.contains("--fail-on-rows") { 4 } else { 0 };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
