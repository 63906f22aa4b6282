//! `worker`, and the flags of a coordinator: statements that run on several machines.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::Ask;
use super::about::LONG_VERSION;
use crate::config as file;
use crate::output::Destination;
use crate::signals;
use datafusion_lightsail::cluster::{Keys, Worker, WorkerOptions, Workers};
use datafusion_lightsail::error::{Error, Kind, Result};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7447")]
    listen: SocketAddr,
    /// The certificate of this worker and those above it, a PEM file
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "client_ca"])]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, a PEM file
    #[arg(long, value_name = "FILE", requires_all = ["tls_cert", "client_ca"])]
    tls_key: Option<PathBuf>,
    /// The authority that signs the certificates of those who may connect, a PEM file
    #[arg(long, value_name = "FILE", requires_all = ["tls_cert", "tls_key"])]
    client_ca: Option<PathBuf>,
    #[command(flatten)]
    ask: Ask,
}

impl Serve {
    pub(super) async fn run(self) -> Result<()> {
        let keys = match (&self.tls_cert, &self.tls_key, &self.client_ca) {
            (Some(certificate), Some(key), Some(authority)) => Some(Keys::read(certificate, key, authority)?),
            _ => None,
        };
        let (clients, options, _server) = self.ask.clients(false, None).await?;
        let worker = Worker::bind(self.listen, keys, &clients, &options, LONG_VERSION)?;
        let profiles: Vec<&str> = worker.profiles.iter().map(|profile| profile.name.as_str()).collect();
        let near = match &worker.near[..] {
            [] => String::new(),
            near => format!("; near to {}", near.join(", ")),
        };
        let ready = format!("listening on {}, for {}{near}\n", worker.address, profiles.join(", "));
        Destination::stdout().send(ready.as_bytes())?;
        let mut ending = signals::ending();
        let ended = async move {
            // The sender lives as long as the process.
            let _ = ending.wait_for(|ending| *ending).await;
        };
        worker.serve(ended).await
    }
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Workers")]
pub(super) struct Flags {
    /// Workers to ask instead of AWS, such as 10.0.0.5:7447,10.0.0.6:7447; --profile says which of their profiles
    #[arg(long, value_name = "ADDRESS,…",
        conflicts_with_all = ["demo", "accounts", "endpoint_url"])]
    workers: Option<String>,
    /// The authority that signs the certificates of the workers, a PEM file
    #[arg(long, value_name = "FILE")]
    workers_ca: Option<PathBuf>,
    /// The certificate that is shown to the workers, a PEM file
    #[arg(long, value_name = "FILE")]
    workers_cert: Option<PathBuf>,
    /// The key of the certificate, a PEM file
    #[arg(long, value_name = "FILE")]
    workers_key: Option<PathBuf>,
    /// Where several workers have a profile, let each ask the regions that it is near to: those of its --region
    #[arg(long)]
    near: bool,
}

impl Flags {
    /// The workers that the flags name, the configuration file or the environment; `None` if none does.
    ///
    /// # Errors
    /// [`Kind::Usage`] when what the file says makes no sense, or a flag is about workers and there are none.
    pub(super) fn named(&self, target: Option<&str>) -> Result<Option<String>> {
        let named = match &self.workers {
            Some(workers) => Some(workers.clone()),
            None => file::current().text("workers", target)?.filter(|text| !text.is_empty()),
        };
        let flags = [
            ("--near", self.near),
            ("--workers-ca", self.workers_ca.is_some()),
            ("--workers-cert", self.workers_cert.is_some()),
            ("--workers-key", self.workers_key.is_some()),
        ];
        if let Some((flag, _)) = flags.into_iter().find(|(_, is_given)| *is_given && named.is_none()) {
            return Err(Error::new(Kind::Usage, format!("{flag} is about workers, and none is named"))
                .with_hint("--workers names them"));
        }
        Ok(named)
    }

    /// Connects to these workers. `allow_partial`: rows are wanted although some cannot be reached.
    ///
    /// # Errors
    /// [`Kind::Usage`] for certificates that are not whole; as [`Workers::connect`].
    pub(super) async fn connect(&self, target: Option<&str>, allow_partial: bool) -> Result<Arc<Workers>> {
        let text = |flag: Option<&Path>, name: &str| -> Result<Option<PathBuf>> {
            match flag {
                Some(path) => Ok(Some(path.to_owned())),
                None => {
                    Ok(file::current().text(name, target)?.filter(|text| !text.is_empty()).map(Into::into))
                }
            }
        };
        let named = self.named(target)?.unwrap_or_default();
        let is_near = self.near || file::current().text("near", target)?.as_deref() == Some("true");
        let keys = [
            text(self.workers_cert.as_deref(), "workers_cert")?,
            text(self.workers_key.as_deref(), "workers_key")?,
            text(self.workers_ca.as_deref(), "workers_ca")?,
        ];
        let keys = match keys {
            [Some(certificate), Some(key), Some(authority)] => {
                Some(Keys::read(&certificate, &key, &authority)?)
            }
            [None, None, None] => None,
            _ => {
                let what =
                    "--workers-ca, --workers-cert and --workers-key go together: both ends show who they are";
                return Err(Error::new(Kind::Usage, what));
            }
        };
        let addresses: Vec<String> =
            named.split(',').map(str::trim).filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect();
        let wanted = WorkerOptions { allow_partial, is_near };
        Workers::connect(&addresses, keys, LONG_VERSION, wanted).await.map(Arc::new)
    }
}
