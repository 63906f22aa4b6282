//! A worker: it runs the parts of plans that a coordinator of the same build sends, with its own credentials.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use datafusion::common::Result as DataFusionResult;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionContext;
use datafusion_distributed::{
    DistributedExt, WorkerPlanRewriteEvent, WorkerPlanRewriteEventResponse, WorkerQueryContext,
    WorkerSessionBuilder,
};
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::time::sleep;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::WorkerInfo;
use super::channels::{PING, PONG, causes};
use super::connections::{Connection, Connections, number};
use super::tls::Keys;
use crate::aws::target::Profile;
use crate::aws::{Clients, region_of_environment};
use crate::error::{Error, Kind, Result};
use crate::options::{LightsailOptions, list};
use crate::scan::ScanContext;
use crate::scan::remote::{ProfileOffer, ScanCodec, Task, WorkerStatements, ready};
use crate::session::workarounds::{self, push_dynamic_filters};
use crate::session::{SessionBuilder, runtime};

/// The largest message that a worker takes: a plan, with its lists of names and values.
const LARGEST: usize = 256 << 20;

/// A worker that listens.
pub struct Worker {
    incoming: TcpIncoming,
    connections: Connections,
    clients: Arc<Clients>,
    server: Server,
    inner: datafusion_distributed::Worker,
    /// The profiles that it asks.
    pub profiles: Vec<Profile>,
    /// The regions that it is near to, as names and patterns.
    pub near: Vec<String>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The profiles that a worker asks: those of its list, or all that its AWS configuration has.
///
/// # Errors
/// [`Kind::Credentials`] when there are none.
pub fn offered(clients: &Clients, options: &LightsailOptions) -> Result<Vec<Profile>> {
    let list = options.profile_list();
    let every = ["*".to_owned()];
    let listed = if list.is_empty() && clients.has_profiles() { &every[..] } else { &list };
    let (strays, _) = clients.stray_profiles(&list);
    if let Some(stray) = strays.first() {
        let what = format!("{stray} is no profile of the AWS configuration files");
        return Err(Error::new(Kind::Credentials, what).with_hint("a worker asks the profiles that it has"));
    }
    let profiles = clients.profiles(listed);
    // A pattern that nothing matches stands for itself.
    let is_none = profiles.iter().any(|profile| listed.contains(&profile.name) && profile.name.contains('*'));
    match is_none {
        // Keys of the environment, or the role of the machine.
        true if list.is_empty() => Ok(clients.profiles(&[])),
        true => Err(Error::new(Kind::Credentials, format!("no profile matches {}", list.join(",")))),
        false => Ok(profiles),
    }
}

impl Worker {
    /// Begins to listen. `build` says which build this is; a coordinator's must be the same.
    ///
    /// # Errors
    /// [`Kind::Usage`] when there are no `keys` and other machines reach the address, when it cannot be listened at, or when
    /// a certificate or key cannot be used.
    pub fn bind(
        listen: SocketAddr,
        keys: Option<Keys>,
        clients: &Arc<Clients>,
        options: &LightsailOptions,
        build: &str,
    ) -> Result<Self> {
        if !listen.ip().is_loopback() && keys.is_none() {
            return Err(Error::new(Kind::Usage, format!("{listen} is reached from other machines")).with_hint(
                "--tls-cert, --tls-key and --client-ca say who this is, and whose coordinators may connect",
            ));
        }
        // What cannot be used is said before it is said that it listens.
        let mut server = Server::builder()
            .http2_keepalive_interval(Some(PING))
            .http2_keepalive_timeout(Some(PONG))
            .tcp_nodelay(true);
        if let Some(keys) = &keys {
            server = server.tls_config(keys.server()).map_err(|error| {
                let what =
                    format!("the certificate, the key or the authority cannot be used: {}", causes(&error));
                Error::new(Kind::Usage, what)
            })?;
        }
        let profiles = offered(clients, options)?;
        let cannot =
            |error: std::io::Error| Error::new(Kind::Usage, format!("cannot listen at {listen}: {error}"));
        let incoming = TcpIncoming::bind(listen).map_err(cannot)?.with_nodelay(Some(true));
        let address = incoming.local_addr().map_err(cannot)?;
        let offer = |profile: &Profile| ProfileOffer {
            name: profile.name.clone(),
            home: clients.configured_region(profile),
            account: clients.configured_account(profile),
        };
        // Where it says nothing of regions it is near to its own.
        let mut near = list(&options.regions);
        near.extend(region_of_environment().filter(|_| options.regions.is_empty()));
        let process: Arc<str> = uuid::Uuid::new_v4().to_string().into();
        let about = WorkerInfo {
            build: build.to_owned(),
            profiles: profiles.iter().map(offer).collect(),
            near: near.clone(),
            process: process.to_string(),
        };
        let runs = WorkerStatements::new(
            Arc::clone(clients),
            profiles.clone(),
            build.to_owned(),
            process,
            options.page_memory,
        );
        let connections = Connections::default();
        let sessions = Sessions::new(Arc::clone(clients), runs, connections.clone())?;
        let inner = datafusion_distributed::Worker::from_session_builder(sessions)
            .with_runtime_env(runtime(options.memory_limit)?)
            .with_version(about.text());
        Ok(Self {
            incoming,
            connections,
            clients: Arc::clone(clients),
            server,
            inner,
            profiles,
            near,
            address,
        })
    }

