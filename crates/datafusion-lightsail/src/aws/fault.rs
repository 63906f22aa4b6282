//! SDK errors → our [`Error`]: what failed where, what AWS said, and what to do next.

use std::error::Error as StdError;

use aws_sdk_lightsail::config::http::HttpResponse;
use aws_sdk_lightsail::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_lightsail::operation::RequestId;

use super::calls::{Cost, is_throttling_code};
use super::descriptors;
use super::outgoing::{self, Cleartext};
use super::protocol;
use super::route::{Route, Seen};
use super::target::Target;
use crate::error::{Error, Fault, Kind};

/// The error of a call that failed, and what was seen of it on its way; `renewal` says what to do about credentials that
/// have expired.
pub(super) fn from_sdk(
    operation: &'static str,
    target: &Target,
    error: SdkError<aws_sdk_lightsail::Error, HttpResponse>,
    seen: &Seen,
    route: Option<&Route>,
    renewal: impl Fn() -> Option<String>,
) -> Error {
    let at = route.map(|route| format!("{}: ", route.url)).unwrap_or_default();
    let code = error.code().map(ToOwned::to_owned);
    let is_timeout = match &error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        _ => false,
    };
    let message = match &error {
        _ if is_timeout => format!("{at}no answer within the time limit"),
        SdkError::ServiceError(context) => match error.message() {
            Some(message) => message.to_owned(),
            None => format!("HTTP status {} without a message", context.raw().status().as_u16()),
        },
        SdkError::ResponseError(context) => {
            format!("HTTP status {}, and {}", context.raw().status().as_u16(), causes(&error))
        }
        SdkError::DispatchFailure(_) if is_cleartext(&error) => format!("{at}{Cleartext}"),
        SdkError::DispatchFailure(_) => format!("{at}{}", causes(&error)),
        _ => causes(&error),
    };
    let hint = match &error {
        SdkError::TimeoutError(_) => {
            Some("raise --read-timeout, or leave the region out: --region".to_owned())
        }
        SdkError::DispatchFailure(_) if is_cleartext(&error) => {
            Some(format!("write https://, or {} where the network in between is trusted", outgoing::FLAG))
        }
        SdkError::DispatchFailure(_) if let Some(more) = descriptors::room() => Some(more),
        SdkError::DispatchFailure(_) => Some(match route {
            Some(route) if is_distrust(&error) => format!(
                "the certificate of {} is not trusted: if a proxy looks into TLS, --ca-bundle or AWS_CA_BUNDLE names its \
                 authority",
                route.url
            ),
            Some(route) if is_timeout => {
                format!("{}; --read-timeout and --connect-timeout wait longer", route.suspect(target))
            }
            Some(route) => route.suspect(target),
            None => "check the network".to_owned(),
        }),
        SdkError::ResponseError(context) if context.raw().status().is_success() => {
            let hint = if message.contains(protocol::UNREADABLE) { UNREADABLE } else { NOT_LIGHTSAIL };
            Some(hint.to_owned())
        }
        _ => code.as_deref().and_then(|code| hint(code, operation, target, seen, renewal)),
    };
    let kind = match code.as_deref() {
        Some("ExpiredTokenException" | "ExpiredToken" | "RequestExpired") => Kind::Credentials,
        _ if is_cleartext(&error) => Kind::Usage,
        _ => Kind::Api,
    };
    let fault = Fault {
        operation,
        region: target.region.clone(),
        profile: target.profile.name.clone(),
        code,
        message,
        request_id: error.request_id().map(ToOwned::to_owned),
    };
    let told = Error::from_fault(kind, fault).with_source(error);
    match hint {
        Some(hint) => told.with_hint(hint),
        None => told,
    }
}

/// The error of a response that arrived but cannot be right; `cost` is its call's, if that is known.
pub fn malformed(
    operation: &'static str,
    target: &Target,
    cost: Option<&Cost>,
    what: impl Into<String>,
) -> Error {
    Error::from_fault(
        Kind::Api,
        Fault {
            operation,
            region: target.region.clone(),
            profile: target.profile.name.clone(),
            code: None,
            message: what.into(),
            request_id: cost.and_then(|cost| cost.request_id.as_deref()).map(ToOwned::to_owned),
        },
    )
}

