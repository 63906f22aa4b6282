//! The extended protocol: a statement is prepared, described, bound to values, and asked for in parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use futures::SinkExt;
use pgwire::api::Type;
use pgwire::api::results::FieldFormat;
use pgwire::error::PgWireResult;
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::data::{NoData, ParameterDescription, RowDescription};
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete,
    TARGET_TYPE_BYTE_PORTAL, TARGET_TYPE_BYTE_STATEMENT,
};
use pgwire::messages::response::{EmptyQueryResponse, TransactionStatus};

use super::SQL;
use super::bind::{arrow_type, values};
use super::casts;
use super::catalog::names::called;
use super::conversation::{Asked, Conversation, Work, read};
use super::errors::{of_engine, protocol, state, state_with_hint};
use super::request::Request;
use super::rows::Running;
use super::set::{all_schema, shown_schema};
use super::wire::{columns, pg_type};
use datafusion_lightsail::script::{Parameters, located, split};

/// A statement that is asked for by name.
#[derive(Debug)]
pub(super) struct Prepared {
    text: Arc<str>,
    /// None if there is nothing in the text.
    request: Option<Request>,
    /// The columns of its rows, if it has any.
    schema: Option<SchemaRef>,
    /// The types of its parameters, from $1 on.
    types: Vec<Type>,
}

/// A prepared statement with values, or a cursor.
pub(super) struct Portal {
    prepared: Option<Arc<Prepared>>,
    parameters: Parameters,
    pub(super) formats: Formats,
    /// Its rows, once they are asked for.
    pub(super) running: Option<Running>,
    pub(super) is_done: bool,
    /// Whether it outlives its transaction.
    pub(super) is_held: bool,
}

impl Portal {
    pub(super) fn cursor(running: Running, is_held: bool) -> Self {
        let formats = Formats::default();
        let running = Some(running);
        Self { prepared: None, parameters: Parameters::new(), formats, running, is_done: false, is_held }
    }
}

/// Which columns are wanted in binary: none, all, or each as it says.
#[derive(Debug, Clone, Default)]
pub(super) struct Formats(Vec<i16>);

impl Formats {
    /// # Errors
    /// When there are not as many as `count`, one for all, or none.
    pub(super) fn new(codes: Vec<i16>, count: usize) -> PgWireResult<Self> {
        if codes.len() > 1 && codes.len() != count {
            return Err(protocol(format!("there are {} formats for {count} values", codes.len())));
        }
        if codes.iter().any(|code| !matches!(code, 0 | 1)) {
            return Err(protocol("a format is 0 for text or 1 for binary"));
        }
        Ok(Self(codes))
    }

    pub(super) fn of(&self, at: usize) -> FieldFormat {
        FieldFormat::from(self.0.get(at).or(self.0.first()).copied().unwrap_or_default())
    }
}

impl Conversation {
    pub(super) async fn parse(&mut self, parse: Parse) -> PgWireResult<()> {
        let name = parse.name.unwrap_or_default();
        if !name.is_empty() && self.statements.contains_key(&name) {
            return Err(state("42P05", format!("prepared statement \"{name}\" already exists")));
        }
        self.text = read(&parse.query)?;
        let prepared = self.prepare(&parse.type_oids).await?;
        self.statements.insert(name, Arc::new(prepared));
        Ok(self.client.feed(PgWireBackendMessage::ParseComplete(ParseComplete::new())).await?)
    }

