//! The server of the Model Context Protocol: an agent's tools over the same engine, on standard input and output.
//!
//! Each request asks in a session of its own over shared pages, memory and limits, so that any number of them run at the
//! same time. A mistake of the caller is the result of a tool, which a model reads, and not an error of the protocol, which
//! clients hide.

mod documents;
mod engine;
mod rows;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{
    GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams, ProgressNotificationParam,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, ServerInitializeError};
use rmcp::transport::stdio_pipes;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;

use crate::progress::{line, state};
use crate::saved::Library;
use datafusion_lightsail::aws::Clients;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::scan::Record;
use datafusion_lightsail::session::Archive;
use engine::{Engine, Explained, Question};
use rows::Rows;

/// What an answer may come to at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Rows, whatever a call asks for.
    pub rows: usize,
    /// Bytes of its rows in JSON.
    pub bytes: usize,
    /// API calls that a statement may be foreseen to make.
    pub calls: usize,
    /// How long it may take.
    pub timeout: Duration,
}

/// How often a client hears how far an answer has come.
const PERIOD: Duration = Duration::from_millis(500);

/// Answers the requests on standard input until it ends, from an archive if there is one.
///
/// # Errors
/// When the saved queries cannot be read; [`Kind::Output`] when the client cannot be talked to.
pub async fn serve(
    clients: Arc<Clients>,
    options: LightsailOptions,
    archive: Option<Archive>,
    limits: Limits,
) -> Result<()> {
    let server = Server {
        engine: Arc::new(Engine::new(clients, options, archive, limits)?),
        library: Arc::new(Library::of_config()?),
        tool_router: Server::tool_router(),
    };
    let running = match server.serve(stdio_pipes()).await {
        Ok(running) => running,
        // A client that goes away before it has said what it wants.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(Error::new(Kind::Output, format!("the client says no hello: {error}"))),
    };
    let ended = running.waiting().await;
    ended.map(drop).map_err(Error::bug)
}

/// What answers the requests of a client.
#[derive(Clone)]
struct Server {
    engine: Arc<Engine>,
    library: Arc<Library>,
    tool_router: ToolRouter<Self>,
}

/// The arguments of `list_tables`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Listed {
    /// A word of their names or descriptions, such as snapshot; % stands for any letters. All tables without it.
    like: Option<String>,
}

/// The arguments of `describe_table`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Named {
    /// The name of a table, such as instances.
    name: String,
}

#[tool_router(router = tool_router)]
impl Server {
    /// Tables of the fleet, a sentence each, and what calls they make. Makes no call to AWS.
    #[tool(
        name = "list_tables",
        annotations(title = "List tables", read_only_hint = true, open_world_hint = false)
    )]
    async fn list_tables(
        &self,
        Parameters(listed): Parameters<Listed>,
    ) -> std::result::Result<Json<Rows>, String> {
        self.engine.tables(listed.like.as_deref()).await.map(Json).map_err(told)
    }

    /// The columns of a table with their types, meanings and what a predicate on them does, its joins, the permissions that it
    /// needs and an example. Makes no call to AWS.
    #[tool(
        name = "describe_table",
        annotations(title = "Describe a table", read_only_hint = true, open_world_hint = false)
    )]
    async fn describe_table(
        &self,
        Parameters(named): Parameters<Named>,
    ) -> std::result::Result<String, String> {
        self.engine.described(&named.name).await.map_err(told)
    }

    /// The plan of a statement and about how many calls to AWS it would make. Makes none.
    #[tool(
        name = "explain",
        annotations(title = "Explain a statement", read_only_hint = true, open_world_hint = false)
    )]
    async fn explain(
        &self,
        Parameters(question): Parameters<Question>,
    ) -> std::result::Result<Json<Explained>, String> {
        self.engine.explained(&question).await.map(Json).map_err(told)
    }

    /// The rows of one SELECT over the fleet, up to `max_rows` of them. `complete` is false if rows are missing, `truncated`
    /// true if there are more.
    #[tool(
        name = "query",
        annotations(title = "Ask the fleet", read_only_hint = true, open_world_hint = true)
    )]
    async fn query(
        &self,
        Parameters(question): Parameters<Question>,
        context: RequestContext<RoleServer>,
    ) -> std::result::Result<Json<Rows>, String> {
        let (sender, record) = watch::channel(None);
        tokio::select! {
            rows = self.engine.rows(&question, sender) => rows.map(Json).map_err(told),
            // What runs is dropped with it, and its calls stop.
            () = context.ct.cancelled() => Err("cancelled".to_owned()),
            never = progress(&context, record) => match never {},
        }
    }
}

/// What a model is told of an error: all of it.
fn told(error: Error) -> String {
    error.to_string()
}

/// Tells a client that wants to know how far an answer has come.
async fn progress(
    context: &RequestContext<RoleServer>,
    mut record: watch::Receiver<Option<Arc<Record>>>,
) -> std::convert::Infallible {
    let Some(token) = context.meta.get_progress_token() else { return std::future::pending().await };
    let begun = Instant::now();
    loop {
        tokio::time::sleep(PERIOD).await;
        let Some(record) = record.borrow_and_update().clone() else { continue };
        let pages = u32::try_from(record.calls()).unwrap_or(u32::MAX);
        let said = ProgressNotificationParam::new(token.clone(), f64::from(pages)).with_message(line(
            &record,
            begun.elapsed(),
            &state(&record),
        ));
        // A client that does not listen gets its answer all the same.
        let _ = context.peer.notify_progress(said).await;
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")))
            .with_instructions(include_str!("instructions.txt"))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(documents::resources()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(vec![documents::template()]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<ReadResourceResponse, ErrorData> {
        documents::read(&self.engine, &request.uri).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(documents::prompts(&self.library)))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<GetPromptResponse, ErrorData> {
        documents::prompt(&self.library, request)
    }
}
