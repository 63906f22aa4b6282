//! One request → one statement, in a session of its own that only reads.

use std::sync::Arc;

use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{Expr, LimitClause, Statement as Sql, Value as Literal};
use futures::StreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::watch;

use super::Limits;
use super::rows::{Rows, Taker};
use crate::shell::{Paper, described};
use datafusion_lightsail::aws::Clients;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::{PageCache, Record, RowOrder};
use datafusion_lightsail::script::{Parameters, Place, Statement, located, parameter, parse};
use datafusion_lightsail::session::{Answer, Archive, Policy, Session, SessionBuilder, runtime};

/// How many rows a call gets that asks for no number.
const ROWS: usize = 100;

/// A statement, and with what it is asked.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Question {
    /// One SELECT, WITH … SELECT, VALUES, SHOW, DESCRIBE or EXPLAIN.
    pub(super) sql: String,
    /// The values of its $parameters by name, such as {"days": 30} for $days.
    pub(super) parameters: Option<Map<String, Value>>,
    /// How many rows to answer at most; 100 if it is left out.
    pub(super) max_rows: Option<usize>,
    /// Whether rows from the targets that answer will do if others fail. `complete` is then false, and `missing` says why.
    pub(super) allow_partial: Option<bool>,
}

/// What a statement would do.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Explained {
    /// About how many calls to AWS.
    calls: usize,
    /// A predicate that makes fewer, and about how many.
    cheaper: Option<String>,
    /// What a run would say beside its rows.
    notes: Vec<String>,
    /// How it is run.
    plan: String,
}

/// What the sessions of all requests share.
#[derive(Debug)]
pub(super) struct Engine {
    clients: Arc<Clients>,
    cache: Arc<PageCache>,
    runtime: Arc<RuntimeEnv>,
    options: LightsailOptions,
    archive: Option<Archive>,
    limits: Limits,
}

impl Engine {
    /// An engine that asks `clients`, or reads an archive instead.
    ///
    /// # Errors
    /// When the directory for spilling cannot be made.
    pub(super) fn new(
        clients: Arc<Clients>,
        options: LightsailOptions,
        archive: Option<Archive>,
        limits: Limits,
    ) -> Result<Self> {
        let runtime = runtime(options.memory_limit)?;
        let cache = Arc::new(PageCache::new(Arc::clone(&clients)));
        let options = options.with_query_timeout(Some(limits.timeout));
        Ok(Self { clients, cache, runtime, options, archive, limits })
    }

    fn session(&self, allows_partial: bool) -> Result<Session> {
        let allows_partial = allows_partial || self.options.allow_partial;
        let builder = SessionBuilder::new(Arc::clone(&self.clients))
            .with_cache(Arc::clone(&self.cache))
            .with_runtime(Arc::clone(&self.runtime))
            .with_options(self.options.clone().with_allow_partial(allows_partial))
            .with_policy(Policy::Queries);
        self.archive.clone().into_iter().fold(builder, SessionBuilder::with_archive).build()
    }

    /// The tables with a word in their names or descriptions.
    pub(super) async fn tables(&self, like: Option<&str>) -> Result<Rows> {
        let like = like.map_or_else(|| "%".to_owned(), |like| format!("%{}%", like.trim_matches('%')));
        let sql = "SELECT name, description, calls FROM system.tables \
                   WHERE name ILIKE $like OR description ILIKE $like ORDER BY name";
        self.of_system(sql, ("like", like)).await
    }

    /// All that is known of a table.
    pub(super) async fn described(&self, name: &str) -> Result<String> {
        let text = described(self.session(false)?.context(), name, Paper::ENDLESS)?;
        let sql = "SELECT iam_actions FROM system.tables WHERE name = $name";
        let needed = self.of_system(sql, ("name", name.to_owned())).await?;
        let actions = needed.cells().filter_map(Value::as_str);
        Ok(actions.fold(text, |text, actions| format!("{text}permissions\n  {actions}\n")))
    }

    /// What a statement of our own finds, which makes no call.
    async fn of_system(&self, sql: &str, (name, value): (&str, String)) -> Result<Rows> {
        let parameters = Map::from_iter([(name.to_owned(), Value::String(value))]);
        let question = Question {
            sql: sql.to_owned(),
            parameters: Some(parameters),
            max_rows: Some(usize::MAX),
            allow_partial: None,
        };
        self.rows(&question, watch::channel(None).0).await
    }

    /// What a statement would do.
    pub(super) async fn explained(&self, question: &Question) -> Result<Explained> {
        let (session, parameters) = (self.session(false)?, parameters(question)?);
        let statement = one(&question.sql)?;
        let wrong = |error: DataFusionError| located(error, &statement.place);
        let estimate = session.estimate(&statement.ast, &parameters).await.map_err(wrong)?;
        let explain = match statement.ast {
            Ast::Explain(_) => statement.ast.clone(),
            // A place of the statement stays its place: what it begins with stands before it.
            _ => one(&format!("EXPLAIN {}", statement.text))?.ast,
        };
        let Answer { mut stream, record, .. } = session.ask(explain, &parameters).await.map_err(wrong)?;
        let mut plan = Vec::new();
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(wrong)?;
            let rows = crate::output::json_rows(&batch)?;
            plan.extend(rows.iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        }
        let notes = record.foreseen();
        Ok(Explained {
            calls: estimate.calls,
            cheaper: estimate
                .narrower
                .map(|(calls, (column, value))| format!("{column} = '{value}' makes about {calls} of them")),
            notes: notes.warnings().chain(notes.lines()).collect(),
            plan: plan.join("\n"),
        })
    }

