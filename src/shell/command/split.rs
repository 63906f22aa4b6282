//! Commands among statements: where they stand in a text, and the text without them.

use std::ops::Range;

use datafusion::sql::sqlparser::tokenizer::{Token, Whitespace};

use super::{COMMANDS, Command, parse};
use crate::shell::lex::{Lexeme, lex};
use datafusion_lightsail::error::{Error, Result};
use datafusion_lightsail::script::{is_complete, pieces};

/// A text as it was typed or read: SQL, and the commands in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    /// The SQL, as long as the text: a command's place is blank, or ends the statement that it runs.
    pub(crate) sql: String,
    /// The commands, in their order.
    pub(crate) commands: Vec<Placed>,
    /// Where what follows the last `;` begins in `sql`: in the shell, a statement that is not complete.
    rest_at: usize,
}

/// A command and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub(crate) command: Command,
    /// How many statements end before it, with that which it runs.
    after: usize,
    /// The statement around it, as far as it was typed before; empty if there is none.
    pub(crate) open: String,
}

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step<S, C> {
    Statement(S),
    /// A statement that a command runs.
    Run(S, C),
    Command(C),
}

impl Placed {
    /// Whether it runs the statement before it, which has no `;` of its own.
    fn runs_open(&self) -> bool {
        self.command.runs() && !self.open.is_empty()
    }
}

/// Statements and the commands among them, in their order.
pub(crate) fn steps<'a, S>(statements: &'a [S], commands: &'a [Placed]) -> Vec<Step<&'a S, &'a Placed>> {
    let mut steps = Vec::with_capacity(statements.len() + commands.len());
    let mut done = 0;
    for placed in commands {
        let runs = placed.runs_open();
        let before = (placed.after - usize::from(runs)).clamp(done, statements.len());
        steps.extend(statements[done..before].iter().map(Step::Statement));
        done = before;
        match statements.get(done).filter(|_| runs) {
            Some(statement) => {
                steps.push(Step::Run(statement, placed));
                done += 1;
            }
            None => steps.push(Step::Command(placed)),
        }
    }
    steps.extend(statements[done..].iter().map(Step::Statement));
    steps
}

impl Text {
    /// Takes the commands out of a text, which `name` is the name of in errors.
    ///
    /// A command begins with a backslash outside of strings and comments, or with one of the words and dot names where a
    /// statement could begin, and ends with its line.
    ///
    /// # Errors
    /// When it is no command.
    pub(crate) fn split(name: &str, text: &str) -> Result<Self> {
        let (mut sql, mut commands) = (String::with_capacity(text.len()), Vec::new());
        let (mut rest_at, mut is_open, mut ended, mut at) = (0, false, 0, 0);
        let mut is_line_start = true;
        while at < text.len() {
            let part = &text[at..];
            let (found, end) = find_in_piece(part, is_open, is_line_start);
            let before = &part[..found.as_ref().map_or(end, |range| range.start)];
            let (lexemes, rest) = lex(before);
            for (range, token) in &lexemes {
                match token {
                    Token::SemiColon => {
                        ended += usize::from(is_open);
                        (is_open, rest_at) = (false, sql.len() + range.end);
                    }
                    Token::Whitespace(_) => {}
                    _ => is_open = true,
                }
            }
            is_open |= rest < before.len();
            sql.push_str(before);
            is_line_start = found.is_some();
            let Some(range) = found else {
                at += end;
                continue;
            };
            let typed = &part[range.clone()];
            let line = sql.matches('\n').count() as u64 + 1;
            let column = sql.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
            let command = parse(typed).map_err(|error| located(error, name, (line, column), text))?;
            let open = if is_open { sql[rest_at..].trim().to_owned() } else { String::new() };
            let ends = command.runs() && is_open;
            sql.push_str(if ends { ";" } else { " " });
            // As many letters as there were, so that places stay true.
            sql.extend(std::iter::repeat_n(' ', typed.chars().count() - 1));
            if ends {
                ended += 1;
                (is_open, rest_at) = (false, sql.len());
            }
            commands.push(Placed { command, after: ended, open });
            at += range.end;
        }
        if !is_open {
            rest_at = sql.len();
        }
        Ok(Self { sql, commands, rest_at })
    }

