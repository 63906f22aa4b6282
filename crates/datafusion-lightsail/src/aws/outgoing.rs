//! What is sent where: to this machine past any proxy, and to no other in the clear unless somebody says so.
//!
//! Signatures and session tokens would travel with it, whatever named the endpoint: a flag, the environment or a
//! configuration file.

use std::fmt;
use std::net::IpAddr;

use aws_sdk_lightsail::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use http::Uri;

/// The flag that allows it.
pub(super) const FLAG: &str = "--insecure-endpoint";

/// The client of all calls.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// What goes through the proxies of the environment.
    pub(super) proxied: SharedHttpClient,
    /// What goes to this machine.
    pub(super) direct: SharedHttpClient,
    /// Whether another machine may be spoken to without TLS.
    pub(super) allows_cleartext: bool,
}

impl HttpClient for Outgoing {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connectors {
            proxied: self.proxied.http_connector(settings, components),
            direct: self.direct.http_connector(settings, components),
            allows_cleartext: self.allows_cleartext,
        })
    }
}

#[derive(Debug)]
struct Connectors {
    proxied: SharedHttpConnector,
    direct: SharedHttpConnector,
    allows_cleartext: bool,
}

impl HttpConnector for Connectors {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().parse::<Uri>().unwrap_or_default();
        match is_local(&uri) {
            true => self.direct.call(request),
            false if uri.scheme_str() == Some("http") && !self.allows_cleartext => {
                HttpConnectorFuture::ready(Err(ConnectorError::user(Box::new(Cleartext))))
            }
            false => self.proxied.call(request),
        }
    }
}

/// That a request was not sent.
#[derive(Debug)]
pub(super) struct Cleartext;

impl fmt::Display for Cleartext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "nothing is sent there: http is not encrypted, and everybody in between would read the signature",
        )
    }
}

impl std::error::Error for Cleartext {}

/// Whether a request stays on the machine, as do those to the addresses at which EC2 and ECS hand out credentials.
pub(super) fn is_local(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_others() {
        for (url, expected) in [
            ("https://lightsail.us-east-1.amazonaws.com/", false),
            ("http://10.0.0.1:8080/", false),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://[2001:db8::1]/", false),
            ("http://127.0.0.1:1/", true),
            ("https://127.1.2.3/", true),
            ("http://[::1]:8080/", true),
            ("http://localhost:4566/", true),
            ("http://169.254.169.254/latest", true),
            ("http://[fd00:ec2::254]/latest", true),
        ] {
            assert_eq!(is_local(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