    /// The rows of a statement. Its record goes to `begun` before the first call.
    pub(super) async fn rows(
        &self,
        question: &Question,
        begun: watch::Sender<Option<Arc<Record>>>,
    ) -> Result<Rows> {
        let (session, parameters) =
            (self.session(question.allow_partial.unwrap_or_default())?, parameters(question)?);
        let statement = one(&question.sql)?;
        let wrong = |error: DataFusionError| located(error, &statement.place);
        let estimate = session.estimate(&statement.ast, &parameters).await.map_err(wrong)?;
        if estimate.calls > self.limits.calls {
            let limit = self.limits.calls;
            let what = format!(
                "this would make about {} calls to AWS, more than {limit} (--max-calls)",
                estimate.calls
            );
            let hint = match estimate.narrower {
                Some((calls, (column, value))) => format!("{column} = '{value}' makes about {calls} of them"),
                None => "name the items, or region = '…': explain says how many calls are left".to_owned(),
            };
            return Err(Error::new(Kind::Usage, what).with_hint(hint));
        }
        let most = question.max_rows.unwrap_or(ROWS).min(self.limits.rows);
        let record = session.begin();
        // Who wants to know of its progress may have gone.
        let _ = begun.send(Some(Arc::clone(&record)));
        let ast = limited(statement.ast.clone(), most);
        let answer = session.ask_with(Arc::clone(&record), ast, &parameters, RowOrder::Target).await;
        let Answer { schema, mut stream, .. } = answer.map_err(wrong)?;
        let mut taker = Taker::new(&schema, most, self.limits.bytes);
        while let Some(batch) = stream.next().await {
            if taker.take(&batch.map_err(wrong)?)? {
                break;
            }
        }
        drop(stream);
        Ok(taker.end(&record))
    }
}

/// The one statement of a text, if it only reads.
///
/// # Errors
/// [`Kind::Sql`] when it is no SQL, [`Kind::Usage`] when there is not one, or it does more than read.
fn one(sql: &str) -> Result<Statement> {
    let mut statements = parse("sql", sql)?;
    let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
        return Err(Error::new(Kind::Usage, "one statement at a time")
            .with_hint("call query once for each, or join them: WITH a AS (SELECT …) SELECT …"));
    };
    match only_reads(&statement.ast) {
        true => Ok(statement),
        false => Err(refused(&statement.place)),
    }
}

fn refused(place: &Place) -> Error {
    Error::new(Kind::Usage, "this server only reads the fleet")
        .at(place)
        .with_hint("ask with SELECT; the regions and profiles that it asks are its flags'")
}

fn only_reads(ast: &Ast) -> bool {
    match ast {
        Ast::Explain(explain) => only_reads(&explain.statement),
        Ast::Statement(sql) => matches!(
            **sql,
            Sql::Query(_)
                | Sql::ShowVariable { .. }
                | Sql::ShowTables { .. }
                | Sql::ShowColumns { .. }
                | Sql::ShowFunctions { .. }
                | Sql::ExplainTable { .. }
        ),
        _ => false,
    }
}

/// The statement with a LIMIT of one row more than are wanted, so that paging stops and one knows whether there are more.
fn limited(mut ast: Ast, most: usize) -> Ast {
    let limit = most.saturating_add(1);
    let number = || Expr::value(Literal::Number(limit.to_string(), false));
    if let Ast::Statement(sql) = &mut ast
        && let Sql::Query(query) = sql.as_mut()
        && query.fetch.is_none()
    {
        match &mut query.limit_clause {
            None => {
                query.limit_clause =
                    Some(LimitClause::LimitOffset { limit: Some(number()), offset: None, limit_by: vec![] });
            }
            Some(LimitClause::LimitOffset { limit: limit @ None, .. }) => *limit = Some(number()),
            Some(LimitClause::LimitOffset { limit: Some(Expr::Value(value)), .. }) => {
                if let Literal::Number(own, _) = &value.value
                    && own.parse::<usize>().is_ok_and(|own| own > limit)
                {
                    value.value = Literal::Number(limit.to_string(), false);
                }
            }
            Some(_) => {}
        }
    }
    ast
}

/// The values of the parameters. Each takes the type of what it is compared with, as `--param` does.
fn parameters(question: &Question) -> Result<Parameters> {
    let text = |(name, value): (&String, &Value)| match value {
        Value::String(text) => {
            Ok((name.trim_start_matches('$').to_owned(), ScalarValue::from(text.as_str())))
        }
        Value::Array(_) | Value::Object(_) => {
            Err(Error::new(Kind::Usage, format!("the parameter ${name} is neither a text nor a number"))
                .with_hint("write lists into the statement: name IN ('a', 'b')"))
        }
        other => parameter(&format!("{name}={other}")),
    };
    question.parameters.iter().flatten().map(text).collect()
}
