//! Scripts: SQL text → statements, split by the SQL tokenizer and not by line ends, each with its place in the text.

mod blamed;
mod column_names;
mod from_first;
mod located;
mod numbers;
pub mod pieces;
mod place;
mod slips;
mod statements;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use datafusion::sql::parser::{DFParserBuilder, Statement as Ast};
use datafusion::sql::sqlparser::ast::{ObjectName, SetExpr, Statement as Sql};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::error::{Error, Kind, Result};
use crate::header::Header;
use crate::nearest::nearest;
use crate::parameters::{Declaration, declarations};
pub use crate::parameters::{Parameters, parameter};
use crate::session::workarounds::{is_distinct_from, syntax};
use pieces::Pieces;
use place::Source;

pub use located::located;
pub use place::{Place, fit};

/// How deeply expressions and queries may nest; DataFusion's own 50 is too few for generated SQL.
const RECURSION_LIMIT: usize = 200;

/// How many words and operators a statement may have, for a chain of `+` or UNION is as deep a tree as it is long.
/// Literals and commas do not count: a list is wide, not deep.
const COMPLEXITY_LIMIT: usize = 10_000;

/// A stack that holds the deepest statement that [`parse`] lets through, in bytes; memory is used only as it is touched. What
/// plans statements wants threads with one.
pub const STACK: usize = 256 << 20;

/// How many statements a script may have: each of them takes some 14 KB, measured on `SELECT 1 WHERE false`.
const MOST_STATEMENTS: usize = 20_000;

/// The statements of one file, of standard input or of a `-c`.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file's path, `-c` or `standard input`: what errors call it.
    pub name: String,
    /// Whether it is a file.
    pub is_file: bool,
    /// Its statements in order.
    pub statements: Vec<Statement>,
    /// Its `$parameters`, as its header declares them.
    pub declared: Vec<Declaration>,
    /// What its header calls it.
    pub title: Option<String>,
}

impl Script {
    /// Parses a script. Its header may declare its parameters: `-- param days integer = 90: how old is old`.
    ///
    /// # Errors
    /// As [`parse`]; [`Kind::Usage`] when a declaration makes no sense.
    pub fn new(name: impl Into<String>, sql: &str) -> Result<Self> {
        let name = name.into();
        let sql = sql.strip_prefix('\u{feff}').unwrap_or(sql);
        let statements = parse(&name, sql)?;
        let header = Header::read(sql);
        let title = header.field("title").map(ToOwned::to_owned);
        Ok(Self { is_file: false, statements, declared: declarations(&name, &header)?, title, name })
    }

    /// Reads and parses a file.
    ///
    /// # Errors
    /// When it cannot be read, is not UTF-8, or as [`parse`].
    pub fn read(path: &Path) -> Result<Self> {
        let sql = std::fs::read_to_string(path)
            .map_err(|error| Error::new(Kind::Usage, format!("cannot read {}: {error}", path.display())))?;
        Ok(Self { is_file: true, ..Self::new(path.display().to_string(), &sql)? })
    }
}

impl Script {
    /// Refuses names of parameters that it does not declare; `called` is what the error calls it.
    ///
    /// # Errors
    /// [`Kind::Usage`] with the name that was meant, or those that there are.
    pub fn check_names(&self, names: impl IntoIterator<Item = impl AsRef<str>>, called: &str) -> Result<()> {
        let known = || self.declared.iter().map(|declared| declared.name.as_str());
        for name in names {
            let name = name.as_ref();
            if known().any(|known| known == name) {
                continue;
            }
            let error = Error::new(Kind::Usage, format!("{called} has no parameter {name}"));
            return Err(match nearest(name, known()) {
                Some(meant) => error.with_hint(format!("did you mean {meant}?")),
                None if self.declared.is_empty() => error.with_hint("it has none"),
                None => error.with_hint(format!("it has {}", known().collect::<Vec<_>>().join(", "))),
            });
        }
        Ok(())
    }

    /// The values of its parameters: those that are given, as their types have it, and its own defaults for the others.
    ///
    /// # Errors
    /// [`Kind::Usage`] when a value is not of its parameter's type, or one without a default is not given.
    pub fn values(&self, given: &Parameters) -> Result<Parameters> {
        let mut values = given.clone();
        for declared in &self.declared {
            let value = declared.value(given.get(&declared.name));
            values.insert(declared.name.clone(), value.map_err(|error| error.at(&self.name))?);
        }
        Ok(values)
    }
}

/// One statement of a script.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What the parser made of it; its spans count from the beginning of the whole script.
    pub ast: Ast,
    /// Where it stands.
    pub place: Place,
    /// Its text, without the `;`.
    pub text: String,
    /// The names of its `$parameters`.
    pub parameters: BTreeSet<String>,
}

