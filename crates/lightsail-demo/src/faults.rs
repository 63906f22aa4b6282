//! What goes wrong at a service and on the way from it: one table of faults, and scripts that say when each of them comes.
//!
//! The table says of each fault what it does and what is right in a client that meets it. The script's text, the documents
//! and the tests that hold a client against them all come from it.

mod answers;
mod script;

use std::fmt;

pub(super) use answers::{Outcome, Script};
pub use script::{CONDITIONS, Faults, Slip};

/// Something that can go wrong with a call.
pub struct Fault {
    /// Its name in a script.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
    /// What is right in a client that meets it.
    pub right: Right,
    effect: Effect,
}

/// What is right in a client that meets a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The rows are what they are without it.
    Rows,
    /// The call is tried again. If no try is left, it has failed, with this code if the service has said one.
    Retried(Option<&'static str>),
    /// The call has failed, with this code if the service has said one.
    Refused(Option<&'static str>),
    /// The credentials are good no more, as this code says.
    Expired(&'static str),
    /// The service says something twice: what it says is shown, with a warning.
    Twice,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, code) = match self {
            Self::Rows => ("the rows are what they are without it", None),
            Self::Retried(code) => ("tried again, then an error", *code),
            Self::Refused(code) => ("an error", *code),
            Self::Expired(code) => ("an error of the credentials", Some(*code)),
            Self::Twice => ("an item is there twice, as the service says, and a warning says so", None),
        };
        f.write_str(what)?;
        code.map_or(Ok(()), |code| write!(f, ": {code}"))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a fault does.
#[derive(Debug, Clone, Copy)]
enum Effect {
    /// The error of this status and code.
    Refuse(u16, &'static str, &'static str),
    /// The same, by a clock that is hours off.
    RefuseByClock(u16, &'static str, &'static str),
    /// A response of this status, content type and body.
    Respond(u16, &'static str, &'static str),
    /// The members of the usual answer, changed.
    Change(Change),
    /// The usual answer, sent in another way.
    Send(Damage),
    /// No answer, and the connection stays open.
    Silence,
    /// The endpoint ends.
    Gone,
}

/// A change of the usual answer.
#[derive(Debug, Clone, Copy)]
enum Change {
    UnknownMembers,
    UnknownEnums,
    NullItems,
    NullList,
    NoList,
    TextForList,
    TextForItem,
    Repeat,
    TokenAgain,
    TokenBefore,
    EmptyPage,
    EmptyPages,
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// The half of it, in chunks without an end.
    Truncated,
    /// The half of it under its whole length.
    LongLength,
    /// As much as half of its length says.
    ShortLength,
    /// The connection is closed before it.
    Closed,
    /// The connection is reset before it.
    ResetBefore,
    /// The connection is reset in the middle of it.
    ResetWithin,
    /// The connection is reset behind it.
    ResetAfter,
    /// One byte a second.
    Trickle,
    /// Its Date is hours off.
    OldDate,
}

const fn fault(name: &'static str, description: &'static str, right: Right, effect: Effect) -> Fault {
    Fault { name, description, right, effect }
}

/// A code by which the SDKs know that they are to slow down.
const fn throttling(code: &'static str) -> Fault {
    let description = "The service says that it is asked too fast.";
    fault(code, description, Right::Retried(Some(code)), Effect::Refuse(400, code, "Rate exceeded"))
}

/// An error of the service with a code.
const fn error(name: &'static str, status: u16, code: &'static str, right: Right) -> Fault {
    fault(
        name,
        "The service answers with an error.",
        right,
        Effect::Refuse(status, code, "Something is wrong"),
    )
}

/// The page of a server in between.
const fn page(name: &'static str, description: &'static str, status: u16, right: Right) -> Fault {
    fault(name, description, right, Effect::Respond(status, "text/html", "<html><body>Sorry</body></html>"))
}

/// A body that is no answer.
const fn body(name: &'static str, description: &'static str, text: &'static str) -> Fault {
    fault(name, description, Right::Refused(None), Effect::Respond(200, "application/x-amz-json-1.1", text))
}

const fn change(name: &'static str, description: &'static str, right: Right, change: Change) -> Fault {
    fault(name, description, right, Effect::Change(change))
}

const fn send(name: &'static str, description: &'static str, right: Right, damage: Damage) -> Fault {
    fault(name, description, right, Effect::Send(damage))
}

const BETWEEN: &str = "A server in between answers with a page of HTML.";
const TRIED: Right = Right::Retried(None);
const FAILED: Right = Right::Refused(None);
const EXPIRED: &str = "ExpiredTokenException";
const UNSIGNED: &str = "InvalidSignatureException";
const INVALID: &str = "InvalidInputException";

/// All faults.
pub const FAULTS: &[Fault] = &[
    throttling("Throttling"),
    throttling("ThrottlingException"),
    throttling("ThrottledException"),
    throttling("RequestThrottledException"),
    throttling("TooManyRequestsException"),
    throttling("ProvisionedThroughputExceededException"),
    throttling("TransactionInProgressException"),
    throttling("RequestLimitExceeded"),
    throttling("BandwidthLimitExceeded"),
    throttling("LimitExceededException"),
    throttling("RequestThrottled"),
    throttling("SlowDown"),
    throttling("PriorRequestNotComplete"),
    throttling("EC2ThrottledException"),
    error("RequestTimeout", 400, "RequestTimeout", Right::Retried(Some("RequestTimeout"))),
    error("400", 400, "ServiceException", Right::Refused(Some("ServiceException"))),
    error("403", 403, "AccessDeniedException", Right::Refused(Some("AccessDeniedException"))),
    error("404", 404, "UnknownOperationException", Right::Refused(Some("UnknownOperationException"))),
    error(
        "413",
        413,
        "RequestEntityTooLargeException",
        Right::Refused(Some("RequestEntityTooLargeException")),
    ),
    page("429", BETWEEN, 429, FAILED),
    error("500", 500, "InternalFailure", Right::Retried(Some("InternalFailure"))),
    page("502", BETWEEN, 502, TRIED),
    error("503", 503, "ServiceUnavailable", Right::Retried(Some("ServiceUnavailable"))),
    page("504", BETWEEN, 504, TRIED),
    page("html", "A server in between forbids it with a page of HTML.", 403, FAILED),
    page("html_200", "A server in between answers with a page of HTML as if all were well.", 200, FAILED),
    body("empty_body", "The body is empty.", ""),
    body("empty_object", "The body is an object without members.", "{}"),
    body("null_body", "The body is null.", "null"),
    body("malformed_json", "The body is no JSON.", "{\"instances\": [{\"name\": \"a\""),
    change(
        "unknown_members",
        "The answer and its items have members that nobody knows.",
        Right::Rows,
        Change::UnknownMembers,
    ),
    change(
        "unknown_enums",
        "Each resourceType is a value that nobody knows.",
        Right::Rows,
        Change::UnknownEnums,
    ),
    change("null_items", "There is a null before the items of each list.", Right::Rows, Change::NullItems),
    change("null_list", "The list is null.", FAILED, Change::NullList),
    change("no_list", "The list is not there.", FAILED, Change::NoList),
    change("text_for_list", "There is a text in place of the list.", FAILED, Change::TextForList),
    change("text_for_item", "There is a text in place of the first item.", FAILED, Change::TextForItem),
    change(
        "duplicate",
        "The page begins with the last item of the page before.",
        Right::Twice,
        Change::Repeat,
    ),
    change("token_again", "The next page is this one, again and again.", FAILED, Change::TokenAgain),
    change("token_before", "The next page is the one before.", FAILED, Change::TokenBefore),
    change("empty_page", "A page without items comes before this one.", Right::Rows, Change::EmptyPage),
    change(
        "empty_pages",
        "Pages without items follow one another without an end.",
        FAILED,
        Change::EmptyPages,
    ),
    fault(
        "expired_page_token",
        "The token of the page is good no more.",
        Right::Refused(Some(INVALID)),
        Effect::Refuse(400, INVALID, "The page token is not valid."),
    ),
    fault(
        "expired_credentials",
        "The credentials are good no more.",
        Right::Expired(EXPIRED),
        Effect::Refuse(400, EXPIRED, "The security token included in the request is expired"),
    ),
    fault(
        "clock_skew",
        "The signature is of another time, by a clock that is hours off.",
        // The SDK corrects its own clock by the answer's.
        Right::Retried(Some(UNSIGNED)),
        Effect::RefuseByClock(400, UNSIGNED, "Signature expired"),
    ),
    send("old_date", "The answer's Date is hours off.", Right::Rows, Damage::OldDate),
    send("truncated", "Half of the answer comes, in chunks without an end.", TRIED, Damage::Truncated),
    send("long_length", "Half of the answer comes under the length of all of it.", TRIED, Damage::LongLength),
    send(
        "short_length",
        "The length is half of the answer's, and so much of it comes.",
        FAILED,
        Damage::ShortLength,
    ),
    send("closed", "The connection is closed before the answer.", TRIED, Damage::Closed),
    send("reset_before", "The connection is reset before the answer.", TRIED, Damage::ResetBefore),
    send("reset_within", "The connection is reset in the middle of the answer.", TRIED, Damage::ResetWithin),
    send("reset_after", "The connection is reset behind the answer.", Right::Rows, Damage::ResetAfter),
    send("trickle", "The answer comes with one byte a second.", TRIED, Damage::Trickle),
    fault("silence", "The connection stays open, and no answer comes.", TRIED, Effect::Silence),
    fault("refused", "The endpoint ends: no connection is taken any more.", FAILED, Effect::Gone),
];

impl Fault {
    /// The fault of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FAULTS.iter().find(|fault| fault.name == name)
    }

    /// Whether a client finds out by a time limit of its own.
    pub fn is_slow(&self) -> bool {
        matches!(self.effect, Effect::Silence | Effect::Send(Damage::Trickle))
    }

    /// Whether it is about the pages of a listing, and nothing that has none can meet it.
    pub fn is_of_pages(&self) -> bool {
        use Change::{EmptyPage, EmptyPages, Repeat, TokenAgain, TokenBefore};
        matches!(self.effect, Effect::Change(EmptyPage | EmptyPages | Repeat | TokenAgain | TokenBefore))
    }

    /// Whether nobody is asked any more.
    pub fn is_end(&self) -> bool {
        matches!(self.effect, Effect::Gone)
    }
}