    /// The SQL up to the last `;`.
    pub(crate) fn complete(&self) -> &str {
        &self.sql[..self.rest_at]
    }

    /// What follows it; empty if that is nothing but spaces and comments.
    pub(crate) fn rest(&self) -> &str {
        self.sql[self.rest_at..].trim()
    }

    /// Whether a shell should run it: nothing follows the last `;`, or a command ends it.
    pub(crate) fn is_complete(text: &str) -> bool {
        match Self::split("", text) {
            Ok(split) => split.rest().is_empty() && is_complete(&split.sql) || ends_with_command(text),
            // It says what is wrong with the command.
            Err(_) => true,
        }
    }
}

/// Whether the last line is a command.
fn ends_with_command(text: &str) -> bool {
    let mut at = 0;
    while let Some(range) = find(&text[at..], true) {
        at += range.end;
        if at == text.trim_end().len() || text[at..].trim().is_empty() {
            return true;
        }
    }
    false
}

fn located(error: Error, name: &str, (line, column): (u64, u64), text: &str) -> Error {
    let shown = text.lines().nth(usize::try_from(line - 1).unwrap_or_default()).unwrap_or_default();
    if text.trim() == shown.trim() {
        // Alone on its line it needs no place.
        return error;
    }
    error.at(format_args!("{name}:{line}:{column}"))
}

/// Whether a text is a command alone, or begins with one.
pub(crate) fn is_command(text: &str) -> bool {
    find(text, false).is_some_and(|range| is_blank(&text[..range.start]))
}

/// Whether there is nothing but spaces and comments.
fn is_blank(text: &str) -> bool {
    let (lexemes, rest) = lex(text);
    rest == text.len() && lexemes.iter().all(|(_, token)| matches!(token, Token::Whitespace(_)))
}

/// The bytes of the first command.
fn find(text: &str, is_open: bool) -> Option<Range<usize>> {
    command_among(&lex(text).0, text, is_open, true)
}

/// The bytes of the first command in the first piece of a text, and where that piece ends.
fn find_in_piece(text: &str, is_open: bool, is_line_start: bool) -> (Option<Range<usize>>, usize) {
    let mut least = pieces::first();
    loop {
        let end = pieces::end(text, least);
        let (lexemes, rest) = lex(&text[..end]);
        let found = command_among(&lexemes, text, is_open, is_line_start);
        let is_whole = rest == end && matches!(lexemes.last(), Some((_, Token::SemiColon)));
        if found.is_some() || is_whole || end == text.len() {
            return (found, end);
        }
        least = pieces::longer(least);
    }
}

/// The bytes of the first command among the tokens that a text begins with.
fn command_among(
    lexemes: &[Lexeme],
    text: &str,
    mut is_open: bool,
    mut is_line_start: bool,
) -> Option<Range<usize>> {
    for (range, token) in lexemes {
        let to_line_end =
            || range.start..text[range.start..].find('\n').map_or(text.len(), |end| range.start + end);
        match token {
            Token::Backslash => return Some(to_line_end()),
            Token::Whitespace(Whitespace::Newline) => is_line_start = true,
            Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) if comment.ends_with('\n') => {
                is_line_start = true;
            }
            Token::Whitespace(_) => {}
            Token::SemiColon => (is_open, is_line_start) = (false, false),
            _ => {
                let line = to_line_end();
                if is_line_start && !is_open && is_named(text[line.clone()].trim()) {
                    return Some(line);
                }
                (is_open, is_line_start) = (true, false);
            }
        }
    }
    None
}