impl Statement {
    /// Whether it may read tables: all but settings and definitions.
    pub fn may_read(&self) -> bool {
        let is_setting =
            |sql: &Sql| matches!(sql, Sql::Set(_) | Sql::ShowVariable { .. } | Sql::CreateView { .. });
        match &self.ast {
            Ast::Statement(sql) => !is_setting(sql),
            Ast::CopyTo(_) | Ast::Explain(_) => true,
            Ast::CreateExternalTable(_) | Ast::Reset(_) => false,
        }
    }

    /// Whether it has rows to show.
    pub fn has_rows(&self) -> bool {
        match &self.ast {
            Ast::Explain(_) => true,
            Ast::Statement(_) if selects_into(&self.ast).is_some() => false,
            Ast::Statement(sql) => matches!(
                **sql,
                Sql::Query(_)
                    | Sql::Execute { .. }
                    | Sql::Explain { .. }
                    | Sql::ExplainTable { .. }
                    | Sql::ShowVariable { .. }
                    | Sql::ShowTables { .. }
                    | Sql::ShowColumns { .. }
                    | Sql::ShowFunctions { .. }
                    | Sql::ShowCreate { .. }
            ),
            Ast::CreateExternalTable(_) | Ast::CopyTo(_) | Ast::Reset(_) => false,
        }
    }
}

/// The table that `SELECT … INTO` makes.
pub(crate) fn selects_into(statement: &Ast) -> Option<&ObjectName> {
    let Ast::Statement(sql) = statement else { return None };
    let Sql::Query(query) = &**sql else { return None };
    let SetExpr::Select(select) = &*query.body else { return None };
    Some(&select.into.as_ref()?.name)
}

/// Parses a whole script before anything of it runs, so that a slip in its last line costs no call.
///
/// ```
/// let statements = datafusion_lightsail::script::parse("-c", "SELECT ';' AS a; -- one; two\nSELECT 2").unwrap();
/// assert_eq!(statements.len(), 2);
/// assert_eq!(statements[1].place.to_string(), "-c:2:1");
/// let error = datafusion_lightsail::script::parse("a.sql", "SELECT 1;\nSELEC 2;").unwrap_err();
/// assert!(error.to_string().starts_with("a.sql:2:1: "));
/// ```
///
/// # Errors
/// [`Kind::Sql`], with the place, when the text is no SQL.
pub fn parse(script: &str, sql: &str) -> Result<Vec<Statement>> {
    let mut statements = Vec::new();
    split(script, sql, |unparsed| {
        statements.push(unparsed.parse()?);
        Ok(())
    })?;
    Ok(statements)
}

/// A statement that is not parsed yet.
#[derive(Debug, Clone)]
pub struct Unparsed {
    tokens: Vec<TokenWithSpan>,
    /// Where it stands.
    pub place: Place,
}

/// Splits a script into its statements, which `each` gets in order: for who takes statements that are not this parser's.
///
/// # Errors
/// [`Kind::Sql`], with the place, when a string or a comment does not end, or there are too many of them; those of `each`.
pub fn split(script: &str, sql: &str, mut each: impl FnMut(Unparsed) -> Result<()>) -> Result<()> {
    let source = Source::new(script, sql);
    let mut count = 0;
    for piece in Pieces::of(sql) {
        let tokens = piece.map_err(|open| located::unended(&open, &source))?;
        for part in tokens.split(|token| token.token == Token::SemiColon) {
            let Some(first) = part.iter().find(|token| !is_space(token)) else { continue };
            let place = Place::new(&source, first.span.start);
            if count == MOST_STATEMENTS {
                let what = format!("the script has more than {MOST_STATEMENTS} statements");
                let error = Error::new(Kind::Sql, what).at(&place).with_location(place.line, place.column);
                return Err(error.with_sql_state("54001").with_hint("run it in several parts"));
            }
            count += 1;
            each(Unparsed { tokens: part.to_vec(), place })?;
        }
    }
    Ok(())
}

