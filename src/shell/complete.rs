//! What Tab offers: names that the session already knows, so that nobody is asked anything.

mod command;
mod joins;
mod offer;
mod strings;

use std::ops::Range;

use datafusion::catalog::information_schema::{INFORMATION_SCHEMA, INFORMATION_SCHEMA_TABLES};
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::tokenizer::{Token, Whitespace};
use rustyline::completion::Pair;

use super::command::Function;
use super::lex::{KEYWORDS, Lexeme, is_word, lex};
use super::sources::{Source, Sources};
use super::{names, values};
use datafusion_lightsail::session::Policy;
use datafusion_lightsail::session::translation::unknown::function_names;
use datafusion_lightsail::settings::SETTINGS;
use offer::Offer;

/// What a statement may begin with.
const FIRST_WORDS: &[&str] =
    &["COPY", "CREATE", "DESCRIBE", "DROP", "EXPLAIN", "RESET", "SELECT", "SET", "SHOW", "VALUES", "WITH"];

/// Where the word at `pos` begins, and what it may become.
pub(super) fn complete(
    context: &SessionContext,
    policy: Policy,
    text: &str,
    pos: usize,
) -> (usize, Vec<Pair>) {
    let before = &text[..pos];
    if let Some(start) = command_at(before) {
        let (word, found) = command::command(context, policy, &before[start..]);
        return (start + word, found);
    }
    let start = before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len();
    let (lexemes, rest) = lex(text);
    if pos > rest && text[rest..].starts_with('\'') {
        let (statement, done) = statement_around(&lexemes, rest..rest);
        let (word, found) = strings::string(context, policy, &statement, done, &before[rest + 1..]);
        return (rest + 1 + word, found);
    }
    if pos > rest || lexemes.iter().any(|lexeme| is_no_place_for_names(lexeme, pos)) {
        return (pos, Vec::new());
    }
    let (statement, done) = statement_around(&lexemes, start..pos);
    let mut offer = Offer::new(&before[start..]);
    match statement[..done] {
        [] if offer.word.is_empty() => offer.words(FIRST_WORDS),
        [] => offer.words(KEYWORDS),
        ref done if Sources::of(done).is_open => tables(context, &mut offer),
        [(_, verb), .., (_, Token::Word(name)), (_, Token::Eq)] if is_word(verb, &["SET"]) => {
            let values = values::of_setting(context, &name.value);
            values.iter().for_each(|value| offer.add(&format!("'{value}'")));
        }
        [.., (_, on)] if is_word(on, &["ON"]) => {
            joins::conditions(&Sources::of(&statement).tables, &mut offer);
            expression(context, &statement, &mut offer);
        }
        [(_, verb), ref setting @ ..] if is_word(verb, &["SET", "SHOW", "RESET"]) => {
            let start = setting.first().map_or(start, |(range, _)| range.start);
            let mut offer = Offer::new(&before[start..]);
            settings(context, &mut offer);
            if is_word(verb, &["SHOW"]) {
                offer.words(&["ALL", "COLUMNS", "FUNCTIONS", "TABLES"]);
            }
            return (start, offer.found);
        }
        [.., (_, Token::Word(qualifier)), (_, Token::Period)] => {
            qualified(context, &statement, &Source::name_of(qualifier), &mut offer);
        }
        [.., (_, Token::Period)] => {}
        _ => expression(context, &statement, &mut offer),
    }
    (start, offer.found)
}

/// Builds what the first Tab would wait for: the schemas of tables and what is written about functions, once a process.
pub(super) fn prepare(context: &SessionContext) {
    const STATEMENT: &str = "SELECT date_t";
    let _ = complete(context, Policy::All, STATEMENT, STATEMENT.len());
}

