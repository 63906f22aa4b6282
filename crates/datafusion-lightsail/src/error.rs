//! One error type. Its [`Kind`] decides the exit code; its text names what failed, where, and what to do next.

use std::error::Error as StdError;
use std::fmt;

use crate::visible::visible;

/// Shorthand for a result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the terms a script decides by: each kind has one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The reader of our standard output went away (`| head`): no fault of anybody's.
    ClosedPipe,
    /// The SQL does not parse, does not plan, or failed while it ran.
    Sql,
    /// A result could not be written.
    Output,
    /// The command line, a setting or a shell command is wrong.
    Usage,
    /// Rows are missing, as was allowed.
    Partial,
    /// A query that is a check has rows.
    Found,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
    /// Credentials, a profile or a region cannot be found, or have expired.
    Credentials,
    /// The API refused, failed, timed out or answered nonsense.
    Api,
    /// A fault of this program.
    Internal,
}

impl Kind {
    /// The process exit code: the AWS CLI's where it has one.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::ClosedPipe => 0,
            Kind::Sql | Kind::Output => 1,
            Kind::Usage => 2,
            Kind::Partial => 3,
            Kind::Found => 4,
            Kind::Interrupted => 130,
            Kind::Terminated => 143,
            Kind::Credentials => 253,
            Kind::Api => 254,
            Kind::Internal => 255,
        }
    }

    /// Whether this is the kind to report of two: the one further from what was asked for.
    ///
    /// ```
    /// use datafusion_lightsail::error::Kind;
    /// assert!(Kind::Sql.is_worse_than(Kind::Partial));
    /// assert!(Kind::Partial.is_worse_than(Kind::Found));
    /// assert!(Kind::Api.is_worse_than(Kind::Credentials));
    /// ```
    pub fn is_worse_than(self, other: Self) -> bool {
        let badness = |kind| match kind {
            Kind::ClosedPipe => 0,
            Kind::Found => 1,
            Kind::Partial => 2,
            Kind::Sql | Kind::Output => 3,
            Kind::Usage => 4,
            Kind::Credentials => 5,
            Kind::Api => 6,
            Kind::Internal => 7,
            Kind::Interrupted => 8,
            Kind::Terminated => 9,
        };
        badness(self) > badness(other)
    }
}

/// Where an API call failed and what AWS said. Kept as fields, so that it can be listed as well as printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The API operation, such as `GetInstances`.
    pub operation: &'static str,
    /// The region that was asked.
    pub region: String,
    /// The AWS profile that was used.
    pub profile: String,
    /// The AWS error code, such as `AccessDeniedException`.
    pub code: Option<String>,
    /// What AWS, or the connection, said.
    pub message: String,
    /// AWS's id of the request, for a support case.
    pub request_id: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} (profile {}) failed: ", self.operation, self.region, self.profile)?;
        if let Some(code) = &self.code {
            write!(f, "{}: ", visible(code))?;
        }
        // It comes from afar: a line break in it could pass for a line of ours.
        write!(f, "{}", visible(self.message.trim_end()))?;
        if let Some(id) = &self.request_id {
            write!(f, " (request id {})", visible(id))?;
        }
        Ok(())
    }
}

/// The error of this crate: a [`Kind`], a message, and where there are any the line it is about, a hint and the [`Fault`]
/// of an API call.
///
/// ```
/// use datafusion_lightsail::error::{Error, Kind};
/// let error = Error::new(Kind::Usage, "no region is set").with_hint("pass --region us-east-1");
/// assert_eq!(error.to_string(), "no region is set\nhint: pass --region us-east-1");
/// assert_eq!(error.exit_code(), 2);
/// ```
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    shown: Option<Box<Shown>>,
    sql_state: Option<&'static str>,
    hint: Option<String>,
    setting: Option<&'static str>,
    fault: Option<Box<Fault>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Where an error is in a statement; apart, so that an error stays small on its way.
#[derive(Debug, Default, Clone)]
struct Shown {
    excerpt: Option<String>,
    location: Option<(u64, u64)>,
}

