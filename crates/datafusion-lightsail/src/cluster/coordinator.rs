//! The coordinator: it knows its workers and their profiles, and has no credentials of its own.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use arrow::ipc::CompressionType;
use datafusion::common::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion_distributed::{
    DistributedExt, RouteTasksEvent, RouteTasksEventResponse, SessionStateBuilderExt, WorkerResolver,
};
use futures::future::join_all;
use url::Url;

use super::WorkerInfo;
use super::channels::{Channels, name};
use super::tls::Keys;
use crate::aws::target::Profile;
use crate::aws::{Clients, RemoteProfiles};
use crate::error::{Error, Kind, Result};
use crate::scan::remote::{AbsentWorker, Crew, CutAtWorkers, Member, ProfileOffer, ReportExec, ScanCodec};
use crate::session::RemoteWorkers;
use crate::session::workarounds::push_dynamic_filters;

/// What is wanted of workers.
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkerOptions {
    /// Whether rows are wanted although some workers cannot be reached; they are then missing, and are said to be.
    pub allow_partial: bool,
    /// Whether the regions of a profile that several workers have are shared out among those that are near to them.
    pub is_near: bool,
}

/// The workers of a session.
#[derive(Debug)]
pub struct Workers {
    crew: Arc<Crew>,
    channels: Channels,
}

impl Workers {
    /// Connects to the workers at these addresses, such as `10.0.0.5:7447`, and finds out which profiles each of them asks.
    /// `build` says which build this is; theirs must be the same.
    ///
    /// # Errors
    /// [`Kind::Usage`] for an address that is none, one of another machine without `keys`, a worker of another build, workers
    /// that are near to no region where that is wanted; [`Kind::Api`] when one cannot be reached, unless rows of the others
    /// are wanted, or when none can.
    pub async fn connect(
        addresses: &[String],
        keys: Option<Keys>,
        build: &str,
        wanted: WorkerOptions,
    ) -> Result<Self> {
        let urls = addresses.iter().map(|address| url(address, keys.is_some()));
        let urls = urls.collect::<Result<Vec<Url>>>()?;
        if urls.is_empty() {
            return Err(Error::new(Kind::Usage, "no worker is named")
                .with_hint("--workers takes addresses, separated by commas: 10.0.0.5:7447,10.0.0.6:7447"));
        }
        let channels = Channels::new(keys, build.to_owned());
        let met = join_all(urls.iter().map(|url| channels.meet(url))).await;
        let (mut members, mut absent) = (Vec::new(), Vec::new());
        for (url, met) in urls.iter().zip(met) {
            let name = name(url);
            match met {
                Ok((WorkerInfo { profiles, near, process, .. }, _)) => {
                    members.push(Member {
                        name,
                        url: url.clone(),
                        profiles,
                        near: near.into(),
                        process: Arc::new(Mutex::new(process)),
                    });
                }
                Err(error) if wanted.allow_partial && error.kind() == Kind::Api => {
                    absent.push(AbsentWorker { name, error: Arc::new(error) });
                }
                Err(error) => return Err(error),
            }
        }
        if members.is_empty()
            && let Some(absent) = absent.first()
        {
            return Err(absent.error.retold());
        }
        if wanted.is_near && members.iter().all(|member| member.near.is_empty()) {
            return Err(Error::new(Kind::Usage, "no worker says which regions it is near to")
                .with_hint("a worker does with --region, such as worker --region 'eu-*'"));
        }
        let crew = Crew { members, absent, is_near: wanted.is_near, build: build.to_owned() };
        Ok(Self { crew: Arc::new(crew), channels })
    }
}

