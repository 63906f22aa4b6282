//! What an API operation is: its name, how to ask it for a page, and which of its request members a query fills.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_lightsail::Client;
use aws_sdk_lightsail::config::http::HttpResponse;
use aws_sdk_lightsail::error::SdkError;
use aws_sdk_lightsail::primitives::DateTime;
use futures::future::BoxFuture;

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
        listener.heard.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().chain(keys).collect()
    }
}

/// Knows nothing, and takes note of what it is asked about.
#[derive(Default)]
struct Listener {
    heard: Mutex<BTreeSet<String>>,
}

impl Listener {
    fn hear(&self, column: &str) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(column.to_owned());
    }
}

impl Known for Listener {
    fn texts(&self, column: &str) -> Option<BTreeSet<String>> {
        self.hear(column);
        None
    }

    fn range(&self, column: &str) -> (Option<i64>, Option<i64>) {
        self.hear(column);
        (None, None)
    }

    fn flag(&self, column: &str) -> Option<bool> {
        self.hear(column);
        None
    }

    fn now(&self) -> i64 {
        0
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
    /// The same in every region: asked once for each profile, in the first of its regions.
    AnyRegion,
}

/// The items that an operation answers for, one request each.
pub struct Parent {
    /// The operation that lists them.
    pub operation: &'static Operation,
    /// The parameters that name each item on a page of that operation.
    pub subjects: fn(&Items) -> Vec<Parameters>,
}

/// What the predicates of a query say for sure of the columns of a row.
pub trait Known {
    /// The only texts that a column can have; none if it can have any.
    fn texts(&self, column: &str) -> Option<BTreeSet<String>>;
    /// The least and the greatest value that a number or a time (ms since 1970) can have.
    fn range(&self, column: &str) -> (Option<i64>, Option<i64>);
    /// The only value that a Boolean column can have.
    fn flag(&self, column: &str) -> Option<bool>;
    /// The time now, in ms since 1970: the same for all that one query asks.
    fn now(&self) -> i64;
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

/// What the columns that are read ask of the API beyond what it answers by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Needs(u8);

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `includeHealthStatus`: only then have instances a status.
    pub const HEALTH_STATUS: Self = Self(1);
    /// `includeAvailabilityZones`: only then have regions zones.
    pub const ZONES: Self = Self(2);
    /// `includeRelationalDatabaseAvailabilityZones`.
    pub const DATABASE_ZONES: Self = Self(4);
    /// `includeConnectedResources`: only then do buckets tell which instances have access.
    pub const CONNECTED_RESOURCES: Self = Self(8);
    /// All that can be asked.
    pub const ALL: Self = Self(15);
    /// No request member: what a listing leaves out, so that the operation's `detail` is asked instead.
    pub const DETAIL: Self = Self(16);

    /// Everything that either asks for.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it asks for all that `other` does.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The request member of one need: `Some(true)` if it is asked for, else left out.
    pub fn flag(self, need: Self) -> Option<bool> {
        self.contains(need).then_some(true)
    }

    /// The request members, for EXPLAIN.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [
            (Self::HEALTH_STATUS, "includeHealthStatus"),
            (Self::ZONES, "includeAvailabilityZones"),
            (Self::DATABASE_ZONES, "includeRelationalDatabaseAvailabilityZones"),
            (Self::CONNECTED_RESOURCES, "includeConnectedResources"),
        ]
        .into_iter()
        .filter_map(move |(need, name)| self.contains(need).then_some(name))
    }
}

/// The value of a request member.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Int(i64),
    /// A Boolean.
    Flag(bool),
    /// A time in ms since 1970.
    Time(i64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Time(millis) => match chrono::DateTime::from_timestamp_millis(*millis) {
                Some(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%SZ")),
                None => write!(f, "{millis} ms"),
            },
        }
    }
}

/// The request members that a query fills, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parameters(BTreeMap<&'static str, Value>);

impl Parameters {
    /// The same and one more.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: Value) -> Self {
        self.0.insert(member, value);
        self
    }

    /// The same and a text.
    #[must_use]
    pub fn with_text(self, member: &'static str, text: impl Into<String>) -> Self {
        self.with(member, Value::Text(text.into()))
    }

    /// These and all of `others`, which win.
    #[must_use]
    pub fn merged(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().map(|(member, value)| (*member, value.clone())));
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(member, value)| (*member, value))
    }

    /// The text of the only member, if there is just one.
    pub fn only_text(&self) -> Option<&str> {
        let mut members = self.0.keys();
        let member = members.next()?;
        members.next().is_none().then(|| self.text(member))?
    }

    /// A text.
    pub fn text(&self, member: &str) -> Option<&str> {
        match self.0.get(member)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number that fits the API's integers.
    pub fn int(&self, member: &str) -> Option<i32> {
        match self.0.get(member)? {
            Value::Int(number) => i32::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A Boolean.
    pub fn flag(&self, member: &str) -> Option<bool> {
        match self.0.get(member)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A time.
    pub fn time(&self, member: &str) -> Option<DateTime> {
        match self.0.get(member)? {
            Value::Time(millis) => Some(DateTime::from_millis(*millis)),
            _ => None,
        }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (member, value)) in self.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{member}={value}")?;
        }
        Ok(())
    }
}

/// One call for one page.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Where the page before said this one begins; none for the first.
    pub token: Option<String>,
    /// What the columns ask for.
    pub needs: Needs,
    /// What the predicates ask for, and whom.
    pub parameters: Arc<Parameters>,
}

impl PageRequest {
    /// A request member that is a text.
    pub fn text(&self, member: &str) -> Option<String> {
        self.parameters.text(member).map(ToOwned::to_owned)
    }

    /// A request member that is an enum.
    pub fn name<E: for<'a> From<&'a str>>(&self, member: &str) -> Option<E> {
        self.parameters.text(member).map(E::from)
    }

    /// A request member that is a list of enums, of which one is asked for.
    pub fn one<E: for<'a> From<&'a str>>(&self, member: &str) -> Option<Vec<E>> {
        self.name(member).map(|name| vec![name])
    }
}

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