/// Where the command begins that is being typed.
fn command_at(before: &str) -> Option<usize> {
    let (lexemes, _) = lex(before);
    let is_backslash = |lexeme: &&Lexeme| lexeme.1 == Token::Backslash;
    let (range, _) = lexemes.iter().rfind(is_backslash)?;
    // It ends with its line; its own arguments may have backslashes.
    let line = before[..range.start].rfind('\n').map_or(0, |end| end + 1);
    let first = lexemes.iter().filter(is_backslash).find(|lexeme| lexeme.0.start >= line)?;
    (!before[first.0.start..].contains('\n')).then_some(first.0.start)
}

/// Strings, comments and numbers; with a line comment goes what is typed at its end.
fn is_no_place_for_names((range, token): &Lexeme, pos: usize) -> bool {
    let grows = match token {
        Token::Number(..) => true,
        Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => !comment.ends_with('\n'),
        Token::Word(word) if word.quote_style.is_none() => return false,
        _ => false,
    };
    range.start < pos && if grows { pos <= range.end } else { pos < range.end }
}

/// The tokens of the statement around the word, without it and without spaces, and how many come before it.
fn statement_around(lexemes: &[Lexeme], word: Range<usize>) -> (Vec<&Lexeme>, usize) {
    let is_end = |(_, token): &Lexeme| *token == Token::SemiColon;
    let begin = lexemes.iter().rposition(|lexeme| is_end(lexeme) && lexeme.0.end <= word.start);
    let rest = &lexemes[begin.map_or(0, |end| end + 1)..];
    let statement = rest.iter().take_while(|lexeme| !is_end(lexeme));
    let is_word = |range: &Range<usize>| range.start == word.start && !word.is_empty();
    let tokens: Vec<_> = statement
        .filter(|(range, token)| !matches!(token, Token::Whitespace(_)) && !is_word(range))
        .collect();
    let done = tokens.iter().take_while(|(range, _)| range.end <= word.start).count();
    (tokens, done)
}

/// After `name.`: the columns of the table that the statement calls so, or the tables of the schema.
fn qualified(context: &SessionContext, statement: &[&Lexeme], name: &str, offer: &mut Offer<'_>) {
    for source in Sources::of(statement).tables.iter().filter(|source| source.alias == name) {
        names::columns(context, &source.table).iter().for_each(|column| offer.add(&names::quoted(column)));
    }
    if name == INFORMATION_SCHEMA {
        INFORMATION_SCHEMA_TABLES.iter().for_each(|table| offer.add(table));
    }
    for table in names::tables(context).iter().filter(|table| table.schema() == Some(name)) {
        offer.add(&names::quoted(table.table()));
    }
}

/// The tables and views, each with its description.
fn tables(context: &SessionContext, offer: &mut Offer<'_>) {
    for table in names::tables(context) {
        let name = table.to_quoted_string();
        match names::description(&table) {
            Some(text) => offer.described(&name, &format!("{name:<30} {text}")),
            None => offer.add(&name),
        }
    }
    offer.add(&format!("{INFORMATION_SCHEMA}."));
}

/// Columns first: those of the tables that the statement names, or of all tables where it names none yet.
fn expression(context: &SessionContext, statement: &[&Lexeme], offer: &mut Offer<'_>) {
    let sources = Sources::of(statement).tables;
    let named = sources.iter().flat_map(|source| names::columns(context, &source.table));
    let mut columns: Vec<String> = named.collect();
    if columns.is_empty() {
        columns = names::all_columns(context);
    }
    columns.iter().for_each(|column| offer.add(&names::quoted(column)));
    if offer.word.is_empty() {
        return;
    }
    sources.iter().for_each(|source| offer.add(&names::quoted(&source.alias)));
    if sources.is_empty() {
        tables(context, offer);
    }
    offer.words(KEYWORDS);
    functions(context, offer, "(");
}

