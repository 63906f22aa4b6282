//! The connections of a coordinator to its workers: one each, made anew when it is lost. A host that vanishes without a word is
//! noticed by the pings that it does not answer.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::common::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion_distributed::grpc::{BoxCloneSyncChannel, create_worker_client};
use datafusion_distributed::{
    ChannelResolver, CoordinatorToWorkerMsg, ExecuteTaskRequest, GetWorkerInfoRequest, GetWorkerInfoResponse,
    SetPlanRequest, TaskKey, WorkerChannel, WorkerToCoordinatorMsg,
};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use http::HeaderMap;
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::transport::Endpoint;
use url::Url;
use uuid::Uuid;

use super::WorkerInfo;
use super::tls::Keys;
use crate::error::{Error, Kind, Result};
use crate::scan::remote::status;

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a worker may take to say what it is.
const INTRODUCE: Duration = Duration::from_secs(5);

/// How often a worker is pinged while something is under way, and how long it may take to answer: after both a worker that
/// has vanished is an error. One that answers to nothing is connected to once more, which takes as long again.
pub(super) const PING: Duration = Duration::from_secs(4);
pub(super) const PONG: Duration = Duration::from_secs(6);

/// How long a worker may take to take a plan. One that vanishes is noticed before.
const TAKE: Duration = Duration::from_secs(60);

/// How long what became of a plan is remembered: longer than a statement that waits for another part of it.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// The connections to the workers.
#[derive(Clone)]
pub(super) struct Channels {
    keys: Option<Keys>,
    build: String,
    open: Arc<Mutex<HashMap<Url, BoxCloneSyncChannel>>>,
    plans: Plans,
    lost: Lost,
}

/// The workers that statements have lost, and why.
type Lost = Arc<Mutex<VecDeque<(Uuid, Url, Arc<DataFusionError>)>>>;

/// How many losses are remembered: those of the statements under way are among the last.
const LOST: usize = 1_000;

/// What became of the plans that were sent: `None` until a worker has taken one, or not.
type Plans = Arc<Mutex<HashMap<TaskKey, Plan>>>;

/// A plan on its way.
struct Plan {
    sender: watch::Sender<Option<Outcome>>,
    since: Instant,
}

type Outcome = std::result::Result<(), Arc<DataFusionError>>;

impl Channels {
    /// What becomes of a plan, which is known from when it is sent, or wanted, on.
    fn plan(&self, key: TaskKey) -> watch::Sender<Option<Outcome>> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|known, plan| *known == key || plan.since.elapsed() < REMEMBERED);
        let new = || Plan { sender: watch::Sender::default(), since: Instant::now() };
        plans.entry(key).or_insert_with(new).sender.clone()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Url, BoxCloneSyncChannel>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client of a worker, which is connected to if it is not. A statement that has lost it once does not try again: its
    /// other parts would read another process.
    async fn client(&self, url: &Url, query: Uuid) -> DataFusionResult<Box<dyn WorkerChannel>> {
        if let Some(error) = self.loss(url, query) {
            return Err(error);
        }
        let open = self.open().get(url).cloned();
        let channel = match open {
            Some(channel) => channel,
            None => match self.meet(url).await {
                Ok((_, channel)) => channel,
                Err(error) => {
                    let error = Arc::new(DataFusionError::from(error));
                    self.lose(url, query, &error);
                    return Err(DataFusionError::Shared(error));
                }
            },
        };
        Ok(create_worker_client(channel))
    }

    /// Gives a connection up that an error says is lost: the next statement makes it anew, and reads the worker's introduction.
    fn note(&self, url: &Url, query: Uuid, error: &DataFusionError) {
        if let Some(status) = status(error) {
            self.open().remove(url);
            let error = DataFusionError::External(Box::new(status.clone()));
            self.lose(url, query, &Arc::new(error));
        }
    }

    fn lose(&self, url: &Url, query: Uuid, error: &Arc<DataFusionError>) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.len() >= LOST {
            lost.pop_front();
        }
        lost.push_back((query, url.clone(), Arc::clone(error)));
    }

    fn loss(&self, url: &Url, query: Uuid) -> Option<DataFusionError> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let found = lost.iter().find(|(of, at, _)| *of == query && at == url);
        found.map(|(_, _, error)| DataFusionError::Shared(Arc::clone(error)))
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels").field("build", &self.build).finish_non_exhaustive()
    }
}

impl Channels {
    pub(super) fn new(keys: Option<Keys>, build: String) -> Self {
        Self { keys, build, open: Arc::default(), plans: Arc::default(), lost: Arc::default() }
    }

    /// Connects to a worker and finds out what it says of itself.
    ///
    /// # Errors
    /// [`Kind::Api`] when it is not reached, [`Kind::Usage`] when it is of another build, or no worker.
    pub(super) async fn meet(&self, url: &Url) -> Result<(WorkerInfo, BoxCloneSyncChannel)> {
        let name = name(url);
        let channel = self.connect(url).await?;
        let mut client = create_worker_client(channel.clone());
        let answer = timeout(INTRODUCE, client.get_worker_info(GetWorkerInfoRequest {})).await;
        let unreached = |why: String| {
            Error::new(Kind::Api, format!("worker {name} cannot be asked who it is: {why}"))
                .with_hint(
                "is it `lightsail-sql worker` that listens there, with TLS as it is here, and does it trust the certificate that it is shown?",
            )
        };
        let answer = answer.map_err(|_| unreached(format!("no answer within {} s", INTRODUCE.as_secs())))?;
        let answer = answer.map_err(|error| unreached(said(&error)))?;
        let about = WorkerInfo::of(&answer.version)
            .ok_or_else(|| Error::new(Kind::Usage, format!("{name} is no worker of lightsail-sql")))?;
        if about.build != self.build {
            let what = format!("worker {name} is {}, and this is {}", about.build, self.build);
            return Err(Error::new(Kind::Usage, what).with_hint("both must be of the same build"));
        }
        self.open().insert(url.clone(), channel.clone());
        Ok((about, channel))
    }