impl Unparsed {
    /// Its words and signs, without the white space and comments between them.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| !is_space(token)).map(|token| &token.token)
    }

    /// The part of it that begins with a token of [`tokens`](Self::tokens) and ends before another, by their numbers; `None`
    /// if there is nothing in between.
    pub fn part(&self, range: Range<usize>) -> Option<Self> {
        let tokens = self.tokens.iter().filter(|token| !is_space(token));
        let tokens: Vec<_> = tokens.skip(range.start).take(range.len()).cloned().collect();
        let place = self.place.moved(tokens.first()?.span.start);
        // With the space between them, which comments of the text and names of columns are made of.
        let (begin, end) = (tokens.first()?.span.start, tokens.last()?.span.end);
        let is_inside = |token: &&TokenWithSpan| token.span.start >= begin && token.span.end <= end;
        Some(Self { tokens: self.tokens.iter().filter(is_inside).cloned().collect(), place })
    }

    /// Its text, without the `;`.
    pub fn text(&self) -> &str {
        self.place.source.between(self.place.location(), self.end())
    }

    fn end(&self) -> Location {
        let last = self.tokens.iter().rev().find(|token| !is_space(token));
        last.map_or_else(|| self.place.location(), |token| token.span.end)
    }

    /// Parses it.
    ///
    /// # Errors
    /// [`Kind::Sql`], with the place, when it is no SQL.
    pub fn parse(self) -> Result<Statement> {
        let (end, text) = (self.end(), self.text().to_owned());
        let Self { tokens, place } = self;
        let parameters = tokens.iter().filter_map(|token| match &token.token {
            Token::Placeholder(name) => Some(name.trim_start_matches('$').to_owned()),
            _ => None,
        });
        let parameters = parameters.collect();
        let is_deepening = |token: &&TokenWithSpan| {
            !is_space(token)
                && !matches!(token.token, Token::Comma | Token::Number(..) | Token::SingleQuotedString(_))
        };
        if tokens.iter().filter(is_deepening).count() > COMPLEXITY_LIMIT {
            let message = format!("the statement has more than {COMPLEXITY_LIMIT} words and operators");
            let error = Error::new(Kind::Sql, message).at(&place).with_location(place.line, place.column);
            return Err(error.with_sql_state("54001"));
        }
        let tokens = numbers::joined(tokens);
        let parser =
            DFParserBuilder::new(from_first::with_select(is_distinct_from::as_operators(tokens.clone())))
                .with_recursion_limit(RECURSION_LIMIT)
                .build();
        let parsed = parser.and_then(|mut parser| parser.parse_statements());
        match parsed {
            Ok(mut statements) => match statements.pop_front() {
                Some(mut ast) => {
                    let _ = syntax::visit(&mut ast, &mut is_distinct_from::AsExpressions);
                    column_names::name_columns(&mut ast, &tokens);
                    Ok(Statement { ast, place, text, parameters })
                }
                None => Err(Error::new(Kind::Sql, "there is no statement").at(place)),
            },
            Err(error) => Err(located::unparsed(error, &place, end, &tokens)),
        }
    }
}

fn is_space(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_))
}

/// Whether a shell should run the text: it ends with a `;` that is not inside a string or a comment, or is no SQL at
/// all for a reason that more lines cannot mend.
pub fn is_complete(sql: &str) -> bool {
    match Tokenizer::new(&GenericDialect {}, sql).tokenize() {
        Ok(tokens) => {
            let last = tokens.iter().rev().find(|token| !matches!(token, Token::Whitespace(_)));
            last.is_none_or(|token| *token == Token::SemiColon)
        }
        Err(error) => !error.message.starts_with("Unterminated") && !error.message.contains("EOF"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_in_strings_and_comments_do_not_split() {
        let script = "SELECT 'a;b' /* ; */ ; ;; SELECT $$x;y$$;\n-- the end;";
        assert_eq!(parse("s", script).unwrap().len(), 2);
        assert!(parse("s", "  -- nothing\n").unwrap().is_empty());
    }

    #[test]
    fn fuzz_script() {
        let read = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            match Script::new("s", &text) {
                Ok(script) => {
                    for statement in &script.statements {
                        assert!(text.contains(&statement.text), "{:?}", statement.text);
                    }
                    drop(script.values(&Parameters::new()));
                }
                Err(error) => assert!(matches!(error.kind(), Kind::Sql | Kind::Usage), "{error}"),
            }
            let _ = is_complete(&text);
        };
        // The stack that who parses is told to have: the 2 MB of a test are too few.
        let thread = std::thread::Builder::new().stack_size(STACK);
        let fuzz = thread.spawn(move || crate::fuzz::fuzz("script", 1000, read));
        fuzz.unwrap().join().unwrap();
    }

    #[test]
    fn errors_name_the_place_in_the_whole_script() {
        for (script, expected) in [
            ("SELECT 1;\n\n  SELECT a FROM b GROUP 1;", "s:3:19: GROUP has no BY"),
            ("SELECT 1;\nSELECT 'open", "s:2:8: the text that begins here has no end"),
            ("SELECT (1", "s:1:8: the ( is not closed"),
        ] {
            let message = parse("s", script).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn completeness_is_the_tokenizers() {
        for complete in ["SELECT 1;", "SELECT ';';  -- done", "", "  \n"] {
            assert!(is_complete(complete), "{complete}");
        }
        for open in ["SELECT 1", "SELECT 'a;", "SELECT 1; -- x\nSELECT", "/* ;", "SELECT \"a;"] {
            assert!(!is_complete(open), "{open}");
        }
    }
}
