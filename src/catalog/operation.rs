//! What an API operation is: its name, and how to ask it for one page.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};

use aws_sdk_lightsail::Client;
use aws_sdk_lightsail::config::http::HttpResponse;
use aws_sdk_lightsail::error::SdkError;
use futures::future::BoxFuture;

/// A list operation of the Lightsail API.
pub struct Operation {
    /// Its name, such as `GetInstances`; `lightsail:` and the name is the IAM action that allows it.
    pub name: &'static str,
    /// Asks for one page.
    pub page: fn(Client, PageRequest) -> PageFuture,
    /// The operation that answers for one item by its name, where there is one.
    pub lookup: Option<Lookup>,
}

/// An operation that answers for one item.
pub struct Lookup {
    /// Its name, such as `GetInstance`.
    pub name: &'static str,
    /// Asks for the item of that name: a page with one item.
    pub get: fn(Client, String, Parameters) -> PageFuture,
}

/// An operation is its name.
impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Operation {}

impl Hash for Operation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What the SDK answers, whatever the operation: a page, or an error that keeps the HTTP response.
pub type PageFuture = BoxFuture<'static, Result<Page, SdkError<aws_sdk_lightsail::Error, HttpResponse>>>;

/// The request members that a query decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// `includeHealthStatus`: only then have instances a status.
    pub include_health_status: bool,
}

impl Parameters {
    /// Nothing beyond what the operation answers by itself.
    pub const NONE: Self = Self { include_health_status: false };
    /// Health checks too.
    pub const HEALTH_STATUS: Self = Self { include_health_status: true };
    /// All that can be asked.
    pub const ALL: Self = Self::HEALTH_STATUS;

    /// Everything that either asks for.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { include_health_status: self.include_health_status || other.include_health_status }
    }
}

/// One call for one page.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Where the page before said this one begins; none for the first.
    pub token: Option<String>,
    /// What the query asks for.
    pub parameters: Parameters,
}

/// One response, decoded by the SDK.
#[derive(Debug)]
pub struct Page {
    /// The list; none if the response has no such member, which no healthy answer lacks.
    pub items: Option<Items>,
    /// Where the next page begins.
    pub next_token: Option<String>,
}

/// The items of a page, all of one type that the operation's tables know.
pub struct Items {
    items: Box<dyn Any + Send + Sync>,
    len: usize,
}

impl Items {
    /// Wraps a page's list.
    pub fn new<T: Send + Sync + 'static>(items: Vec<T>) -> Self {
        Self { len: items.len(), items: Box::new(items) }
    }

    /// No items, of any type.
    pub fn none() -> Self {
        Self { items: Box::new(()), len: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The list again, if `T` is what it was made of.
    pub fn of<T: 'static>(&self) -> Option<&[T]> {
        if self.len == 0 {
            return Some(&[]);
        }
        self.items.downcast_ref::<Vec<T>>().map(Vec::as_slice)
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.len)
    }
}
