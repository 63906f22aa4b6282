//! Listings, page by page. A listing is any run of items that can be begun in the middle: each item has a position,
//! and a page's token holds the position of the next page's first item. So no page costs more than its own items.

use super::call::{Answer, Call};
use super::error::Error;
use super::json::Json;
use super::token;

/// Items on a page, as Lightsail's, unless somebody wants another number.
pub(super) const PAGE: u64 = 20;

/// The page that a call asks for.
pub(super) struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T> Page<T> {
    /// The page that the call's token names, or the first one. `from` gives the items from a position on, in order,
    /// each with its position.
    pub(super) fn of<I: Iterator<Item = (u64, T)>>(
        call: &Call<'_>,
        from: impl FnOnce(u64) -> I,
    ) -> Result<Self, Error> {
        let (place, scope) = (call.place, scope(call));
        let start = match call.text("pageToken") {
            None => None,
            Some(token) => Some(token::decode(&scope, place.region().name, token).ok_or_else(invalid)?),
        };
        let mut items = from(start.unwrap_or(0)).peekable();
        // A token is issued for an item that is there; where the fleet has become smaller it may be gone.
        if start.is_some_and(|start| items.peek().is_none_or(|(position, _)| *position != start)) {
            return Err(invalid());
        }
        let page = items.by_ref().take(place.extent.page as usize).map(|(_, item)| item).collect();
        let next = items.peek().map(|(position, _)| token::encode(&scope, place.region().name, *position));
        Ok(Self { items: page, next })
    }

    /// Writes the items as the list `key`, then the next page's token, if there is a next page.
    pub(super) fn write(&self, json: &mut Json, key: &str, write: impl Fn(&mut Json, &T)) {
        json.array(key, |json| self.items.iter().for_each(|item| json.element(|json| write(json, item))));
        json.some_text("nextPageToken", self.next.as_deref());
    }
}

/// The answer of a listing that has nothing but its items.
pub(super) fn list<T, I: Iterator<Item = (u64, T)>>(
    call: &Call<'_>,
    key: &str,
    from: impl FnOnce(u64) -> I,
    write: impl Fn(&mut Json, &T),
) -> Answer {
    let page = Page::of(call, from)?;
    Ok(Json::object(|json| page.write(json, key, write)))
}

/// The answer of a list that comes whole.
pub(super) fn whole<T>(
    key: &str,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Json, &T),
) -> Answer {
    Ok(Json::object(|json| {
        json.array(key, |json| items.into_iter().for_each(|item| json.element(|json| write(json, &item))));
    }))
}

/// The answer of a look-up.
pub(super) fn one<T>(key: &str, found: T, write: impl Fn(&mut Json, &T)) -> Answer {
    Ok(Json::object(|json| json.nested(key, |json| write(json, &found))))
}

/// Things that are numbered without gaps, from number `start` on.
pub(super) fn numbered<T>(start: u64, count: u64, make: impl Fn(u64) -> T) -> impl Iterator<Item = (u64, T)> {
    (start..count).map(move |index| (index, make(index)))
}

/// What a token is good for: one listing of one account. The listing of instances is the oldest, and its tokens,
/// which others pin, name the account alone.
fn scope(call: &Call<'_>) -> String {
    match call.operation {
        "GetInstances" => call.place.account.to_owned(),
        _ => format!("{} {}", call.place.account, call.listing()),
    }
}

/// What a token that is none of ours gets.
pub(super) fn invalid() -> Error {
    Error::invalid_input("The page token is not valid.", "Use the nextPageToken of the response before.")
}
