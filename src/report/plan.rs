//! What a report asks: which saved queries are questions of it, and which are left out.

use std::collections::BTreeSet;

use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::Statement as Sql;

use super::Request;
use super::model::LeftOut;
use super::totals::{ACTUALS, Declared, TOTALS};
use crate::saved::{Level, SavedQuery};
use crate::script::Script;
use datafusion_lightsail::catalog::{TABLES, Table};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;
use datafusion_lightsail::script::{Parameters, Statement};
use datafusion_lightsail::views::VIEWS;

/// The parameter that says which moment is meant by now.
const AS_OF: &str = "as_of";

/// A statement that is to be asked, with the values of its parameters.
pub(super) struct Asked {
    pub(super) statement: Statement,
    pub(super) values: Parameters,
}

/// A saved query that is asked, and how bad its rows are.
pub(super) struct Planned<'a> {
    pub(super) query: &'a SavedQuery,
    pub(super) level: Level,
    /// Why it cannot be asked, if that is known already.
    pub(super) asked: Result<Asked>,
}

/// What a report asks.
pub(super) struct Plan<'a> {
    pub(super) questions: Vec<Planned<'a>>,
    pub(super) totals: Vec<(&'static Declared, Result<Asked>)>,
    pub(super) left_out: Vec<LeftOut>,
}

impl<'a> Plan<'a> {
    /// # Errors
    /// [`Kind::Usage`] when a theme is wanted that no saved query has.
    pub(super) fn new(request: &'a Request<'_>) -> Result<Self> {
        let themes: BTreeSet<String> = request.queries().map(|query| query.theme.clone()).collect();
        if let Some(stray) = request.themes.iter().find(|theme| !themes.contains(*theme)) {
            let error = Error::new(Kind::Usage, format!("there is no theme {stray}"));
            return Err(match nearest(stray, &themes) {
                Some(meant) => error.with_hint(format!("did you mean {meant}?")),
                None => error
                    .with_hint(format!("there are {}", themes.into_iter().collect::<Vec<_>>().join(", "))),
            });
        }
        let is_wanted =
            |theme: &str| request.themes.is_empty() || request.themes.iter().any(|it| it == theme);
        let mut plan = Self { questions: Vec::new(), totals: Vec::new(), left_out: Vec::new() };
        for query in request.queries().filter(|query| is_wanted(&query.theme)) {
            let level = match query.level() {
                Ok(Some(level)) => level,
                Ok(None) => continue,
                // What cannot be judged is not passed over.
                Err(error) => {
                    plan.questions.push(Planned { query, level: Level::Red, asked: Err(error) });
                    continue;
                }
            };
            match request.asked(query) {
                Ok(Some(asked)) => plan.questions.push(Planned { query, level, asked: Ok(asked) }),
                Ok(None) => {}
                Err(Refusal::LeftOut(reason)) => {
                    plan.left_out.push(LeftOut { name: query.name.clone(), reason });
                }
                Err(Refusal::Wrong(error)) => {
                    plan.questions.push(Planned { query, level, asked: Err(error) });
                }
            }
        }
        let totals = TOTALS.iter().filter(|total| is_wanted(&total.field("theme")));
        for total in totals.filter(|total| total.name != ACTUALS || request.has_actuals) {
            let script = Script::new(total.name, total.sql)?;
            let Some(statement) = script.statements.first() else { continue };
            match request.missing(statement) {
                Some(reason) => plan.left_out.push(LeftOut { name: total.name.to_owned(), reason }),
                None => plan.totals.push((total, request.with_values(&script, statement, Parameters::new()))),
            }
        }
        Ok(plan)
    }
}

/// Why a saved query is not asked.
enum Refusal {
    /// It is not for this report.
    LeftOut(String),
    /// It cannot be asked.
    Wrong(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

impl Request<'_> {
    fn queries(&self) -> impl Iterator<Item = &SavedQuery> {
        self.library.matching("").into_iter()
    }

    /// The statement of a saved query, ready to be asked.
    fn asked(&self, query: &SavedQuery) -> Result<Option<Asked>, Refusal> {
        let left_out = |reason: String| Err(Refusal::LeftOut(reason));
        let script = query.script()?;
        let (_, given) = query.with(&query.report_values()).or_else(|error| {
            // A parameter without a value is no fault of the report.
            let is_open = script.declared.iter().any(|declared| declared.default.is_none());
            if is_open { Ok((script.clone(), Parameters::new())) } else { Err(error) }
        })?;
        let open = script.declared.iter().find(|it| it.default.is_none() && !given.contains_key(&it.name));
        if let Some(open) = open {
            let (name, run) = (&open.name, &query.name);
            return left_out(format!(
                "its parameter {name} has no default: -- report: {name}=… in its header gives it a value, and \
                 lightsail-sql run {run} {name}=… asks it"
            ));
        }
        let is_question = |statement: &Statement| matches!(&statement.ast, Ast::Statement(sql) if matches!(**sql, Sql::Query(_)));
        let [statement] = &script.statements[..] else {
            return left_out(format!("it is {} statements, not one question", script.statements.len()));
        };
        if !is_question(statement) || !statement.has_rows() || !script.commands.is_empty() {
            return left_out("it is more than a question".to_owned());
        }
        match self.missing(statement) {
            Some(reason) => left_out(reason),
            None => Ok(Some(self.with_values(&script, statement, given)?)),
        }
    }

    fn with_values(&self, script: &Script, statement: &Statement, mut given: Parameters) -> Result<Asked> {
        // One moment for all questions, and the day that it is for a demo fleet.
        if script.declared.iter().any(|declared| declared.name == AS_OF) && !given.contains_key(AS_OF) {
            let (name, moment) = datafusion_lightsail::script::parameter(&format!(
                "{AS_OF}={}",
                datafusion_lightsail::captures::shown(self.taken_at)
            ))?;
            given.insert(name, moment);
        }
        Ok(Asked { statement: statement.clone(), values: script.values(&given)? })
    }

    /// Why a statement is not asked for the sake of a table that it reads.
    fn missing(&self, statement: &Statement) -> Option<String> {
        let mut tables = BTreeSet::new();
        read(&statement.ast, &mut tables);
        let tables = || TABLES.iter().filter(|table| tables.contains(table.name()));
        if let Some(capture) = self.capture {
            let is_there = |table: &&&'static dyn Table| capture.manifest.tables.contains_key(table.name());
            let missing = tables().find(|table| !is_there(table))?;
            return Some(format!("{} was not captured", missing.name()));
        }
        let measured = tables().find(|table| table.name().ends_with("_metrics"))?;
        (!self.has_metrics)
            .then(|| format!("{} is a call or more for each item: --metrics asks it too", measured.name()))
    }
}

/// Adds the names of the tables that a statement reads, through views too.
fn read(ast: &Ast, tables: &mut BTreeSet<String>) {
    let Ok((references, _)) = resolve_table_references(ast, true) else { return };
    for reference in references {
        let name = reference.table();
        if !tables.insert(name.to_owned()) {
            continue;
        }
        let view = VIEWS.iter().find(|view| view.name() == name);
        let script = view.and_then(|view| Script::new(name, view.sql()).ok());
        script
            .iter()
            .flat_map(|script| &script.statements)
            .for_each(|statement| read(&statement.ast, tables));
    }
}