    async fn prepare(&mut self, oids: &[u32]) -> PgWireResult<Prepared> {
        let text = Arc::clone(&self.text);
        let mut requests = Vec::new();
        let split = split(SQL, &text, |statement| {
            requests.push(Request::of(statement)?);
            Ok(())
        });
        split.map_err(|error| of_engine(&error, &text))?;
        if requests.len() > 1 {
            return Err(state("42601", "cannot insert multiple commands into a prepared statement"));
        }
        let Some(mut request) = requests.pop() else {
            return Ok(Prepared { text, request: None, schema: None, types: vec![] });
        };
        if self.status == TransactionStatus::Error && !request.ends_failed_transaction() {
            let what = "current transaction is aborted, commands ignored until end of transaction block";
            return Err(state("25P02", what));
        }
        let mut declared = Vec::new();
        for oid in oids {
            declared.push(match oid {
                // The client leaves it to us.
                0 | 705 => None,
                oid => Some(
                    Type::from_oid(*oid).ok_or_else(|| state("42704", format!("there is no type {oid}")))?,
                ),
            });
        }
        for (number, of) in casts::of(&text).into_iter().filter(|(number, _)| *number <= MOST_PARAMETERS) {
            declared.resize(declared.len().max(number), None);
            declared[number - 1].get_or_insert(of);
        }
        casts::tell_intervals(&mut request, &declared);
        let known = declared
            .iter()
            .enumerate()
            .filter_map(|(at, of)| Some(((at + 1).to_string(), arrow_type(of.as_ref()?)?)));
        let (schema, inferred) = self.described(&request, &known.collect()).await?;
        let mut count = declared.len();
        for name in inferred.keys() {
            let number: usize =
                name.parse().ok().filter(|number| (1..=MOST_PARAMETERS).contains(number)).ok_or_else(
                    || {
                        state_with_hint(
                            "42P02",
                            format!("there is no parameter ${name}"),
                            "parameters are $1, $2, …",
                        )
                    },
                )?;
            count = count.max(number);
        }
        let of = |at: usize| {
            let inferred = || {
                let of = inferred.get(&(at + 1).to_string())?.as_ref()?;
                pg_type(&arrow::datatypes::Field::new("", of.clone(), true)).ok()
            };
            declared.get(at).cloned().flatten().or_else(inferred).unwrap_or(Type::TEXT)
        };
        let types = (0..count).map(of).collect();
        Ok(Prepared { text, request: Some(request), schema, types })
    }

    /// The columns of a statement's rows, and its parameters with the types that they stand beside.
    async fn described(
        &mut self,
        request: &Request,
        known: &BTreeMap<String, DataType>,
    ) -> PgWireResult<(Option<SchemaRef>, BTreeMap<String, Option<DataType>>)> {
        let text = Arc::clone(&self.text);
        match request {
            Request::Rows(statement) => {
                let described = self.session.describe(statement.ast.clone(), known).await;
                let described =
                    described.map_err(|error| of_engine(&located(error, &statement.place), &text))?;
                Ok((Some(called(&statement.ast, &described.schema)), described.parameters))
            }
            Request::Catalog { sql, place } => {
                let described = self.catalog().await?.describe(sql, place, known).await;
                let (schema, parameters) = described.map_err(|error| of_engine(&error, &text))?;
                Ok((Some(schema), parameters))
            }
            Request::Copy { query, .. } | Request::Declare { query, .. } => {
                let (_, parameters) = Box::pin(self.described(query, known)).await?;
                Ok((None, parameters))
            }
            Request::Show(name) => Ok((Some(shown_schema(name)), BTreeMap::new())),
            Request::ShowAll => Ok((Some(all_schema()), BTreeMap::new())),
            Request::Fetch { name, is_move: false, .. } => {
                let running = self.portals.get(name).and_then(|portal| portal.running.as_ref());
                Ok((running.map(|running| Arc::clone(&running.schema)), BTreeMap::new()))
            }
            _ => Ok((None, BTreeMap::new())),
        }
    }

    pub(super) async fn bind(&mut self, bind: Bind) -> PgWireResult<()> {
        let statement = bind.statement_name.clone().unwrap_or_default();
        let prepared = self.statements.get(&statement).cloned().ok_or_else(|| no_statement(&statement))?;
        if bind.parameters.len() != prepared.types.len() {
            let (given, wanted) = (bind.parameters.len(), prepared.types.len());
            return Err(protocol(format!(
                "bind message supplies {given} parameters, but prepared statement \"{statement}\" requires {wanted}"
            )));
        }
        let columns = prepared.schema.as_ref().map_or(0, |schema| schema.fields().len());
        let formats = Formats::new(bind.result_column_format_codes.clone(), columns)?;
        Formats::new(bind.parameter_format_codes.clone(), bind.parameters.len())?;
        let parameters = values(&bind, &prepared.types)?;
        let name = bind.portal_name.unwrap_or_default();
        if !name.is_empty() && self.portals.contains_key(&name) {
            return Err(state("42P03", format!("cursor \"{name}\" already exists")));
        }
        let portal = Portal {
            prepared: Some(prepared),
            parameters,
            formats,
            running: None,
            is_done: false,
            is_held: false,
        };
        self.portals.insert(name, portal);
        Ok(self.client.feed(PgWireBackendMessage::BindComplete(BindComplete::new())).await?)
    }