    /// Serves until `ending` is over.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the server fails.
    pub async fn serve(mut self, ending: impl Future<Output = ()>) -> Result<()> {
        let clients = self.clients;
        let service = self.inner.into_worker_server().max_decoding_message_size(LARGEST);
        let service = InterceptedService::new(service, move |request| number(request, &clients));
        let connections = self.connections;
        let incoming = self.incoming.filter_map(move |stream| {
            let connections = connections.clone();
            async move {
                match stream {
                    Ok(stream) => connections.enter(stream).map(Ok),
                    Err(error) => {
                        // Without a file to spare for it the next one fails at once, and so on.
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(Duration::from_millis(100)).await;
                        None
                    }
                }
            }
        });
        let incoming: BoxStream<'static, std::io::Result<Connection>> = incoming.boxed();
        let served = self.server.add_service(service).serve_with_incoming(incoming);
        tokio::select! {
            served = served => served.map_err(|error| Error::new(Kind::Internal, format!("the worker ended: {error:?}"))),
            // Coordinators that wait for rows see the connection end.
            () = ending => Ok(()),
        }
    }
}

/// Makes the session of each part of a plan.
struct Sessions {
    /// A session with our tables, functions and settings, which each takes over.
    model: SessionState,
    runs: Arc<WorkerStatements>,
    connections: Connections,
}

impl Sessions {
    fn new(clients: Arc<Clients>, runs: WorkerStatements, connections: Connections) -> Result<Self> {
        let context = SessionContext::new();
        SessionBuilder::new(clients).register(&context)?;
        workarounds::functions().into_iter().for_each(|function| context.register_udf(function));
        Ok(Self { model: context.state(), runs: Arc::new(runs), connections })
    }
}

#[async_trait]
impl WorkerSessionBuilder for Sessions {
    async fn build_session_state(&self, query: WorkerQueryContext) -> DataFusionResult<SessionState> {
        let model = &self.model;
        let mut builder: SessionStateBuilder = query
            .builder
            .with_scalar_functions(model.scalar_functions().values().cloned().collect())
            .with_aggregate_functions(model.aggregate_functions().values().cloned().collect())
            .with_window_functions(model.window_functions().values().cloned().collect());
        let config = builder.config().get_or_insert_default();
        let kept = self.connections.kept(&query.headers).unwrap_or_default();
        config.set_extension(Arc::new(Task::new(Arc::clone(&self.runs), kept)));
        let (ours, options) = (model.config_options(), config.options_mut());
        options.execution = ours.execution.clone();
        options.optimizer = ours.optimizer.clone();
        if let Some(scans) = ScanContext::of(ours) {
            options.extensions.insert(scans.clone());
        }
        options.extensions.insert(LightsailOptions::default());
        let state = builder
            .with_distributed_user_codec(ScanCodec)
            .with_distributed_worker_plan_rewrite_handler(Ready)
            .build();
        Ok(state)
    }
}

/// Looks at a plan before anything of it runs.
struct Ready;

impl datafusion_distributed::WorkerPlanRewriteHandler for Ready {
    fn rewrite_worker_plan(
        &self,
        event: WorkerPlanRewriteEvent<'_>,
    ) -> DataFusionResult<WorkerPlanRewriteEventResponse> {
        ready(event.plan, push_dynamic_filters).map(WorkerPlanRewriteEventResponse::new)
    }
}
