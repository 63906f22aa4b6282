//! What Tab offers: names that the session already knows, so that nobody is asked anything.

mod command;
mod following;
mod joins;
mod offer;
mod strings;

use std::collections::HashMap;
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
    if let Some((range, _)) = lexemes.iter().find(|lexeme| is_text_around(lexeme, pos)) {
        let begin = range.start + 1;
        let (statement, done) = statement_around(&lexemes, range.start..range.start);
        let (word, mut found) = strings::string(context, policy, &statement, done, &before[begin..]);
        for pair in &mut found {
            // Its quote is there already.
            pair.replacement.truncate(pair.replacement.trim_end_matches('\'').len());
        }
        return (begin + word, without_tail(found, &text[pos..range.end - 1]));
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
            values.iter().for_each(|value| offer.add(&quoted_text(value)));
        }
        [.., (_, on)] if is_word(on, &["ON"]) => {
            joins::conditions(&Sources::of(&statement).tables, &mut offer);
            or_expression(context, &statement, &mut offer);
        }
        // A file stands in quotes; within them files are offered.
        [(_, copy), .., (_, to)] if is_word(copy, &["COPY"]) && is_word(to, &["TO"]) => offer.add("'"),
        [.., (_, using), (_, Token::LParen)] if is_word(using, &["USING"]) => {
            let sources = Sources::of(&statement).tables;
            let columns = named_columns(context, &sources);
            let common = columns.iter().filter(|(_, sources)| sources.len() > 1);
            common.for_each(|(column, _)| offer.add(&names::quoted(column)));
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
        ref done if offer.word.is_empty() && following::following(done).is_some() => {
            // Directly behind a value there is no room for a word.
            let words = following::following(done).filter(|_| before.ends_with(char::is_whitespace));
            words.iter().for_each(|words| offer.words(words));
        }
        ref done => {
            compared(context, &statement, done, &mut offer);
            or_expression(context, &statement, &mut offer);
        }
    }
    let tail =
        text[pos..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(text.len(), |end| pos + end);
    (start, without_tail(offer.found, &text[pos..tail]))
}

/// Whether the cursor stands within a text that has both its quotes.
fn is_text_around((range, token): &Lexeme, pos: usize) -> bool {
    matches!(token, Token::SingleQuotedString(_)) && range.start < pos && pos < range.end
}

/// The candidates, without what stands behind the cursor already.
fn without_tail(mut found: Vec<Pair>, tail: &str) -> Vec<Pair> {
    for pair in found.iter_mut().filter(|_| !tail.is_empty()) {
        if let Some(rest) = pair.replacement.strip_suffix(tail) {
            pair.replacement = rest.to_owned();
        }
    }
    found
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

/// The values of the column that is compared with the word, as SQL writes them.
fn compared(context: &SessionContext, statement: &[&Lexeme], done: &[&Lexeme], offer: &mut Offer<'_>) {
    let tokens: Vec<&Token> = done.iter().map(|(_, token)| token).collect();
    let Some(column) = strings::column(&tokens) else { return };
    let sources = Sources::of(statement).tables;
    if sources.iter().any(|source| names::is_boolean(context, &source.table, &column)) {
        offer.words(&["TRUE", "FALSE"]);
    }
    let tables: Vec<&str> = sources.iter().map(|source| source.table.table()).collect();
    for value in values::of_column(context, &tables, &column) {
        offer.add(&quoted_text(&value));
    }
}

/// A text as SQL writes it.
fn quoted_text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Beside better candidates, columns only where one is begun to be typed.
fn or_expression(context: &SessionContext, statement: &[&Lexeme], offer: &mut Offer<'_>) {
    if offer.found.is_empty() || !offer.word.is_empty() {
        expression(context, statement, offer);
    }
}

/// What a statement may ask for that names no table yet, and where nothing is typed: the columns of all tables are hundreds.
const ASKED: &[&str] = &["* FROM", "COUNT(*) FROM", "DISTINCT"];

/// Columns first: those of the tables that the statement names, or of all tables where it names none yet.
fn expression(context: &SessionContext, statement: &[&Lexeme], offer: &mut Offer<'_>) {
    let sources = Sources::of(statement).tables;
    if sources.is_empty() && offer.word.is_empty() {
        return offer.words(ASKED);
    }
    let columns = named_columns(context, &sources);
    for (column, of) in &columns {
        let name = names::quoted(column);
        match &of[..] {
            [_] => offer.add(&name),
            // The name alone would be refused as ambiguous.
            several => several
                .iter()
                .for_each(|alias| offer.written(&name, &format!("{}.{name}", names::quoted(alias)))),
        }
    }
    if columns.is_empty() {
        names::all_columns(context).iter().for_each(|column| offer.add(&names::quoted(column)));
    }
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

/// The columns of these tables, each with what the tables that have it are called.
fn named_columns<'s>(context: &SessionContext, sources: &'s [Source]) -> Vec<(String, Vec<&'s str>)> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    let mut places = HashMap::new();
    for source in sources {
        for column in names::columns(context, &source.table) {
            let place = *places.entry(column.clone()).or_insert(found.len());
            if place == found.len() {
                found.push((column, Vec::new()));
            }
            let aliases = &mut found[place].1;
            if !aliases.contains(&source.alias.as_str()) {
                aliases.push(&source.alias);
            }
        }
    }
    found
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
mod tests;
