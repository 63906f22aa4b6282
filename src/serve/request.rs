//! What a client wants: a statement of ours, one about the system catalog, or one of those that every client of Postgres sends
//! and that no engine answers.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::copy::CopyOut;
use super::formats::translate;
use super::route::is_of_catalog;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{Place, Statement, Unparsed};

/// What a client wants.
#[derive(Debug, Clone)]
pub(super) enum Request {
    /// Rows of the fleet.
    Rows(Box<Statement>),
    /// Rows of the system catalog.
    Catalog { sql: String, place: Place },
    /// A setting of this connection, or of its transaction alone, as text; `None` is what the connection began with.
    Set { name: String, value: Option<String>, is_local: bool },
    /// A setting as the connection began with it.
    Reset(String),
    /// All settings as the connection began with them.
    ResetAll,
    /// What a setting is.
    Show(String),
    /// What all of them are.
    ShowAll,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Transaction {
    /// Its begin, and what is said back.
    Begin(&'static str),
    Commit,
    Rollback,
    /// A savepoint of this name is made.
    Savepoint(String),
    /// It is let go.
    Release(String),
    /// Back to it: what failed since is forgotten.
    RollbackTo(String),
}

impl Request {
    /// Whether it may be asked for in a transaction in which something has failed.
    pub(super) fn ends_failed_transaction(&self) -> bool {
        use Transaction::{Commit, Rollback, RollbackTo};
        matches!(self, Self::Transaction(Commit | Rollback | RollbackTo(_)))
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
            "BEGIN" => Ok(Self::Transaction(Transaction::Begin("BEGIN"))),
            "START" => Ok(Self::Transaction(Transaction::Begin("START TRANSACTION"))),
            "COMMIT" | "END" | "ROLLBACK" | "ABORT" if words.at(1) == "PREPARED" => {
                Err(wrong("there are no prepared transactions here".into()))
            }
            "COMMIT" | "END" | "ROLLBACK" | "ABORT" if words.has("CHAIN") && !words.has("NO") => {
                Err(wrong("a transaction is begun by BEGIN, and by no AND CHAIN".into()))
            }
            "COMMIT" | "END" => Ok(Self::Transaction(Transaction::Commit)),
            "ROLLBACK" if words.has("TO") => {
                Ok(Self::Transaction(Transaction::RollbackTo(words.name(words.len() - 1))))
            }
            "ROLLBACK" | "ABORT" => Ok(Self::Transaction(Transaction::Rollback)),
            "SAVEPOINT" => Ok(Self::Transaction(Transaction::Savepoint(words.name(1)))),
            "RELEASE" => Ok(Self::Transaction(Transaction::Release(words.name(words.len() - 1)))),
            "DISCARD" => match words.at(1) {
                "ALL" => Ok(Self::DiscardAll),
                "PLANS" => Ok(Self::Nothing("DISCARD PLANS")),
                "SEQUENCES" => Ok(Self::Nothing("DISCARD SEQUENCES")),
                "TEMP" | "TEMPORARY" => Ok(Self::Nothing("DISCARD TEMP")),
                _ => Err(wrong("DISCARD ALL is what is meant".into())),
            },
            "PREPARE" | "EXECUTE" => {
                let error = wrong(format!("{} is not done here", words.at(0)));
                Err(error.with_hint("drivers prepare statements by themselves, in the extended protocol"))
            }
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
            "SHOW" if words.at(1) == "ALL" => Ok(Self::ShowAll),
            "SHOW" if !matches!(words.at(1), "TABLES" | "COLUMNS" | "FUNCTIONS" | "CREATE") => {
                Ok(Self::Show(words.setting(1..words.len())))
            }
            _ if is_of_catalog(&words.tokens) => {
                Ok(Self::Catalog { sql: statement.text().to_owned(), place: statement.place.clone() })
            }
            _ => {
                let mut parsed = statement.parse()?;
                translate(&mut parsed.ast)
                    .map_err(|error| error.at(&place).with_location(place.line, place.column))?;
                Ok(Self::Rows(Box::new(parsed)))
            }
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
            request @ (Self::Rows(_) | Self::Catalog { .. }) => Ok(request),
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
            "session authorization" => "session_authorization".to_owned(),
            "session characteristics as transaction isolation level" | "transaction isolation level" => {
                "transaction_isolation".to_owned()
            }
            name => name.to_owned(),
        }
    }

    /// `SET [SESSION | LOCAL] name = value`, `SET name TO value`, `SET TIME ZONE value`, `SET ROLE NONE`.
    fn set(&self) -> Result<Request, String> {
        let how = "a setting is set so: SET lightsail.regions = 'us-east-1'";
        let is_local = self.at(1) == "LOCAL";
        let begin = if is_local || self.at(1) == "SESSION" { 2 } else { 1 };
        let set = |name: &str, at: usize| {
            let value = match self.at(at) {
                "DEFAULT" => None,
                _ => Some(self.value(at)?),
            };
            Ok(Request::Set { name: name.to_owned(), value, is_local })
        };
        match (self.at(begin), self.at(begin + 1)) {
            // Isolation, and whether it is read only: nothing is written, and a statement is one snapshot.
            ("TRANSACTION", _) | ("CHARACTERISTICS", _) => return Ok(Request::Nothing("SET")),
            ("NAMES", _) => return set("client_encoding", begin + 1),
            ("TIME", "ZONE") if self.at(begin + 2) == "LOCAL" => {
                return Ok(Request::Set { name: "timezone".into(), value: None, is_local });
            }
            ("TIME", "ZONE") => return set("timezone", begin + 2),
            ("AUTHORIZATION", _) => return set("session_authorization", begin + 1),
            ("ROLE", name)
                if name != "TO" && self.tokens.get(begin + 1).is_none_or(|token| **token != Token::Eq) =>
            {
                return set("role", begin + 1);
            }
            _ => {}
        }
        let is_equals = |at: &usize| *self.tokens[*at] == Token::Eq || self.at(*at) == "TO";
        let equals = (begin..self.len()).find(is_equals).ok_or(how)?;
        set(&self.setting(begin..equals), equals + 1)
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