impl Error {
    /// An error of a kind with a message of one sentence, without a full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            shown: None,
            sql_state: None,
            hint: None,
            setting: None,
            fault: None,
            source: None,
        }
    }

    /// A fault of this program.
    pub fn bug(what: impl fmt::Display) -> Self {
        Self::new(Kind::Internal, format!("this is a bug: {what}")).with_hint(
            "report it with the statement and what lightsail-sql --version says; trying again does no harm",
        )
    }

    /// An error of an API call.
    pub fn from_fault(kind: Kind, fault: Fault) -> Self {
        Self { fault: Some(Box::new(fault.clone())), ..Self::new(kind, fault.to_string()) }
    }

    /// An I/O error while `what` was under way; a closed pipe is told apart.
    pub fn io(kind: Kind, what: impl fmt::Display, source: std::io::Error) -> Self {
        let kind = if source.kind() == std::io::ErrorKind::BrokenPipe { Kind::ClosedPipe } else { kind };
        Self::new(kind, format!("{what}: {source}")).with_source(source)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the `lightsail.*` setting that mends it, so that each door can say how it is set there.
    #[must_use]
    pub fn with_setting(mut self, name: &'static str) -> Self {
        self.setting = Some(name);
        self
    }

    /// Adds the line of the statement that the error is about, with a caret below what is wrong.
    #[must_use]
    pub fn with_excerpt(mut self, excerpt: impl Into<String>) -> Self {
        self.shown.get_or_insert_default().excerpt = Some(excerpt.into());
        self
    }

    /// Adds the line and the column of the statement that it is about, both from 1.
    #[must_use]
    pub fn with_location(mut self, line: u64, column: u64) -> Self {
        self.shown.get_or_insert_default().location = Some((line, column));
        self
    }

    /// Adds the five letters that the SQL standard, or Postgres, has for it, where the kind says too little.
    #[must_use]
    pub fn with_sql_state(mut self, state: &'static str) -> Self {
        self.sql_state = Some(state);
        self
    }

    /// Adds to the message.
    #[must_use]
    pub fn and(mut self, more: impl fmt::Display) -> Self {
        self.message = format!("{}{more}", self.message);
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts the place (`file.sql:3:14`) in front of the message.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The process exit code for this error.
    pub fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// The failed API call, if that is what this is.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_deref()
    }

    /// The AWS error code of the failed call, if there is one.
    pub fn code(&self) -> Option<&str> {
        self.fault.as_ref()?.code.as_deref()
    }

    /// What happened, without the hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line that it is about and a caret, if it is about a line.
    pub fn excerpt(&self) -> Option<&str> {
        self.shown.as_ref()?.excerpt.as_deref()
    }

    /// The line and the column that it is about, both from 1, if it is about a place in a statement.
    pub fn location(&self) -> Option<(u64, u64)> {
        self.shown.as_ref()?.location
    }

    /// The five letters that the SQL standard, or Postgres, has for it, if they say more than the kind.
    pub fn sql_state(&self) -> Option<&'static str> {
        self.sql_state
    }

    /// What to do next, if we know.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The `lightsail.*` setting that mends it, if one does.
    pub fn setting(&self) -> Option<&'static str> {
        self.setting
    }

    /// The same error without its source, for a second reader of one failure.
    pub fn retold(&self) -> Self {
        Self {
            kind: self.kind,
            message: self.message.clone(),
            shown: self.shown.clone(),
            sql_state: self.sql_state,
            hint: self.hint.clone(),
            setting: self.setting,
            fault: self.fault.clone(),
            source: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A line break in a name or a value could pass for a line of ours.
        write!(f, "{}", self.message.replace('\n', "\\n"))?;
        if let Some(excerpt) = self.excerpt() {
            write!(f, "\n{excerpt}")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_everything_that_a_support_case_needs() {
        let fault = Fault {
            operation: "GetInstances",
            region: "us-east-1".into(),
            profile: "prod".into(),
            code: Some("AccessDeniedException".into()),
            message: "not authorized".into(),
            request_id: Some("r-1".into()),
        };
        assert_eq!(
            Error::from_fault(Kind::Api, fault).to_string(),
            "GetInstances in us-east-1 (profile prod) failed: AccessDeniedException: not authorized (request id r-1)"
        );
    }

    #[test]
    fn a_broken_pipe_is_success() {
        let error = Error::io(Kind::Output, "standard output", std::io::ErrorKind::BrokenPipe.into());
        assert_eq!(error.exit_code(), 0);
    }
}