    async fn connect(&self, url: &Url) -> Result<BoxCloneSyncChannel> {
        let name = name(url);
        let unusable = |error: tonic::transport::Error| {
            Error::new(Kind::Usage, format!("worker {name}: {}", causes(&error)))
        };
        let mut endpoint = Endpoint::from_shared(url.to_string())
            .map_err(unusable)?
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(PING)
            .keep_alive_timeout(PONG)
            .keep_alive_while_idle(true);
        if let Some(keys) = &self.keys {
            endpoint = endpoint.tls_config(keys.client()).map_err(unusable)?;
        }
        let channel = endpoint.connect().await.map_err(|error| {
            Error::new(Kind::Api, format!("worker {name} cannot be reached: {}", causes(&error)))
                .with_hint("is it running, and do both ends trust the other's certificate?")
        })?;
        Ok(BoxCloneSyncChannel::new(channel))
    }
}

#[async_trait]
impl ChannelResolver for Channels {
    async fn get_worker_client_for_url(&self, url: &Url) -> DataFusionResult<Box<dyn WorkerChannel>> {
        Ok(Box::new(StatementChannel { url: url.clone(), channels: self.clone() }))
    }
}

/// A connection whose failures are told once, by the rows that do not come: what fails beside them would fail a statement
/// whose rows of the other workers are wanted. Rows are asked for once the worker has taken the plan.
struct StatementChannel {
    url: Url,
    channels: Channels,
}

/// Forgets what became of a plan when its statement is over. A worker that is gone before is remembered for a while: other
/// parts of the statement may want its rows yet.
struct PlanGuard(TaskKey, Plans);

impl Drop for PlanGuard {
    fn drop(&mut self) {
        let mut plans = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(plan) = plans.entry(self.0)
            && !matches!(*plan.get().sender.borrow(), Some(Err(_)))
        {
            plan.remove();
        }
    }
}

#[async_trait]
impl WorkerChannel for StatementChannel {
    async fn coordinator_channel(
        &mut self,
        headers: HeaderMap,
        request: SetPlanRequest,
        messages: BoxStream<'static, CoordinatorToWorkerMsg>,
        metrics: ExecutionPlanMetricsSet,
        context: &Arc<TaskContext>,
    ) -> DataFusionResult<BoxStream<'static, DataFusionResult<WorkerToCoordinatorMsg>>> {
        let (key, plan) = (request.task_key, self.channels.plan(request.task_key));
        let sent = match self.channels.client(&self.url, key.query_id).await {
            Ok(mut inner) => inner.coordinator_channel(headers, request, messages, metrics, context).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(answers) => {
                plan.send_replace(Some(Ok(())));
                let forget = PlanGuard(key, Arc::clone(&self.channels.plans));
                let (channels, url) = (self.channels.clone(), self.url.clone());
                let answers = answers.scan(forget, move |_forget, answer| {
                    let answer = answer.map_err(|error| {
                        channels.note(&url, key.query_id, &error);
                        plan.send_replace(Some(Err(Arc::new(error))));
                    });
                    std::future::ready(answer.ok().map(Ok))
                });
                Ok(answers.boxed())
            }
            Err(error) => {
                self.channels.note(&self.url, key.query_id, &error);
                plan.send_replace(Some(Err(Arc::new(error))));
                Ok(stream::empty().boxed())
            }
        }
    }

    async fn execute_task(
        &mut self,
        headers: HeaderMap,
        request: ExecuteTaskRequest,
        metrics: ExecutionPlanMetricsSet,
        context: &Arc<TaskContext>,
    ) -> DataFusionResult<Vec<BoxStream<'static, DataFusionResult<RecordBatch>>>> {
        let query = request.task_key.query_id;
        let mut inner = self.channels.client(&self.url, query).await?;
        let mut plan = self.channels.plan(request.task_key).subscribe();
        match timeout(TAKE, plan.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => {
                if let Some(Err(error)) = &*outcome {
                    return Err(DataFusionError::Shared(Arc::clone(error)));
                }
            }
            // The sender is in the map, and in the hands of the task that sends the plan.
            Ok(Err(_)) => {}
            Err(_) => {
                let why = format!("it has not taken its part of the plan within {} s", TAKE.as_secs());
                return Err(Error::new(Kind::Api, why).into());
            }
        }
        let rows = inner.execute_task(headers, request, metrics, context).await;
        rows.inspect_err(|error| self.channels.note(&self.url, query, error))
    }

    async fn get_worker_info(
        &mut self,
        request: GetWorkerInfoRequest,
    ) -> DataFusionResult<GetWorkerInfoResponse> {
        self.channels.client(&self.url, Uuid::nil()).await?.get_worker_info(request).await
    }
}

/// How a worker is called in messages: its host and port.
pub(super) fn name(url: &Url) -> String {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => url.to_string(),
    }
}

fn said(error: &DataFusionError) -> String {
    match error {
        DataFusionError::External(inner) => match inner.downcast_ref::<tonic::Status>() {
            Some(status) => causes(status),
            None => inner.to_string(),
        },
        other => other.strip_backtrace(),
    }
}

/// An error of the transport with what caused it, for by itself it says no more than that there was one.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
