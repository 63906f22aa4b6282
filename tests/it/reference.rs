//! `docs/commands.md`: commands, flags, settings and formats, as they are declared.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};
use datafusion_lightsail::settings::SETTINGS;
use lightsail_sql::cli::Cli;
use lightsail_sql::config::keys;
use lightsail_sql::output::FORMATS;
use lightsail_sql::shell;

use crate::support::documents::{check, table};

const HEAD: &str = "\
# Commands and flags

Written by `tests/bless.sh` from the declarations; a test fails when it is stale. `lightsail-sql --help`, `lightsail-sql
COMMAND --help` and `man lightsail-sql` say the same.
";

/// `-o`, `--output FILE`
fn flag(arg: &Arg) -> String {
    let names: Vec<&str> = arg.get_value_names().into_iter().flatten().map(|name| name.as_str()).collect();
    let takes = arg.get_action().takes_values();
    let value = if takes && !names.is_empty() { format!(" {}", names.join(" ")) } else { String::new() };
    match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("`-{short}`, `--{long}{value}`"),
        (None, Some(long)) => format!("`--{long}{value}`"),
        (Some(short), None) => format!("`-{short}{value}`"),
        (None, None) => format!("`{}`", names.join(" ")),
    }
}

/// The flags of a command in the order of its help, a table for each heading; without those of these names.
fn flags(command: &Command, known: &BTreeSet<String>) -> String {
    let mut text = String::new();
    let args: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !known.contains(arg.get_id().as_str()))
        .collect();
    let mut headings: Vec<Option<&str>> = args.iter().map(|arg| arg.get_help_heading()).collect();
    let mut seen = BTreeSet::new();
    headings.retain(|heading| seen.insert(*heading));
    for heading in headings {
        let rows = args.iter().filter(|arg| arg.get_help_heading() == heading).map(|arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            [flag(arg), help.replace('\n', " ")]
        });
        let rows = table([heading.unwrap_or("Flags and arguments"), ""], rows);
        write!(text, "\n{rows}").unwrap();
    }
    text
}

fn usage(command: &mut Command) -> String {
    let usage = command.render_usage().to_string();
    usage.trim_start_matches("Usage: ").split('\n').map(str::trim).collect::<Vec<_>>().join("\n")
}

fn commands(text: &mut String) {
    let mut whole = Cli::command();
    whole.build();
    let about = whole.get_about().unwrap().to_string();
    write!(text, "\n## lightsail-sql\n\n{about}.\n\n```text\n{}\n```\n", usage(&mut whole)).unwrap();
    text.push_str(&flags(&whole, &BTreeSet::new()));
    let of_all: BTreeSet<String> = whole.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let known: BTreeSet<String> = of_all.iter().cloned().chain(["help".to_owned()]).collect();
    for command in whole.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let (name, about) = (command.get_name().to_owned(), command.get_about().unwrap().to_string());
        write!(text, "\n## lightsail-sql {name}\n\n{about}.\n\n```text\n{}\n```\n", usage(command)).unwrap();
        let shared: BTreeSet<&str> = command
            .get_arguments()
            .filter(|arg| of_all.contains(arg.get_id().as_str()))
            .filter_map(|arg| arg.get_help_heading())
            .filter(|heading| *heading != "Other")
            .collect();
        text.push_str(&flags(command, &known));
        if !shared.is_empty() {
            let groups: Vec<String> = shared.iter().map(|group| format!("\"{group}\"")).collect();
            write!(text, "\nAnd the flags above of {}.\n", groups.join(" and ")).unwrap();
        }
    }
}

#[test]
fn commands_flags_settings_and_formats_are_as_they_are_declared() {
    let mut text = HEAD.to_owned();
    commands(&mut text);
    write!(text, "\n## In the shell\n\n```text\n{}\n```\n", shell::help().unwrap().trim_end()).unwrap();

    let settings = SETTINGS.iter().map(|setting| {
        let flag = setting.flag.map_or_else(String::new, |flag| format!("`--{}`", flag.name));
        [format!("`{}`", setting.key()), flag, setting.default.into(), setting.description.into()]
    });
    let settings = table(["setting", "flag", "default", ""], settings);
    write!(
        text,
        "\n## Settings\n\n`SET lightsail.regions = 'all'` changes one for the rest of a session, `RESET` goes back to what the \
         flag, the environment or the configuration file says, `SHOW` shows it.\n\n{settings}"
    )
    .unwrap();

    let keys = keys().map(|key| {
        let flag = key.flag.map_or_else(String::new, |flag| format!("`--{flag}`"));
        [format!("`{}`", key.name), format!("`{}`", key.variable()), flag, key.description.into()]
    });
    let keys = table(["key", "variable", "flag", ""], keys);
    write!(
        text,
        "\n## Configuration file\n\n`~/.config/lightsail-sql/config.toml`. The flag goes before the variable, the variable \
         before the file. A table `[targets.NAME]` is what `--target NAME` asks, with any of the settings in it.\n\n{keys}"
    )
    .unwrap();

    let formats = FORMATS.iter().map(|format| {
        let suffixes: Vec<String> = format.suffixes.iter().map(|suffix| format!("`.{suffix}`")).collect();
        [format!("`{}`", format.name), suffixes.join(" "), format!("{}.", format.description)]
    });
    let formats = table(["format", "suffixes", ""], formats);
    write!(text, "\n## Formats\n\n{formats}").unwrap();
    check("docs/commands.md", |_| text.clone());
}
