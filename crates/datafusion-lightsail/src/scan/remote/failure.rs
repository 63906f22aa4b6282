//! Errors on their way from a worker: among its rows, or as the text of an error of the transport.

use datafusion::common::DataFusionError;
use serde_json::json;

use super::message::{number32, operation_name};
use crate::error::{Error, Fault, Kind};

/// An error with all that a person is told of it.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Failure {
    #[prost(uint32, tag = "1")]
    kind: u32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(string, optional, tag = "3")]
    hint: Option<String>,
    #[prost(message, optional, tag = "4")]
    fault: Option<CallFault>,
}

/// What is known of a call that failed.
#[derive(Clone, PartialEq, prost::Message)]
struct CallFault {
    #[prost(string, tag = "1")]
    operation: String,
    #[prost(string, tag = "2")]
    region: String,
    #[prost(string, tag = "3")]
    profile: String,
    #[prost(string, optional, tag = "4")]
    code: Option<String>,
    #[prost(string, tag = "5")]
    message: String,
    #[prost(string, optional, tag = "6")]
    request_id: Option<String>,
}

/// The kinds that an error of a worker can have, by their number in a message.
const KINDS: [Kind; 6] = [Kind::Internal, Kind::Sql, Kind::Usage, Kind::Credentials, Kind::Api, Kind::Output];

/// What an error begins with that crosses as the text of another: the transport has no other way for it.
const MARK: &str = "\u{1}lightsail-sql ";

/// An error on its way to the coordinator.
pub(super) fn crossing(error: DataFusionError) -> DataFusionError {
    DataFusionError::Execution(Failure::text(&Error::from(error)))
}

impl Failure {
    /// An error of ours as the text of one of DataFusion's, which [`read`](Self::read) finds again.
    pub(super) fn text(error: &Error) -> String {
        let Self { kind, message, hint, .. } = Self::of(error);
        format!("{MARK}{}", json!([kind, message, hint]))
    }

    /// The error in a text that one was sent as.
    pub(super) fn read(text: &str) -> Option<Error> {
        let (_, sent) = text.split_once(MARK)?;
        // Behind it there may be what DataFusion adds.
        let sent = serde_json::Deserializer::from_str(sent).into_iter().next()?.ok()?;
        let (kind, message, hint) = serde_json::from_value(sent).ok()?;
        Some(Self { kind, message, hint, fault: None }.error())
    }

    pub(super) fn of(error: &Error) -> Self {
        let kind = KINDS.iter().position(|kind| *kind == error.kind()).unwrap_or_default();
        Self {
            kind: number32(kind),
            message: error.message().to_owned(),
            hint: error.hint().map(ToOwned::to_owned),
            fault: error.fault().map(|fault| CallFault {
                operation: fault.operation.to_owned(),
                region: fault.region.clone(),
                profile: fault.profile.clone(),
                code: fault.code.clone(),
                message: fault.message.clone(),
                request_id: fault.request_id.clone(),
            }),
        }
    }

    pub(super) fn error(self) -> Error {
        let kind = KINDS.get(self.kind as usize).copied().unwrap_or(Kind::Internal);
        let error = match self.fault {
            None => Error::new(kind, self.message),
            Some(CallFault { operation, region, profile, code, message, request_id }) => {
                let operation = operation_name(&operation);
                let fault = Fault { operation, region, profile, code, message, request_id };
                let told = Error::from_fault(kind, fault);
                // What the worker added to its message stands behind the fault's own.
                let more = self.message.strip_prefix(told.message()).unwrap_or_default().to_owned();
                told.and(more)
            }
        };
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_crosses_as_a_text() {
        let error = Error::new(Kind::Api, "it is \"gone\"\nfor good").with_hint("run it again");
        let crossed = format!("External error: {}\nand more", Failure::text(&error));
        let back = Failure::read(&crossed).unwrap();
        assert_eq!((back.kind(), back.message(), back.hint()), (error.kind(), error.message(), error.hint()));
        assert!(Failure::read("External error: other").is_none());
    }

    #[test]
    fn an_error_comes_back_as_it_was() {
        let fault = Fault {
            operation: "GetInstances",
            region: "us-east-1".into(),
            profile: "prod".into(),
            code: Some("AccessDeniedException".into()),
            message: "not authorized".into(),
            request_id: Some("r-1".into()),
        };
        let call =
            Error::from_fault(Kind::Api, fault).and("; 2 of 3 targets had not failed").with_hint("ask");
        for error in [call, Error::new(Kind::Credentials, "no profile x").with_hint("name another")] {
            let back = Failure::of(&error).error();
            assert_eq!(back.kind(), error.kind());
            assert_eq!(back.to_string(), error.to_string());
            assert_eq!(back.fault(), error.fault());
        }
    }
}
