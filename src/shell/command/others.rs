//! Commands of other shells that are not here, and what does their work.

/// What psql, DuckDB, SQLite and MySQL call it, and what to write instead. `\G` is not `\g`: case counts.
const OTHERS: &[(&[&str], &str)] = &[
    (
        &["\\l", "\\dn", "\\conninfo", ".databases", ".open", "\\status"],
        "\\targets lists whom statements ask, \\dt the tables",
    ),
    (&["\\c", "\\connect", "\\u"], "\\profile NAME asks another AWS profile, \\region NAME another region"),
    (
        &["\\du", "\\dg", "\\password", "\\dp", "\\z", ".auth"],
        "lightsail-sql doctor says who signs, and what is allowed",
    ),
    (
        &["\\di", "\\ds", "\\dm", "\\dE", "\\det", "\\dS", ".indexes", ".indices", ".lint"],
        "there is none of that: \\d lists tables and views",
    ),
    (&["\\dT", "\\do", "\\da", "\\sf", "\\ef", "\\dL"], "\\df lists the functions, \\h NAME explains one"),
    (
        &["\\sv", "\\ev", ".fullschema"],
        "\\d NAME describes a table or view; SHOW CREATE TABLE NAME shows a view's SQL",
    ),
    (
        &["\\copy", "\\COPY", ".dump", ".excel", ".export", ".backup", ".clone"],
        "COPY (SELECT …) TO 'x.csv' writes a file, and so does \\o x.xlsx",
    ),
    (
        &[".import", ".restore", ".load", ".recover"],
        "SELECT * FROM 'x.csv' reads a file, CREATE EXTERNAL TABLE gives it a name",
    ),
    (&["\\echo", "\\qecho", "\\warn", ".print"], "SELECT 'text' shows a text"),
    (&["\\encoding", "\\T"], "all text is UTF-8"),
    (
        &["\\a", ".box", ".ascii", "\\pager", "\\nopager", "\\n"],
        "\\format plain shows unaligned columns, \\pset pager off needs no pager",
    ),
    (&["\\t", "\\pset_t"], "\\header off leaves out the header"),
    (&["\\H"], "\\format html writes pages"),
    (
        &["\\f", ".separator", ".colsep", ".rowsep"],
        "\\format csv and \\format tsv separate values; COPY … OPTIONS has other delimiters",
    ),
    (&["\\C", "\\title"], "\\pset lists what can be set of how results look"),
    (&[".nullvalue"], "\\pset null TEXT says what stands for NULL"),
    (&[".maxrows", ".rows", ".limit"], "\\pset maxrows N says how many rows are shown"),
    (
        &[".width", ".maxwidth", ".columns", ".col", ".large_number_rendering", ".prompt"],
        "\\pset lists what can be set of how results look",
    ),
    (&["\\G", "\\ego"], "\\gx gives a record for each row"),
    (&["\\gdesc"], "DESCRIBE SELECT … says what columns a statement has"),
    (&["\\r", "\\reset"], "Ctrl-C gives up what is typed"),
    (&["\\w", "\\write", ".save"], "\\save FILE writes the statement to a file"),
    (&["\\.", "\\ir", "\\source"], "\\i FILE runs the statements of a file"),
    (&["\\unset"], "RESET lightsail.regions and its like go back to what was set at the start"),
    (&["\\prompt", "\\gset", "\\bind", "\\parse", ".parameter"], "\\set NAME VALUE gives $NAME a value"),
    (
        &["\\if", "\\elif", "\\else", "\\endif", "\\gexec", "\\crosstabview", ".testcase"],
        "that is for the shell that runs lightsail-sql -c",
    ),
    (
        &["\\cd", ".cd", "\\setenv", "\\getenv", ".system", "\\system"],
        "\\! COMMAND runs a command of the system's shell",
    ),
    (&[".version", "\\V"], "lightsail-sql --version says it"),
    (
        &[".explain", ".eqp", ".stats", ".scanstats", ".expert", "\\explain"],
        "EXPLAIN says what a statement asks, EXPLAIN ANALYZE what it asked, \\calls each call",
    ),
    (&[".log", ".trace", "\\errverbose", "\\L"], "lightsail-sql --log debug says what is sent and answered"),
    (&[".show"], "\\pset lists how results look, SHOW ALL the settings"),
    (
        &[".changes", ".bail", ".echo", ".constant"],
        "a file ends at its first error; --keep-going goes on with the next file",
    ),
    (&[".last"], "SELECT * FROM _ is the last answer"),
    (&["\\history", ".history"], "\\s shows what was typed before"),
];

/// What to write instead of a command of another shell.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    OTHERS.iter().find(|(names, _)| names.contains(&name)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::super::{COMMANDS, parse};
    use super::*;

    #[test]
    fn what_other_shells_know_leads_to_what_is_here() {
        let mut seen = std::collections::HashSet::new();
        for (names, hint) in OTHERS {
            for name in *names {
                assert!(seen.insert(name), "{name} is there twice");
                let error = parse(&format!("{name} x")).unwrap_err().to_string();
                assert_eq!(error, format!("there is no command {name}\nhint: {hint}"));
            }
            for word in hint.split([' ', ',', ';']).filter(|word| word.starts_with('\\')) {
                assert!(COMMANDS.iter().any(|spec| spec.name == word), "{hint}");
            }
        }
        assert!(seen.len() > 100, "{}", seen.len());
    }
}