    pub(super) async fn describe(&mut self, describe: &Describe) -> PgWireResult<()> {
        let name = describe.name.clone().unwrap_or_default();
        let (schema, formats) = match describe.target_type {
            TARGET_TYPE_BYTE_STATEMENT => {
                let prepared = self.statements.get(&name).cloned().ok_or_else(|| no_statement(&name))?;
                let types = prepared.types.iter().map(Type::oid).collect();
                let parameters = ParameterDescription::new(types);
                self.client.feed(PgWireBackendMessage::ParameterDescription(parameters)).await?;
                (prepared.schema.clone(), Formats::default())
            }
            TARGET_TYPE_BYTE_PORTAL => {
                let portal = self.portals.get(&name).ok_or_else(|| no_portal(&name))?;
                let schema = match (&portal.prepared, &portal.running) {
                    (Some(prepared), _) => prepared.schema.clone(),
                    (None, running) => running.as_ref().map(|running| Arc::clone(&running.schema)),
                };
                (schema, portal.formats.clone())
            }
            other => return Err(protocol(format!("there is nothing of the kind {other} to describe"))),
        };
        let message = match schema {
            Some(schema) => {
                let columns = columns(&schema, |at| formats.of(at))?;
                PgWireBackendMessage::RowDescription(RowDescription::new(
                    columns.iter().map(Into::into).collect(),
                ))
            }
            None => PgWireBackendMessage::NoData(NoData::new()),
        };
        Ok(self.client.feed(message).await?)
    }

    pub(super) async fn execute(&mut self, execute: &Execute) -> PgWireResult<()> {
        let name = execute.name.clone().unwrap_or_default();
        let most = usize::try_from(execute.max_rows).ok().filter(|most| *most > 0);
        let portal = self.portals.remove(&name).ok_or_else(|| no_portal(&name))?;
        let Some(prepared) = portal.prepared.clone() else {
            self.portals.insert(name, portal);
            return Err(state("0A000", "a cursor is read with FETCH"));
        };
        self.text = Arc::clone(&prepared.text);
        let Some(request) = &prepared.request else {
            self.portals.insert(name, portal);
            return Ok(self
                .client
                .feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new()))
                .await?);
        };
        if matches!(request, Request::Rows(_) | Request::Catalog { .. }) {
            return self.in_time(request, Work::Portal { name, portal: Box::new(portal), most }).await;
        }
        let Portal { parameters, formats, .. } = &portal;
        let done = self.in_time(request, Work::Once(Asked::Prepared { parameters, formats })).await;
        // It is there until it is closed, or its transaction ends.
        if self.status != TransactionStatus::Idle {
            self.portals.entry(name).or_insert(portal);
        }
        done
    }

    /// Begins or goes on with the rows of a portal.
    pub(super) async fn go_on(
        &mut self,
        request: &Request,
        name: String,
        mut portal: Portal,
        most: Option<usize>,
    ) -> PgWireResult<()> {
        if portal.running.is_none() {
            let running = self.start(request, &portal.parameters).await?;
            if let Some(schema) = portal.prepared.as_ref().and_then(|prepared| prepared.schema.as_ref()) {
                let text = |_| FieldFormat::Text;
                if columns(schema, text)? != columns(&running.schema, text)? {
                    return Err(state("0A000", "cached plan must not change result type"));
                }
            }
            portal.running = Some(running);
        }
        let portal = self.resume(portal, most).await?;
        self.portals.insert(name, portal);
        Ok(())
    }

    pub(super) async fn close(&mut self, close: &Close) -> PgWireResult<()> {
        let name = close.name.clone().unwrap_or_default();
        match close.target_type {
            TARGET_TYPE_BYTE_STATEMENT => drop(self.statements.remove(&name)),
            TARGET_TYPE_BYTE_PORTAL => drop(self.portals.remove(&name)),
            other => return Err(protocol(format!("there is nothing of the kind {other} to close"))),
        }
        Ok(self.client.feed(PgWireBackendMessage::CloseComplete(CloseComplete::new())).await?)
    }
}

/// As many as a Bind message can have.
const MOST_PARAMETERS: usize = 65_535;

fn no_statement(name: &str) -> pgwire::error::PgWireError {
    state("26000", format!("prepared statement \"{name}\" does not exist"))
}

fn no_portal(name: &str) -> pgwire::error::PgWireError {
    state("34000", format!("portal \"{name}\" does not exist"))
}
