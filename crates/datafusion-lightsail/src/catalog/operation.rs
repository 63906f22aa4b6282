//! What an API operation is: its name, how to ask it for a page, and which of its request members a query fills.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use aws_sdk_lightsail::Client;
use aws_sdk_lightsail::config::http::HttpResponse;
use aws_sdk_lightsail::error::SdkError;
use futures::future::BoxFuture;

use super::request::Listener;
pub use super::request::{Known, Needs, PageRequest, Parameters, Value};
use super::shortfall::Shortfall;

/// An operation of the Lightsail API that feeds tables.
pub struct Operation {
    /// Its name, such as `GetInstances`; `lightsail:` and the name is the IAM action that allows it.
    pub name: &'static str,
    /// Asks for one page.
    pub page: fn(Client, PageRequest) -> PageFuture,
    /// The operation that answers for one item by its name, where there is one.
    pub lookup: Option<Lookup>,
    /// Where it answers.
    pub scope: Scope,
    /// Which requests answer a query: one for each set of members. By default a single one without any.
    ///
    /// It asks about the same columns whatever it hears, so that [`Operation::asks_about`] can tell which they are.
    pub asks: fn(&dyn Known) -> Vec<Parameters>,
    /// Whose items it answers for, one request each; empty for an operation that lists.
    pub parents: &'static [Parent],
    /// The columns that come from the request and the request members that they are, in every table that it feeds:
    /// `("instance_name", "instanceName")`. What a query says of such a column names whom to ask about.
    pub keys: &'static [(&'static str, &'static str)],
    /// Whether it reads a log, which has no end of its own: what follows its last line is written yet.
    pub is_log: bool,
    /// The column of times whose range is asked of the API, of an operation that tells what happened and not what there is.
    pub range: Option<&'static str>,
    /// What a query may want and is not asked: predicates allow more, or say nothing where the API wants a range.
    pub falls_short_of: fn(&dyn Known) -> Vec<Shortfall>,
    /// Columns that name resources of other regions than the row's own: a snapshot is copied from one to another.
    pub reaches: &'static [&'static str],
    /// The operation that answers for one item each with what this one leaves out; asked instead of this one where a
    /// column needs [`Needs::DETAIL`]. Its items are of the same type.
    pub detail: Option<&'static Operation>,
}

impl Operation {
    /// An operation that lists all there is in a region.
    pub const fn new(name: &'static str, page: fn(Client, PageRequest) -> PageFuture) -> Self {
        Self {
            name,
            page,
            lookup: None,
            scope: Scope::Region,
            asks: |_| vec![Parameters::default()],
            parents: &[],
            keys: &[],
            falls_short_of: |_| Vec::new(),
            is_log: false,
            range: None,
            reaches: &[],
            detail: None,
        }
    }

    /// An operation that answers for one item of others.
    pub const fn about(
        name: &'static str,
        keys: &'static [(&'static str, &'static str)],
        parents: &'static [Parent],
        page: fn(Client, PageRequest) -> PageFuture,
    ) -> Self {
        Self { parents, keys, ..Self::new(name, page) }
    }
}

impl Operation {
    /// The columns whose values decide what is asked: those that name an item, and those that fill request members.
    pub fn asks_about(&self) -> BTreeSet<String> {
        let listener = Listener::default();
        (self.asks)(&listener);
        let keys = self.keys.iter().map(|(column, _)| (*column).to_owned());
        listener.into_columns().into_iter().chain(keys).collect()
    }
}

/// An operation that answers for one item by its name, or the listing itself with a request member that names one.
pub struct Lookup {
    /// Its name, such as `GetInstance`.
    pub name: &'static str,
    /// The request member and parameter that names the item.
    pub member: &'static str,
    /// Asks for a page of what belongs to the name in the parameter `member`: one item, for most.
    pub get: fn(Client, PageRequest) -> PageFuture,
}

/// Where an operation answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In each region, for what is there.
    Region,
    /// In us-east-1 alone, for all regions.
    UsEast1,
    /// Answers alike in every region: asked once for each profile, in the first of its regions.
    AnyRegion,
}

/// The items that an operation answers for, one request each.
pub struct Parent {
    /// The operation that lists them.
    pub operation: &'static Operation,
    /// The parameters that name each item on a page of that operation.
    pub subjects: fn(&Items) -> Vec<Parameters>,
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

/// How one call becomes a page: the SDK's request, its members, and where the list and the next token are.
///
/// `call!(|request| get_disks.set_page_token(request.token) => |output| output.disks.map(Items::new), output.next_page_token)`
macro_rules! call {
    (|$request:pat_param| $method:ident $(.$set:ident($value:expr))* => |$output:pat_param| $items:expr, $next:expr) => {
        |client, $request| {
            Box::pin(async move {
                let answer = client.$method()$(.$set($value))*.send().await;
                let $output = answer.map_err(|error| error.map_service_error(Into::into))?;
                Ok($crate::catalog::operation::Page { items: $items, next_token: $next })
            })
        }
    };
}
pub(crate) use call;

/// One response, decoded by the SDK.
#[derive(Debug)]
pub struct Page {
    /// The list; none if the response has no such member, which no healthy answer lacks.
    pub items: Option<Items>,
    /// Where the next page begins.
    pub next_token: Option<String>,
}

/// An item of an answer about one parent, and what was asked: the answer itself does not repeat it.
#[derive(Debug)]
pub struct Asked<T> {
    /// The request members.
    pub parameters: Arc<Parameters>,
    /// What was answered.
    pub item: T,
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

    /// Wraps the answer of a look-up.
    pub fn one<T: Send + Sync + 'static>(item: T) -> Self {
        Self::new(vec![item])
    }

    /// Wraps a page's list together with what was asked.
    pub fn asked<T: Send + Sync + 'static>(parameters: &Arc<Parameters>, items: Vec<T>) -> Self {
        let asked = |item| Asked { parameters: Arc::clone(parameters), item };
        Self::new(items.into_iter().map(asked).collect())
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

    /// A part of the list.
    pub fn part<T: 'static>(&self, range: &Range<usize>) -> Option<&[T]> {
        self.of()?.get(range.clone())
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.len)
    }
}
