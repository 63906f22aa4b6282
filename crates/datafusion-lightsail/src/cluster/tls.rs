//! Certificates: both ends show a certificate that the other one's authority has signed.

use std::path::Path;

use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};

use super::connections::SILENCE;
use crate::error::{Error, Kind, Result};

/// The certificate and the key of one end, and the authority that signs those of the other.
#[derive(Clone)]
pub struct Keys {
    certificate: String,
    key: String,
    authority: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// StatementScans three PEM files.
    ///
    /// # Errors
    /// [`Kind::Usage`] when one cannot be read, or has nothing of its kind in it.
    pub fn read(certificate: &Path, key: &Path, authority: &Path) -> Result<Self> {
        Ok(Self {
            certificate: pem(certificate, "CERTIFICATE")?,
            key: pem(key, "PRIVATE KEY")?,
            authority: pem(authority, "CERTIFICATE")?,
        })
    }

    pub(super) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(Identity::from_pem(&self.certificate, &self.key))
            .client_ca_root(Certificate::from_pem(&self.authority))
            .timeout(SILENCE)
    }

    pub(super) fn client(&self) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .identity(Identity::from_pem(&self.certificate, &self.key))
            .ca_certificate(Certificate::from_pem(&self.authority))
    }
}

fn pem(path: &Path, what: &str) -> Result<String> {
    let place = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(Kind::Usage, format!("cannot read {place}: {error}")))?;
    match text.contains(&format!("{what}-----")) {
        true => Ok(text),
        false => {
            let what = what.to_lowercase();
            Err(Error::new(Kind::Usage, format!("{place} has no {what} in it"))
                .with_hint("it wants a PEM file"))
        }
    }
}
