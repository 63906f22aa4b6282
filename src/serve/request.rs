//! What a client wants: a statement of ours, one about the system catalog, or one of those that every client of Postgres sends
//! and that no engine answers.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::copy::CopyOut;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{Statement, Unparsed};

/// What a client wants.
#[derive(Debug, Clone)]
pub(super) enum Request {
    /// Rows of the fleet.
    Rows(Box<Statement>),
    /// Rows of the system catalog.
    Catalog(String),
    /// A setting of this connection, as text; `None` is what the connection began with.
    Set { name: String, value: Option<String> },
    /// A setting as the connection began with it.
    Reset(String),
    /// All settings as the connection began with them.
    ResetAll,
    /// What a setting is.
    Show(String),
    /// The begin, the end, or nothing of a transaction: nothing is ever written.
    Transaction(Transaction),
    /// Rows of the fleet, to be fetched in parts.
    Declare { name: String, query: Box<Request>, is_held: bool },
    /// The next rows of a cursor; `None` is all that are left.
    Fetch { name: String, rows: Option<usize>, is_move: bool },
    /// The end of a cursor; `None` of all.
    Close(Option<String>),
    /// Rows of the fleet as a file.
    Copy { query: Box<Request>, out: CopyOut },
    /// What needs nothing but its name said back.
    Nothing(&'static str),
    /// The prepared statement of this name is wanted no more; `None` all.
    Deallocate(Option<String>),
    /// Everything as the connection began.
    DiscardAll,
}

/// A step of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    Begin,
    Commit,
    Rollback,
    /// A savepoint is made or let go.
    Savepoint(&'static str),
    /// Back to a savepoint: what failed since is forgotten.
    RollbackTo,
}

impl Request {
    /// Whether it may be asked for in a transaction in which something has failed.
    pub(super) fn ends_failed_transaction(&self) -> bool {
        use Transaction::{Commit, Rollback, RollbackTo};
        matches!(self, Self::Transaction(Commit | Rollback | RollbackTo))
    }

    /// What a statement wants.
    ///
    /// # Errors
    /// [`Kind::Sql`] when it is no SQL, [`Kind::Usage`] when it is nothing that is done here.
    pub(super) fn of(statement: Unparsed) -> Result<Self> {
        let words = Words::of(&statement);
        let place = statement.place.clone();
        let wrong =
            |what: String| Error::new(Kind::Usage, what).at(&place).with_location(place.line, place.column);
        match words.at(0) {
            "BEGIN" | "START" => Ok(Self::Transaction(Transaction::Begin)),
            "COMMIT" | "END" => Ok(Self::Transaction(Transaction::Commit)),
            "ROLLBACK" if words.has("TO") => Ok(Self::Transaction(Transaction::RollbackTo)),
            "ROLLBACK" | "ABORT" => Ok(Self::Transaction(Transaction::Rollback)),
            "SAVEPOINT" => Ok(Self::Transaction(Transaction::Savepoint("SAVEPOINT"))),
            "RELEASE" => Ok(Self::Transaction(Transaction::Savepoint("RELEASE"))),
            "DISCARD" if words.at(1) == "ALL" => Ok(Self::DiscardAll),
            "DISCARD" => Ok(Self::Nothing("DISCARD")),
            "UNLISTEN" => Ok(Self::Nothing("UNLISTEN")),
            "DEALLOCATE" => {
                let at = if words.at(1) == "PREPARE" { 2 } else { 1 };
                Ok(Self::Deallocate(words.name_or_all(at)))
            }
            "CLOSE" => Ok(Self::Close(words.name_or_all(1))),
            "FETCH" | "MOVE" => words.fetch().map_err(wrong),
            "DECLARE" => {
                let Some(at) = words.find("FOR").filter(|_| words.has("CURSOR")) else {
                    return Err(wrong("a cursor is declared so: DECLARE name CURSOR FOR SELECT …".into()));
                };
                if words.has_before("BINARY", at) {
                    return Err(wrong(
                        "no binary cursor is kept here; a driver asks for binary values itself".into(),
                    ));
                }
                let is_scrolled = words.has_before("SCROLL", at) && !words.has_before("NO", at);
                if is_scrolled {
                    return Err(wrong("a cursor goes forward only: NO SCROLL".into()));
                }
                let is_held = words.has_before("HOLD", at) && !words.has_before("WITHOUT", at);
                let query = Self::query(&statement, at + 1..words.len())?;
                Ok(Self::Declare { name: words.name(1), query: Box::new(query), is_held })
            }
            "COPY" => Self::copy(&statement, &words),
            "SET" => words.set().map_err(wrong),
            "RESET" if words.at(1) == "ALL" => Ok(Self::ResetAll),
            "RESET" => Ok(Self::Reset(words.setting(1..words.len()))),
            "SHOW" if !matches!(words.at(1), "TABLES" | "COLUMNS" | "FUNCTIONS" | "ALL" | "CREATE") => {
                Ok(Self::Show(words.setting(1..words.len())))
            }
            _ if words.is_of_catalog() => Ok(Self::Catalog(statement.text().to_owned())),
            _ => Ok(Self::Rows(Box::new(statement.parse()?))),
        }
    }

