//! The connections of a coordinator to its workers. Each is made once; a host that vanishes without a word is noticed by the
//! pings that it does not answer.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

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
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;
use tonic::transport::Endpoint;
use url::Url;

use super::About;
use super::tls::Keys;
use crate::error::{Error, Kind, Result};

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a worker may take to say what it is.
const INTRODUCE: Duration = Duration::from_secs(10);

/// How often a worker is pinged while something is under way, and how long it may take to answer: after both a worker that
/// has vanished is an error.
pub(super) const PING: Duration = Duration::from_secs(5);
pub(super) const PONG: Duration = Duration::from_secs(10);

/// The connections to the workers.
#[derive(Clone)]
pub(super) struct Channels {
    keys: Option<Keys>,
    build: String,
    open: Arc<Mutex<HashMap<Url, BoxCloneSyncChannel>>>,
    plans: Plans,
}

/// What became of the plans that were sent: `None` until a worker has taken one, or not.
type Plans = Arc<std::sync::Mutex<HashMap<TaskKey, watch::Sender<Option<Outcome>>>>>;
type Outcome = std::result::Result<(), Arc<DataFusionError>>;

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels").field("build", &self.build).finish_non_exhaustive()
    }
}

impl Channels {
    pub(super) fn new(keys: Option<Keys>, build: String) -> Self {
        Self { keys, build, open: Arc::default(), plans: Arc::default() }
    }

    /// Connects to a worker and finds out what it says of itself.
    ///
    /// # Errors
    /// [`Kind::Api`] when it is not reached, [`Kind::Usage`] when it is of another build, or no worker.
    pub(super) async fn meet(&self, url: &Url) -> Result<About> {
        let name = name(url);
        let channel = self.connect(url).await?;
        let mut client = create_worker_client(channel.clone());
        let answer = timeout(INTRODUCE, client.get_worker_info(GetWorkerInfoRequest {})).await;
        let unreached = |why: String| {
            Error::new(Kind::Api, format!("worker {name} cannot be asked who it is: {why}"))
                .with_hint("is it `lightsail-sql worker` that listens there, with TLS as it is here?")
        };
        let answer = answer.map_err(|_| unreached(format!("no answer within {} s", INTRODUCE.as_secs())))?;
        let answer = answer.map_err(|error| unreached(said(&error)))?;
        let about = About::of(&answer.version)
            .ok_or_else(|| Error::new(Kind::Usage, format!("{name} is no worker of lightsail-sql")))?;
        if about.build != self.build {
            let what = format!("worker {name} is {}, and this is {}", about.build, self.build);
            return Err(Error::new(Kind::Usage, what).with_hint("both must be of the same build"));
        }
        self.open.lock().await.insert(url.clone(), channel);
        Ok(about)
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
        let open = self.open.lock().await.get(url).cloned();
        let channel = match open {
            Some(channel) => channel,
            None => {
                self.meet(url).await?;
                let open = self.open.lock().await.get(url).cloned();
                open.ok_or_else(|| Error::bug("a connection that was made is not there"))?
            }
        };
        Ok(Box::new(Heard { inner: create_worker_client(channel), plans: Arc::clone(&self.plans) }))
    }
}

/// A connection whose failures are told once, by the rows that do not come: what fails beside them would fail a statement
/// whose rows of the other workers are wanted. Rows are asked for once the worker has taken the plan.
struct Heard {
    inner: Box<dyn WorkerChannel>,
    plans: Plans,
}

impl Heard {
    fn plan(&self, key: TaskKey) -> watch::Sender<Option<Outcome>> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.entry(key).or_default().clone()
    }
}

/// Forgets what became of a plan when its statement is over.
struct Forget(TaskKey, Plans);

impl Drop for Forget {
    fn drop(&mut self) {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

#[async_trait]
impl WorkerChannel for Heard {
    async fn coordinator_channel(
        &mut self,
        headers: HeaderMap,
        request: SetPlanRequest,
        messages: BoxStream<'static, CoordinatorToWorkerMsg>,
        metrics: ExecutionPlanMetricsSet,
        context: &Arc<TaskContext>,
    ) -> DataFusionResult<BoxStream<'static, DataFusionResult<WorkerToCoordinatorMsg>>> {
        let (key, plan) = (request.task_key, self.plan(request.task_key));
        match self.inner.coordinator_channel(headers, request, messages, metrics, context).await {
            Ok(answers) => {
                plan.send_replace(Some(Ok(())));
                let forget = Forget(key, Arc::clone(&self.plans));
                let answers = answers.take_while(move |answer| {
                    let _ = &forget;
                    std::future::ready(answer.is_ok())
                });
                Ok(answers.boxed())
            }
            Err(error) => {
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
        let mut plan = self.plan(request.task_key).subscribe();
        // The sender is in the map, and in the hands of who sends the plan.
        if let Ok(outcome) = plan.wait_for(Option::is_some).await
            && let Some(Err(error)) = &*outcome
        {
            return Err(DataFusionError::Shared(Arc::clone(error)));
        }
        self.inner.execute_task(headers, request, metrics, context).await
    }

    async fn get_worker_info(
        &mut self,
        request: GetWorkerInfoRequest,
    ) -> DataFusionResult<GetWorkerInfoResponse> {
        self.inner.get_worker_info(request).await
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
            Some(status) => status.message().to_owned(),
            None => inner.to_string(),
        },
        other => other.strip_backtrace(),
    }
}

/// An error of the transport with what caused it, for by itself it says no more than that there was one.
fn causes(error: &dyn std::error::Error) -> String {
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
