//! The errors of the endpoint. Codes and members are AWS's; the exact wording and the status are as AWS's JSON services
//! are known to answer, not recorded from Lightsail, and no client should depend on them.

use super::json::Json;

/// An error response.
#[derive(Debug)]
pub(super) struct Error {
    /// The HTTP status.
    pub(super) status: u16,
    /// The AWS error code.
    pub(super) code: &'static str,
    message: String,
    tip: Option<&'static str>,
}

impl Error {
    /// An error of the layer in front of every AWS service: authentication, dispatch, parsing. It carries `__type` and `message`.
    pub(super) fn common(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), tip: None }
    }

    /// Lightsail's InvalidInputException.
    pub(super) fn invalid_input(message: impl Into<String>, tip: &'static str) -> Self {
        Self { tip: Some(tip), ..Self::common(400, "InvalidInputException", message) }
    }

    /// Lightsail's NotFoundException for a thing of this kind, such as `Instance`.
    pub(super) fn not_found(kind: &str, name: &str) -> Self {
        let message = format!("The {kind} does not exist: {name}");
        Self {
            tip: Some("Check the name and the region."),
            ..Self::common(400, "NotFoundException", message)
        }
    }

    /// What an operation that does not exist gets.
    pub(super) fn unknown_operation(operation: &str) -> Self {
        let message = format!("The action or operation requested is invalid: '{operation}'");
        Self::common(404, "UnknownOperationException", message)
    }

    /// What a body that is not what the operation's members say gets.
    pub(super) fn serialization(message: impl Into<String>) -> Self {
        Self::common(400, "SerializationException", message)
    }

    /// The response body. Lightsail's own exceptions also have the modelled members `code`, `docs` and `tip`.
    pub(super) fn body(&self) -> String {
        Json::object(|json| {
            json.text("__type", self.code);
            json.text("message", &self.message);
            if let Some(tip) = self.tip {
                json.text("code", self.code);
                json.text(
                    "docs",
                    "https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/CommonErrors.html",
                );
                json.text("tip", tip);
            }
        })
    }

    /// The response body of a service that speaks XML.
    pub(super) fn xml(&self) -> String {
        let message = self.message.replace('&', "&amp;").replace('<', "&lt;");
        let code = self.code;
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        )
    }
}