    fn copy(statement: &Unparsed, words: &Words<'_>) -> Result<Self> {
        let place = &statement.place;
        let wrong =
            |what: String| Error::new(Kind::Usage, what).at(place).with_location(place.line, place.column);
        let direction = words.outside(["TO", "FROM"]);
        let Some(to) = direction.filter(|at| words.at(*at) == "TO" && words.at(at + 1) == "STDOUT") else {
            let error = wrong("this server reads and writes no files".into());
            return Err(error.with_hint("COPY (SELECT …) TO STDOUT hands the rows to the client"));
        };
        let out = CopyOut::of(statement.part(to + 2..words.len())).map_err(wrong)?;
        let query = match words.tokens[1] {
            Token::LParen => Self::query(statement, 2..to - 1)?,
            // A table: its name, and perhaps its columns.
            _ => {
                let columns = words.tokens[1..to].iter().position(|token| **token == Token::LParen);
                let (table, columns) = match columns {
                    None => (text(statement, 1..to), "*".to_owned()),
                    Some(at) => (text(statement, 1..1 + at), text(statement, at + 2..to - 1)),
                };
                let sql = format!("SELECT {columns} FROM {table}");
                let mut request = None;
                datafusion_lightsail::script::split(super::SQL, &sql, |statement| {
                    request = Some(Self::of(statement)?);
                    Ok(())
                })?;
                request.ok_or_else(|| wrong("COPY of what?".into()))?
            }
        };
        Ok(Self::Copy { query: Box::new(query), out })
    }

    /// The query that a part of a statement is.
    fn query(statement: &Unparsed, part: std::ops::Range<usize>) -> Result<Self> {
        let place = &statement.place;
        let wrong =
            || Error::new(Kind::Sql, "there is no query").at(place).with_location(place.line, place.column);
        match Self::of(statement.part(part).ok_or_else(wrong)?)? {
            request @ (Self::Rows(_) | Self::Catalog(_)) => Ok(request),
            _ => Err(wrong()),
        }
    }
}

fn text(statement: &Unparsed, part: std::ops::Range<usize>) -> String {
    statement.part(part).map_or_else(String::new, |part| part.text().to_owned())
}

/// The words and signs of a statement.
struct Words<'a> {
    tokens: Vec<&'a Token>,
    /// In capitals; empty where there is no word that is not in quotes.
    words: Vec<String>,
}

/// Functions and names that only the system catalog answers.
const OF_CATALOG: &[&str] = &[
    "INFORMATION_SCHEMA",
    "REGCLASS",
    "REGTYPE",
    "REGPROC",
    "REGPROCEDURE",
    "REGNAMESPACE",
    "REGROLE",
    "CURRENT_SETTING",
    "SET_CONFIG",
    "CURRENT_SCHEMA",
    "CURRENT_SCHEMAS",
    "CURRENT_DATABASE",
    "CURRENT_CATALOG",
    "CURRENT_USER",
    "CURRENT_ROLE",
    "SESSION_USER",
    "TO_REGCLASS",
    "FORMAT_TYPE",
    "OBJ_DESCRIPTION",
    "COL_DESCRIPTION",
    "SHOBJ_DESCRIPTION",
    "HAS_TABLE_PRIVILEGE",
    "HAS_SCHEMA_PRIVILEGE",
    "HAS_DATABASE_PRIVILEGE",
    "HAS_ANY_COLUMN_PRIVILEGE",
    "TXID_CURRENT",
];

impl<'a> Words<'a> {
    fn of(statement: &'a Unparsed) -> Self {
        let tokens: Vec<_> = statement.tokens().collect();
        let word = |token: &&Token| match token {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
            _ => String::new(),
        };
        Self { words: tokens.iter().map(word).collect(), tokens }
    }

    fn len(&self) -> usize {
        self.words.len()
    }

    fn at(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    fn find(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|one| one == word)
    }

    fn has(&self, word: &str) -> bool {
        self.find(word).is_some()
    }

    fn has_before(&self, word: &str, end: usize) -> bool {
        self.find(word).is_some_and(|at| at < end)
    }