/// What to do about an answer that Lightsail does not give.
pub const NOT_LIGHTSAIL: &str =
    "this is no answer of Lightsail's: check --endpoint-url and any proxy in between";

/// What to do about a member that the SDK cannot read.
const UNREADABLE: &str = "the AWS CLI shows the answer as it is: if that is Lightsail's, look for a newer lightsail-sql; \
                          --region leaves the region out";

/// The innermost causes in words. The SDK's own text of a failed connection is no more than "dispatch failure".
pub(super) fn causes(error: &dyn StdError) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(current) = cause {
        // What a service says of itself, which the SDK shows as a structure.
        if let Some(said) = current.downcast_ref::<ErrorMetadata>()
            && let (Some(code), Some(message)) = (said.code(), said.message())
        {
            let id = said.request_id().map(|id| format!(" (request id {id})")).unwrap_or_default();
            return format!("{code}: {message}{id}");
        }
        let text = current.to_string().trim_end().to_owned();
        // Many a cause repeats the one beneath it, and the SDK calls what it cannot name "other".
        if text != "other" && !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        cause = current.source();
    }
    match parts.is_empty() {
        true => error.to_string(),
        false => parts.join(": "),
    }
}

/// Whether it was not sent, for it would not be encrypted.
fn is_cleartext(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.is::<Cleartext>() {
            return true;
        }
        cause = current.source();
    }
    false
}

/// Whether the connection failed because TLS does not trust the other side.
fn is_distrust(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        let inner = current.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found = inner.and_then(|inner| inner.downcast_ref()).or_else(|| current.downcast_ref());
        if let Some(rustls::Error::InvalidCertificate(_)) = found {
            return true;
        }
        cause = current.source();
    }
    false
}

fn hint(
    code: &str,
    operation: &str,
    target: &Target,
    seen: &Seen,
    renewal: impl Fn() -> Option<String>,
) -> Option<String> {
    let profile = &target.profile;
    let is_of_the_clock = matches!(
        code,
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "RequestExpired" | "RequestTimeTooSkewed"
    );
    if let Some(skew) = seen.skew().filter(|_| is_of_the_clock) {
        return Some(format!("this machine's clock is {skew}: set it"));
    }
    Some(match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => {
            format!("allow the IAM action lightsail:{operation} for profile {profile}")
        }
        "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" => renewal()?,
        "UnrecognizedClientException" | "InvalidClientTokenId" | "UnauthenticatedException" => {
            format!("check the keys of profile {profile}, and that the account has {} enabled", target.region)
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            let clock = if seen.clocks.is_some() { "" } else { ", this machine's clock," };
            format!("check the secret key of profile {profile}{clock} and that {} is a region", target.region)
        }
        code if is_throttling_code(code) => {
            "the account's rate is used up: raise --max-attempts, or ask fewer regions".into()
        }
        "AccountSetupInProgressException" | "RegionSetupInProgressException" => {
            "AWS is still setting it up: try again in a few minutes".into()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::target::Profile;

    #[derive(Debug)]
    struct Cause(&'static str, Option<Box<Cause>>);
    impl std::fmt::Display for Cause {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }
    impl StdError for Cause {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    #[test]
    fn every_cause_is_told_once() {
        let deepest = Cause("connection refused", None);
        let chain =
            Cause("dispatch failure", Some(Box::new(Cause("connection refused", Some(Box::new(deepest))))));
        assert_eq!(causes(&chain), "connection refused");
    }

    #[test]
    fn hints_name_the_action_and_the_profile() {
        let target = Target {
            profile: Profile { name: "audit".into(), is_explicit: true },
            region: "eu-west-1".into(),
        };
        let denied = hint("AccessDeniedException", "GetInstances", &target, &Seen::default(), || None);
        assert_eq!(denied.as_deref(), Some("allow the IAM action lightsail:GetInstances for profile audit"));
        assert_eq!(hint("SomethingNew", "GetInstances", &target, &Seen::default(), || None), None);
    }
}
