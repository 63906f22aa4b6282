//! The commands, declared once each.

use std::time::Duration;

use super::arguments::{EXPANDED, SWITCH, file, lone, maybe, maybe_file, need, pair, seconds, word};
use super::{Command, CommandSpec, Completes, Relations};

const fn spec(
    name: &'static str,
    argument: &'static str,
    completes: Completes,
    parse: fn(&str) -> Result<Command, String>,
    does: &'static str,
) -> CommandSpec {
    CommandSpec { name, aliases: &[], argument, completes, parse, does }
}

const fn aliased(spec: CommandSpec, aliases: &'static [&'static str]) -> CommandSpec {
    CommandSpec { aliases, ..spec }
}

/// How often `\watch` asks unless it is told.
const WATCH: Duration = Duration::from_secs(10);

/// Every command, in the order of the help.
pub(in crate::shell) static COMMANDS: &[CommandSpec] = &[
    aliased(
        spec(
            "\\d",
            "[PATTERN]",
            Completes::Table,
            |text| Ok(Command::Describe(Relations::All, maybe(text))),
            "list tables and views, or describe one",
        ),
        &[".schema", "\\d+"],
    ),
    aliased(
        spec(
            "\\dt",
            "[PATTERN]",
            Completes::Table,
            |text| Ok(Command::Describe(Relations::Tables, maybe(text))),
            "list tables",
        ),
        &[".tables", "\\dt+"],
    ),
    aliased(
        spec(
            "\\dv",
            "[PATTERN]",
            Completes::Table,
            |text| Ok(Command::Describe(Relations::Views, maybe(text))),
            "list views",
        ),
        &["\\dv+"],
    ),
    spec(
        "\\df",
        "[PATTERN]",
        Completes::Function,
        |text| Ok(Command::Functions(maybe(text))),
        "list functions",
    ),
    spec(
        "\\h",
        "[WORD]",
        Completes::Topic,
        |text| Ok(Command::Topic(maybe(text))),
        "explain a function, or how something is written in SQL",
    ),
    aliased(
        spec(
            "\\g",
            "[FILE]",
            Completes::File,
            |text| Ok(Command::Run(maybe_file(text))),
            "run the statement, or the last one again; into a file",
        ),
        &[],
    ),
    spec(
        "\\gx",
        "",
        Completes::Nothing,
        |text| lone(text, Command::RunExpanded),
        "like \\g, a record for each row",
    ),
    spec(
        "\\watch",
        "[SECONDS]",
        Completes::Nothing,
        |text| seconds(text, WATCH).map(Command::Watch),
        "run the statement again and again, and say what changed",
    ),
    aliased(
        spec(
            "\\e",
            "",
            Completes::Nothing,
            |text| lone(text, Command::Edit),
            "edit the statement, or the last one, in $EDITOR",
        ),
        &[".edit"],
    ),
    spec(
        "\\p",
        "",
        Completes::Nothing,
        |text| lone(text, Command::Print),
        "show the statement, or the last one",
    ),
    spec(
        "\\save",
        "FILE",
        Completes::File,
        |text| file(text).map(Command::Save),
        "write the statement, or the last one, to a file",
    ),
    spec(
        "\\queries",
        "[PATTERN]",
        Completes::Query,
        |text| Ok(Command::Queries(text.to_owned())),
        "list the saved queries, or tell all of one",
    ),
    spec(
        "\\run",
        "NAME [k=v …]",
        Completes::Query,
        |text| need(text, "the name of a saved query").map(Command::RunSaved),
        "run a saved query",
    ),
    spec(
        "\\s",
        "[PATTERN]",
        Completes::Nothing,
        |text| Ok(Command::History(maybe(text))),
        "show what was typed before",
    ),
    aliased(
        spec(
            "\\i",
            "FILE",
            Completes::File,
            |text| file(text).map(Command::Include),
            "run the statements and commands of a file",
        ),
        &[".read"],
    ),
    aliased(
        spec(
            "\\o",
            "[FILE]",
            Completes::File,
            |text| Ok(Command::Output(maybe_file(text))),
            "results to a file by its suffix, or to the screen again",
        ),
        &[".output"],
    ),
    aliased(
        spec(
            "\\once",
            "FILE",
            Completes::File,
            |text| file(text).map(Command::Once),
            "write the next result to a file",
        ),
        &[".once"],
    ),
    aliased(
        spec(
            "\\format",
            "[NAME]",
            Completes::Format,
            |text| Ok(display("format", text)),
            "show results as table, csv, json, …",
        ),
        &[".mode"],
    ),
    aliased(
        spec(
            "\\header",
            "[on|off]",
            Completes::Words(SWITCH),
            |text| Ok(display("header", text)),
            "show the line of the columns' names",
        ),
        &[".headers", ".header"],
    ),
    spec(
        "\\x",
        "[on|off|auto]",
        Completes::Words(EXPANDED),
        |text| Ok(display("expanded", text)),
        "a record for each row; auto where no table would fit",
    ),
    aliased(
        spec(
            "\\timing",
            "[on|off]",
            Completes::Words(SWITCH),
            |text| Ok(display("timing", text)),
            "say rows, time and API calls after each statement",
        ),
        &[".timer"],
    ),
    spec(
        "\\pset",
        "[NAME [VALUE]]",
        Completes::Option,
        |text| pair(text).map(|(name, value)| Command::Display(name, value)),
        "list or set how results look",
    ),
    spec(
        "\\region",
        "[REGION,…]",
        Completes::Region,
        |text| Ok(Command::Setting("regions", maybe(text))),
        "ask these regions: names, globs, !exclusions, all",
    ),
    spec(
        "\\profile",
        "[NAME,…]",
        Completes::Profile,
        |text| Ok(Command::Setting("profiles", maybe(text))),
        "ask these AWS profiles",
    ),
    spec(
        "\\targets",
        "",
        Completes::Nothing,
        |text| lone(text, Command::Targets),
        "list whom statements ask, with account and last answer",
    ),
    spec(
        "\\chart",
        "[FILE]",
        Completes::File,
        |text| Ok(Command::Chart(maybe_file(text))),
        "draw the last answer, or write its picture to an .svg",
    ),
    spec(
        "\\calls",
        "",
        Completes::Nothing,
        |text| lone(text, Command::Calls),
        "show the API calls of the last statement",
    ),
    spec(
        "\\refresh",
        "",
        Completes::Nothing,
        |text| lone(text, Command::Refresh),
        "ask anew, whatever lightsail.cache_ttl would read again",
    ),
    spec(
        "\\set",
        "[NAME VALUE]",
        Completes::Nothing,
        |text| pair(text).map(|(name, value)| Command::Parameter(name, value)),
        "list the values of $parameters, or give one",
    ),
    aliased(
        spec(
            "\\!",
            "COMMAND",
            Completes::File,
            |text| need(text, "a command").map(Command::System),
            "run a command of the system's shell",
        ),
        &[".shell"],
    ),
    aliased(
        spec("\\?", "[COMMAND]", Completes::Command, |text| Ok(Command::Help(word(text))), "this help"),
        &["\\help", ".help", "help"],
    ),
    aliased(
        spec("\\q", "", Completes::Nothing, |_| Ok(Command::Quit), "leave; so does Ctrl-D"),
        &["\\quit", ".quit", ".exit", "exit", "quit", "exit()", "quit()", ":q"],
    ),
];

fn display(option: &str, value: &str) -> Command {
    Command::Display(Some(option.to_owned()), maybe(value))
}