    /// Where the first of some words stands that is in no parentheses.
    fn outside<const N: usize>(&self, words: [&str; N]) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate() {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ if depth == 0 && words.contains(&self.at(at)) => return Some(at),
                _ => {}
            }
        }
        None
    }

    /// Whether it names what only the system catalog has.
    fn is_of_catalog(&self) -> bool {
        // Where there are columns, one may be called so.
        let has_columns = self.has("FROM");
        let named = |(at, token): (usize, &&Token)| {
            let Token::Word(word) = token else { return false };
            let word = word.value.to_ascii_uppercase();
            // `version()` is Postgres' own; a column may be called so.
            let is_call = self.tokens.get(at + 1).is_some_and(|token| **token == Token::LParen);
            match word.as_str() {
                "VERSION" => is_call,
                "USER" => !has_columns && !is_call,
                word => word.starts_with("PG_") || OF_CATALOG.contains(&word),
            }
        };
        self.tokens.iter().enumerate().any(named)
    }

    /// The name at a place, as SQL writes names.
    fn name(&self, at: usize) -> String {
        match self.tokens.get(at) {
            Some(Token::Word(word)) if word.quote_style.is_some() => word.value.clone(),
            Some(token) => token.to_string().to_ascii_lowercase(),
            None => String::new(),
        }
    }

    fn name_or_all(&self, at: usize) -> Option<String> {
        Some(self.name(at)).filter(|_| self.at(at) != "ALL")
    }

    /// The name of a setting: `lightsail.regions`, `TIME ZONE`.
    fn setting(&self, range: std::ops::Range<usize>) -> String {
        let words: Vec<String> = range.map(|at| self.name(at)).collect();
        match words.join(" ").replace(" . ", ".").as_str() {
            "time zone" => "timezone".to_owned(),
            "session characteristics as transaction isolation level" | "transaction isolation level" => {
                "transaction_isolation".to_owned()
            }
            name => name.to_owned(),
        }
    }

    /// `SET [SESSION] name = value`, `SET name TO value`, `SET TIME ZONE value`, `SET SESSION CHARACTERISTICS AS …`.
    fn set(&self) -> Result<Request, String> {
        let how = "a setting is set so: SET lightsail.regions = 'us-east-1'";
        let mut begin = 1;
        if self.at(1) == "LOCAL" {
            return Err("a setting holds for the connection: SET without LOCAL".to_owned());
        }
        if self.at(1) == "SESSION" {
            begin = 2;
        }
        match (self.at(begin), self.at(begin + 1)) {
            // Isolation, and whether it is read only: nothing is written, and a statement is one snapshot.
            ("TRANSACTION", _) | ("CHARACTERISTICS", _) => return Ok(Request::Nothing("SET")),
            ("NAMES", _) => {
                return Ok(Request::Set {
                    name: "client_encoding".into(),
                    value: Some(self.value(begin + 1)?),
                });
            }
            ("TIME", "ZONE") => {
                return Ok(Request::Set { name: "timezone".into(), value: Some(self.value(begin + 2)?) });
            }
            _ => {}
        }
        let is_equals = |at: &usize| *self.tokens[*at] == Token::Eq || self.at(*at) == "TO";
        let equals = (begin..self.len()).find(is_equals).ok_or(how)?;
        let name = self.setting(begin..equals);
        let value = match self.at(equals + 1) {
            "DEFAULT" => None,
            _ => Some(self.value(equals + 1)?),
        };
        Ok(Request::Set { name, value })
    }

    /// The text of the value that begins at a place and ends with the statement.
    fn value(&self, begin: usize) -> Result<String, String> {
        let rest = self.tokens.get(begin..).filter(|rest| !rest.is_empty()).ok_or("there is no value")?;
        let text = |token: &&Token| match token {
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => text.clone(),
            Token::Word(word) => word.value.clone(),
            token => token.to_string(),
        };
        Ok(rest.iter().map(text).collect())
    }

    /// `FETCH [FORWARD] [n | ALL | NEXT] [FROM | IN] name`.
    fn fetch(&self) -> Result<Request, String> {
        let (mut at, mut rows) = (1, Some(1));
        for word in ["NEXT", "FORWARD"] {
            at += usize::from(self.at(at) == word);
        }
        if let Some(Token::Number(number, _)) = self.tokens.get(at) {
            rows = Some(number.parse().map_err(|_| format!("{number} is no number of rows"))?);
            at += 1;
        } else if self.at(at) == "ALL" {
            (rows, at) = (None, at + 1);
        }
        at += usize::from(matches!(self.at(at), "FROM" | "IN"));
        if at + 1 != self.len() {
            return Err("a cursor goes forward only: FETCH 100 FROM name".to_owned());
        }
        Ok(Request::Fetch { name: self.name(at), rows, is_move: self.at(0) == "MOVE" })
    }
}
