//! Nothing is sent in the clear to another machine unless somebody says so: signatures and session tokens would travel with
//! it, whatever named the endpoint, a flag, the environment or a configuration file.

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

/// A client that refuses it.
#[derive(Debug)]
pub(super) struct NoCleartext(pub(super) SharedHttpClient);

impl HttpClient for NoCleartext {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Guarded(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Guarded(SharedHttpConnector);

impl HttpConnector for Guarded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match request.uri().parse::<Uri>() {
            Ok(uri) if is_cleartext(&uri) => {
                HttpConnectorFuture::ready(Err(ConnectorError::user(Box::new(Cleartext))))
            }
            _ => self.0.call(request),
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

/// Whether a request leaves the machine unencrypted. The addresses at which EC2 and ECS hand out credentials do not.
fn is_cleartext(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_here = match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    };
    uri.scheme_str() == Some("http") && !is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        for (url, expected) in [
            ("https://lightsail.us-east-1.amazonaws.com/", false),
            ("http://lightsail.us-east-1.amazonaws.com/", true),
            ("http://10.0.0.1:8080/", true),
            ("http://localhost.example.com/", true),
            ("http://127.0.0.1.example.com/", true),
            ("http://[2001:db8::1]/", true),
            ("http://127.0.0.1:1/", false),
            ("http://127.1.2.3/", false),
            ("http://[::1]:8080/", false),
            ("http://localhost:4566/", false),
            ("http://169.254.169.254/latest", false),
            ("http://[fd00:ec2::254]/latest", false),
        ] {
            assert_eq!(is_cleartext(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