/// The functions that the word may become, each with how it is written.
fn functions(context: &SessionContext, offer: &mut Offer<'_>, end: &str) {
    let state = context.state();
    let word = offer.word.to_lowercase();
    for name in function_names(&state).iter().filter(|name| name.starts_with(&word)) {
        let written = Function::of(&state, name).map(|function| function.signature).unwrap_or_default();
        let name = offer.in_its_case(&format!("{name}{end}"));
        offer.described(&name, &written);
    }
}

/// Our settings; DataFusion's, which are many, to whoever begins to type one.
fn settings(context: &SessionContext, offer: &mut Offer<'_>) {
    let state = context.state();
    let options = state.config_options();
    SETTINGS.iter().for_each(|setting| offer.add(&setting.key()));
    if !offer.word.is_empty() {
        let entries = options.entries();
        let theirs = entries.iter().filter(|setting| setting.key.starts_with("datafusion."));
        theirs.for_each(|setting| offer.add(&setting.key));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, MapBuilder, RecordBatch, StringBuilder};

    use super::*;
    use datafusion_lightsail::aws::{Clients, Settings};
    use datafusion_lightsail::options::LightsailOptions;
    use datafusion_lightsail::session::Session;

    fn session() -> Session {
        let clients = Clients::new(Settings::default());
        Session::new(Arc::new(clients), LightsailOptions::default()).unwrap()
    }

    /// What Tab offers at the `|`, and the text that it would replace.
    fn tab(session: &Session, text: &str) -> (String, Vec<String>) {
        let pos = text.find('|').unwrap();
        let text = text.replace('|', "");
        let (start, found) = complete(session.context(), session.policy(), &text, pos);
        (text[start..pos].to_owned(), found.into_iter().map(|pair| pair.replacement).collect())
    }

    fn offered(text: &str) -> Vec<String> {
        tab(&session(), text).1
    }

    #[test]
    fn tables_follow_from_and_join() {
        assert_eq!(offered("SELECT * FROM instances|"), ["instances"]);
        assert_eq!(offered("select * from instances i join DISKS|"), ["disks"]);
        assert_eq!(offered("SELECT * FROM instances, po|"), ["ports"]);
        assert_eq!(offered("SELECT 1; SELECT * FROM ta|"), ["tags"]);
        assert_eq!(offered("DESCRIBE add|"), ["add_ons"]);
        assert_eq!(offered("SHOW COLUMNS FROM add|"), ["add_ons"]);
        let all = offered("SELECT * FROM |");
        assert!(all.starts_with(&["instances".into(), "disks".into()]), "{all:?}");
        assert_eq!(offered("FROM information_schema.df|"), ["df_settings"]);
    }

    #[test]
    fn columns_are_those_of_the_named_tables() {
        assert_eq!(offered("SELECT is_sys| FROM disks"), ["is_system_disk"]);
        assert!(offered("SELECT is_sys| FROM instances").is_empty());
        assert_eq!(offered("SELECT is_sys|"), ["is_system_disk"]);
        assert_eq!(offered("SELECT name FROM instances WHERE blueprint_i|"), ["blueprint_id"]);
        assert_eq!(offered("SELECT name\nFROM instances\nWHERE BUNDLE_|"), ["bundle_id"]);
        let all = offered("SELECT | FROM disks; SELECT 1");
        assert!(all.contains(&"is_system_disk".into()) && !all.contains(&"blueprint_id".into()), "{all:?}");
        assert_eq!(all.len(), datafusion_lightsail::catalog::TABLES[1].columns().len());
    }

    #[test]
    fn an_alias_is_its_table() {
        let text = "SELECT d.is_sy| FROM instances i JOIN disks AS d ON i.arn = d.instance_arn";
        assert_eq!(offered(text), ["is_system_disk"]);
        assert_eq!(offered("SELECT i.is_st| FROM instances i, disks d"), ["is_static_ip"]);
        assert_eq!(offered("SELECT instances.is_| FROM instances"), ["is_static_ip"]);
        assert!(offered("SELECT x.| FROM instances i").is_empty());
    }

    #[test]
    fn keywords_and_functions_are_in_the_case_that_is_typed() {
        assert_eq!(offered("sel|"), ["select"]);
        assert_eq!(offered("SEL|"), ["SELECT"]);
        assert_eq!(offered("SELECT date_tr| FROM tags"), ["date_trunc("]);
        assert_eq!(offered("SELECT DATE_TR| FROM tags"), ["DATE_TRUNC("]);
        assert_eq!(offered("SELECT name FROM instances wher|"), ["where"]);
        assert_eq!(offered("|"), FIRST_WORDS);
    }

    #[test]
    fn nothing_is_offered_twice() {
        let session = session();
        for text in [
            "ST|",
            "st|",
            "|",
            "SELECT NAME|",
            "SELECT S| FROM instances i JOIN disks d ON i.arn = d.instance_arn",
            "SELECT * FROM |",
            "SELECT * FROM IN|",
            "SELECT 1 FROM instances i JOIN disks d ON |",
            "SHOW |",
            "SET D|",
            "SELECT i.| FROM instances i, instances i",
            "\\|",
            "\\h A|",
            "\\format |",
            "\\pset |",
            "\\run |",
            "\\d |",
        ] {
            let found = tab(&session, text).1;
            let names: std::collections::HashSet<String> =
                found.iter().map(|name| name.to_lowercase()).collect();
            assert_eq!(names.len(), found.len(), "{text}: {found:?}");
        }
    }

    #[test]
    fn settings_follow_set_and_show() {
        assert_eq!(offered("SET lightsail.reg|"), ["lightsail.regions"]);
        assert_eq!(tab(&session(), "set lightsail.reg|").0, "lightsail.reg");
        assert!(offered("SHOW |").iter().all(|name| !name.starts_with("datafusion.")));
        assert_eq!(offered("show TAB|"), ["TABLES"]);
        assert_eq!(offered("SET datafusion.execution.batch_s|"), ["datafusion.execution.batch_size"]);
    }

    #[test]
    fn commands_and_what_follows_them() {
        assert_eq!(offered("\\ti|"), ["\\timing"]);
        let names: Vec<&str> = crate::shell::command::COMMANDS.iter().map(|command| command.name).collect();
        assert_eq!(offered("\\|"), names);
        assert_eq!(offered("SELECT 1\n\\ti|"), ["\\timing"]);
        assert_eq!(offered("SELECT 1 \\gx|"), ["\\gx"]);
        assert_eq!(offered("\\format ma|"), ["markdown"]);
        assert_eq!(offered("\\pset timi|"), ["timing"]);
        assert_eq!(offered("\\pset timing o|"), ["on", "off"]);
        assert_eq!(offered("\\h array_ha|"), ["array_has", "array_has_all", "array_has_any"]);
        assert_eq!(
            tab(&session(), "\\region us-east-1,us-w|"),
            ("us-w".into(), vec!["us-west-1".into(), "us-west-2".into()])
        );
        assert_eq!(tab(&session(), "\\d inf|"), ("inf".into(), vec!["information_schema.".into()]));
        assert_eq!(offered("\\x o|"), ["on", "off"]);
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("fleet by region.sql"), "").unwrap();
        let path = directory.path().display();
        assert_eq!(offered(&format!("\\i {path}/fl|")), [format!("{path}/fleet\\ by\\ region.sql")]);
    }

    #[test]
    fn strings_comments_and_numbers_are_left_alone() {
        for text in [
            "SELECT 'na|",
            "SELECT 'na|' FROM disks",
            "SELECT 1 -- na|",
            "/* na|",
            "SELECT 1|",
            "SELECT \"na|",
        ] {
            assert!(offered(text).is_empty(), "{text}");
        }
        assert_eq!(offered("SELECT 1 -- one\nFROM disks|"), ["disks"]);
    }

    #[test]
    fn values_stand_in_strings() {
        assert_eq!(offered("SELECT * FROM instances WHERE region = 'us-e|"), ["us-east-1'", "us-east-2'"]);
        assert_eq!(
            offered("SELECT * FROM instances WHERE region IN ('us-east-1', 'us-w|"),
            ["us-west-1'", "us-west-2'"]
        );
        assert_eq!(offered("SELECT * FROM instances i WHERE i.state <> 'ru|"), ["running'"]);
        assert_eq!(offered("SELECT * FROM instances WHERE state NOT IN ('ru|"), ["running'"]);
        assert_eq!(offered("SET lightsail.regions = 'al|"), ["all"]);
        assert_eq!(offered("SET lightsail.regions = 'us-east-1,us-w|"), ["us-west-1", "us-west-2"]);
        assert_eq!(offered("SET lightsail.allow_partial = |"), ["'true'", "'false'"]);
        for text in ["SELECT 'ru|", "SELECT name FROM instances WHERE name = 'w|", "SELECT upper('us-e|"] {
            assert!(offered(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn keys_of_tags_that_were_shown_and_files_stand_in_strings() {
        let mut tags = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        for key in ["owner-of-it", "order"] {
            tags.keys().append_value(key);
            tags.values().append_null();
        }
        tags.append(true).unwrap();
        let column = Arc::new(tags.finish()) as ArrayRef;
        crate::shell::see(&RecordBatch::try_from_iter([("tags", column)]).unwrap());
        assert_eq!(offered("SELECT tags['owner-|"), ["owner-of-it'"]);
        assert_eq!(offered("SELECT name FROM instances i WHERE i.tags['ord|"), ["order'"]);
        assert!(offered("SELECT others['own|").is_empty());
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("yesterday.parquet"), "").unwrap();
        let path = directory.path().display();
        assert_eq!(offered(&format!("SELECT * FROM '{path}/yest|")), [format!("{path}/yesterday.parquet")]);
    }

    #[test]
    fn joins_are_known() {
        let found = offered("SELECT * FROM instances i JOIN disks d ON |");
        assert_eq!(found[0], "d.instance_arn = i.arn");
        assert!(found.contains(&"is_system_disk".to_owned()));
    }

    #[test]
    fn what_is_listed_says_what_it_is() {
        let session = session();
        let shown = |text: &str| -> Vec<String> {
            complete(session.context(), Policy::All, text, text.len())
                .1
                .into_iter()
                .map(|pair| pair.display)
                .collect()
        };
        let instances = "instances                      Virtual private servers, one row each.";
        assert_eq!(shown("SELECT * FROM instances"), [instances]);
        assert_eq!(shown("SELECT date_trun"), ["date_trunc(precision, expression)"]);
        assert!(shown("\\timi")[0].ends_with("say rows, time and API calls after each statement"));
    }

    #[test]
    fn files_are_offered_where_they_may_be_reached() {
        let found = |policy, text: &str| complete(session().context(), policy, text, text.len()).1.len();
        for text in ["\\i src/", "SELECT * FROM 'src/", "\\! ls src/"] {
            assert!(found(Policy::All, text) > 1, "{text}");
            assert_eq!(found(Policy::NoFiles, text), 0, "{text}");
        }
    }

    #[tokio::test]
    async fn what_the_person_made_is_known_too() {
        let session = session();
        let view = "CREATE VIEW mine AS SELECT name AS \"Full Name\", region AS place FROM instances";
        session.context().sql(view).await.unwrap();
        assert_eq!(tab(&session, "FROM mi|").1, ["mine"]);
        assert_eq!(tab(&session, "SELECT fu| FROM mine").1, ["\"Full Name\"", "full", "functions"]);
        assert_eq!(tab(&session, "SELECT m.| FROM mine m").1, ["\"Full Name\"", "place"]);
        assert_eq!(session.calls(), 0);
    }
}