impl RemoteWorkers for Workers {
    fn introduce(&self, clients: &Clients) {
        let mut remote = RemoteProfiles::default();
        for member in &self.crew.members {
            let is_shared = self.crew.is_near && !member.near.is_empty();
            for ProfileOffer { name, home, .. } in &member.profiles {
                remote.add(name, home.as_deref(), &member.name, is_shared);
            }
        }
        clients.set_remote_profiles(remote);
        for ProfileOffer { name, account, .. } in self.crew.members.iter().flat_map(|member| &member.profiles)
        {
            let profile = Profile { name: name.clone(), is_explicit: true };
            clients.learn_account(&profile, || account.clone());
        }
    }

    fn rule(&self) -> Arc<dyn PhysicalOptimizerRule + Send + Sync> {
        Arc::new(CutAtWorkers { crew: Arc::clone(&self.crew), push: push_dynamic_filters })
    }

    fn install(&self, state: SessionStateBuilder) -> Result<SessionStateBuilder> {
        let urls = self.crew.members.iter().map(|member| member.url.clone()).collect();
        let mut state = state
            .with_distributed_planner()
            .with_distributed_worker_resolver(Known(urls))
            .with_distributed_channel_resolver(self.channels.clone())
            .with_distributed_user_codec(ScanCodec)
            .with_distributed_route_tasks_handler(route)
            .with_distributed_compression(Some(CompressionType::ZSTD))?;
        // It switches off what keeps a subquery of several rows from being taken for one value (see `workarounds::PINNED`).
        let config = state.config().get_or_insert_default();
        config.options_mut().optimizer.enable_physical_uncorrelated_scalar_subquery = true;
        Ok(state)
    }
}

/// The addresses of the workers.
struct Known(Vec<Url>);

impl WorkerResolver for Known {
    fn get_urls(&self) -> DataFusionResult<Vec<Url>> {
        Ok(self.0.clone())
    }
}

/// Sends each task to the worker whose profiles it asks.
fn route(event: RouteTasksEvent<'_>) -> Option<DataFusionResult<RouteTasksEventResponse>> {
    match event.plan.downcast_ref::<ReportExec>() {
        Some(report) => Some(Ok(RouteTasksEventResponse::new(report.urls().to_vec()))),
        None => {
            let error = Error::bug(format!("{} would be sent to any worker", event.plan.name()));
            Some(Err(DataFusionError::from(error)))
        }
    }
}

/// Where a worker is reached.
fn url(address: &str, is_secure: bool) -> Result<Url> {
    let wrong = |why: &str| {
        Error::new(Kind::Usage, format!("{address} is no address of a worker: {why}"))
            .with_hint("a host and a port, such as 10.0.0.5:7447")
    };
    let scheme = if is_secure { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{address}")).map_err(|error| wrong(&error.to_string()))?;
    let host = url.host_str().ok_or_else(|| wrong("it has no host"))?;
    let is_plain = url.path() == "/" && url.query().is_none() && url.username().is_empty();
    if url.port().is_none() || !is_plain {
        return Err(wrong("it wants a host and a port"));
    }
    let is_local = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if !is_local && !is_secure {
        return Err(Error::new(
            Kind::Usage,
            format!("worker {address} is another machine, and has rows of accounts"),
        )
        .with_hint("--workers-ca, --workers-cert and --workers-key say whom to trust, and who asks"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached_in_the_clear() {
        for (address, is_secure, expected) in [
            ("127.0.0.1:7447", false, Some("http://127.0.0.1:7447/")),
            ("[::1]:7447", false, Some("http://[::1]:7447/")),
            ("localhost:7447", false, Some("http://localhost:7447/")),
            ("10.0.0.5:7447", true, Some("https://10.0.0.5:7447/")),
            ("10.0.0.5:7447", false, None),
            ("127.0.0.1.example.com:7447", false, None),
            ("localhost.example.com:7447", false, None),
            ("127.0.0.1", false, None),
            ("127.0.0.1:7447/x", false, None),
            ("user@127.0.0.1:7447", false, None),
            ("", false, None),
        ] {
            let found = url(address, is_secure).ok().map(String::from);
            assert_eq!(found.as_deref(), expected, "{address}");
        }
    }
}