/// Whether a line is a word that is a command, or begins with a dot name.
fn is_named(line: &str) -> bool {
    let is_dotted =
        || line.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    let line_alone = line.trim_end_matches(';').trim_end();
    let is_word = |alias: &&&str| !alias.starts_with(['\\', '.']) && alias.eq_ignore_ascii_case(line_alone);
    is_dotted() || COMMANDS.iter().any(|spec| spec.aliases.iter().any(|alias| is_word(&alias)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::command::Relations;

    fn split(text: &str) -> Text {
        Text::split("s", text).unwrap()
    }

    fn commands(text: &str) -> Vec<Command> {
        split(text).commands.into_iter().map(|placed| placed.command).collect()
    }

    #[test]
    fn commands_are_told_from_sql() {
        let all = Command::Describe(Relations::All, None);
        assert_eq!(commands("\\d"), std::slice::from_ref(&all));
        assert_eq!(commands("SELECT 1; \\d\nSELECT 2;\n\\d ;"), [all.clone(), all.clone()]);
        assert_eq!(commands("-- a comment\n\\d"), [all]);
        assert_eq!(commands("exit"), [Command::Quit]);
        assert_eq!(commands("SELECT 1;\nQUIT;\n"), [Command::Quit]);
        for sql in [
            "SELECT '\\d';",
            "",
            "exit_code",
            "-- \\d\nSELECT 1",
            "SELECT /* \\d */ 1",
            "SELECT .5",
            "SELECT\nhelp",
        ] {
            assert_eq!(commands(sql), [], "{sql}");
        }
    }

    #[test]
    fn places_stay_true_and_statements_end_at_what_runs_them() {
        let text = split("SELECT 1 \\gx\n\\timing off\nSELECT 'ä' AS b\n\\g x.csv\n;;\nSELECT 3");
        assert_eq!(text.sql, "SELECT 1 ;  \n           \nSELECT 'ä' AS b\n;       \n;;\nSELECT 3");
        assert_eq!(text.rest(), "SELECT 3");
        let open: Vec<&str> = text.commands.iter().map(|placed| placed.open.as_str()).collect();
        assert_eq!(open, ["SELECT 1", "", "SELECT 'ä' AS b"]);
        let statements = datafusion_lightsail::script::parse("s", &text.sql).unwrap();
        let [gx, timing, g] = &text.commands[..] else { panic!("{text:?}") };
        let numbers = [1, 2, 3];
        assert_eq!(statements.len(), numbers.len());
        let expected = vec![Step::Run(&1, gx), Step::Command(timing), Step::Run(&2, g), Step::Statement(&3)];
        assert_eq!(steps(&numbers, &text.commands), expected);
    }

    #[test]
    fn a_command_in_the_middle_leaves_the_statement_open() {
        let text = split("SELECT 1; SELECT 6 *\n\\timing off");
        assert_eq!((text.complete(), text.rest()), ("SELECT 1;", "SELECT 6 *"));
        assert_eq!(text.commands[0].open, "SELECT 6 *");
        assert_eq!(steps(&[1], &text.commands), [Step::Statement(&1), Step::Command(&text.commands[0])]);
        // In a file the statement goes on, and is run after the command.
        let text = split("SELECT 1; SELECT 6 *\n\\timing off\n7");
        let expected = [Step::Statement(&1), Step::Command(&text.commands[0]), Step::Statement(&2)];
        assert_eq!(steps(&[1, 2], &text.commands), expected);
    }

    #[test]
    fn an_entry_is_complete_at_its_semicolon_or_at_a_command() {
        for text in [
            "SELECT 1;",
            "",
            "SELECT 1\n\\g",
            "\\d",
            "SELECT 1\n\\timing",
            "\\clals",
            "quit",
            "SELECT 1; -- c",
        ] {
            assert!(Text::is_complete(text), "{text}");
        }
        for text in ["SELECT 1", "SELECT 'a;\n\\d", "\\d\nSELECT 1", "SELECT 1; SELECT", "/* ;"] {
            assert!(!Text::is_complete(text), "{text}");
        }
    }

    #[test]
    fn a_command_that_is_none_is_met_at_its_place() {
        let error = Text::split("a.sql", "SELECT 1;\n  \\clals\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "a.sql:2:3: there is no command \\clals\nhint: did you mean \\calls? \\? lists the commands"
        );
    }
}
