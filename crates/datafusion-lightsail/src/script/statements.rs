//! Statements of other databases, by the words that they begin with, and what does their work here.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

const WHOM: &str =
    "SET lightsail.profiles and lightsail.regions say who is asked; \\profile and \\region do in the shell";
const SETTINGS: &str = "SHOW ALL lists the settings, SHOW lightsail.regions has one";
const NO_CHANGE: &str =
    "everything here is read from the API: CREATE TABLE … AS SELECT … keeps rows for the session";
const NO_TRANSACTION: &str = "leave it out: nothing is written, and a batch reads one snapshot";

/// The words, and what to do here.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &["SHOW", "DATABASES"],
        "SHOW TABLES lists the tables; SHOW lightsail.profiles and lightsail.regions say who is asked",
    ),
    (
        &["SHOW", "SCHEMAS"],
        "SHOW TABLES lists the tables; SHOW lightsail.profiles and lightsail.regions say who is asked",
    ),
    (
        &["SHOW", "CATALOGS"],
        "SHOW TABLES lists the tables; SHOW lightsail.profiles and lightsail.regions say who is asked",
    ),
    (&["SHOW", "VIEWS"], "SHOW TABLES lists views too; \\dv does in the shell"),
    (
        &["SHOW", "PROCESSLIST"],
        "SELECT * FROM system.api_calls has what was asked; \\calls does in the shell",
    ),
    (&["SHOW", "STATUS"], SETTINGS),
    (&["SHOW", "VARIABLES"], SETTINGS),
    (&["SHOW"], SETTINGS),
    (&["USE"], WHOM),
    (&["BEGIN"], NO_TRANSACTION),
    (&["START"], NO_TRANSACTION),
    (&["COMMIT"], NO_TRANSACTION),
    (&["END"], NO_TRANSACTION),
    (&["ROLLBACK"], NO_TRANSACTION),
    (&["SAVEPOINT"], NO_TRANSACTION),
    (&["ALTER"], NO_CHANGE),
    (&["CREATE"], NO_CHANGE),
    (&["LOCK"], NO_TRANSACTION),
    (&["GRANT"], "what may be asked is IAM's to say: docs/iam-policy.json"),
    (&["REVOKE"], "what may be asked is IAM's to say: docs/iam-policy.json"),
    (&["VACUUM"], "leave it out: there is nothing to tidy up"),
    (&["ANALYZE"], "EXPLAIN ANALYZE SELECT … says what a statement asks and takes"),
    (&["PRAGMA"], "DESCRIBE instances lists the columns of a table, SHOW ALL the settings"),
    (&["CALL"], "SHOW FUNCTIONS lists the functions; SELECT calls them"),
    (&["KILL"], "Ctrl-C cancels a statement"),
];

/// What is said of a statement that is not planned here, and what to write instead.
pub(super) fn elsewhere(tokens: &[TokenWithSpan]) -> (String, String) {
    let words: Vec<String> = tokens
        .iter()
        .map_while(|token| match &token.token {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_uppercase()),
            _ => None,
        })
        .collect();
    let begins = |with: &&[&str]| {
        words.len() >= with.len() && with.iter().zip(&words).all(|(one, other)| one == other)
    };
    let found = ELSEWHERE.iter().find(|(with, _)| begins(with));
    let called = match found {
        Some((with, _)) if [["SHOW"], ["CREATE"], ["ALTER"]].iter().any(|one| one == *with) => {
            words.iter().take(2).cloned().collect::<Vec<_>>().join(" ")
        }
        Some((with, _)) => with.join(" "),
        None => words.first().cloned().unwrap_or_else(|| "this statement".to_owned()),
    };
    let hint = found.map_or("\\? in the shell and docs/commands.md say what is", |(_, hint)| hint);
    (format!("{called} is not read here"), hint.to_owned())
}
