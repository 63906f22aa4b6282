//! A script at work: which page a call asks for, which rule is for it, and what becomes of its answer.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::script::{Faults, Rule};
use super::{Change, Damage, Effect};
use crate::call::Answer;
use crate::error::Error;
use crate::random::Random;
use crate::{Reply, Request};

/// What becomes of a call.
pub(crate) enum Outcome {
    /// This answer.
    Answer(Answer),
    /// This answer, sent in another way.
    Damaged(Answer, Damage),
    /// Something else.
    Reply(Reply),
    /// The endpoint ends.
    Gone,
}

/// A script and how far it has come.
pub(crate) struct Script {
    rules: Vec<(Rule, AtomicU64)>,
    issued: Mutex<Issued>,
}

/// What is known of the tokens that were given out.
#[derive(Default)]
struct Issued {
    pages: HashMap<String, Page>,
    order: VecDeque<String>,
}

/// The page that a token leads to.
#[derive(Debug, Clone)]
struct Page {
    number: u64,
    /// The token of the page before.
    before: Option<String>,
    /// The last item of the page before.
    item: Value,
}

/// How many tokens are remembered; a page whose token is forgotten counts as the first.
const REMEMBERED: usize = 10_000;

/// Tokens that the service's own do not look like: what they lead to, and the token of the page that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detour {
    /// The page itself, behind one without items.
    Past,
    /// One of many pages without items.
    Empty(u64),
    /// The page itself, which leads to itself.
    Again,
}

const MARK: &str = "fault.";

impl Detour {
    fn token(self, token: Option<&str>) -> String {
        let (name, count) = match self {
            Self::Past => ("past", 0),
            Self::Empty(count) => ("empty", count),
            Self::Again => ("again", 0),
        };
        format!("{MARK}{name}.{count}.{}", token.unwrap_or_default())
    }

    /// What a token is, and the service's own in it.
    fn of(token: Option<&str>) -> (Option<Self>, Option<&str>) {
        let detour = || {
            let mut parts = token?.strip_prefix(MARK)?.splitn(3, '.');
            let (name, count, token) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
            let detour = match name {
                "past" => Self::Past,
                "empty" => Self::Empty(count),
                "again" => Self::Again,
                _ => return None,
            };
            Some((detour, Some(token).filter(|token| !token.is_empty())))
        };
        detour().map_or((None, token), |(detour, token)| (Some(detour), token))
    }
}

impl Script {
    pub(crate) fn new(faults: Faults) -> Self {
        let rules = faults.0.into_iter().map(|rule| (rule, AtomicU64::new(0))).collect();
        Self { rules, issued: Mutex::default() }
    }

    /// What becomes of a call for an account that `answer` answers.
    pub(crate) fn outcome(
        &self,
        request: &Request,
        account: &str,
        answer: impl FnOnce(&Request) -> Answer,
    ) -> (Outcome, Option<u64>) {
        let Request { operation, region, .. } = request;
        if !self.rules.iter().any(|(rule, _)| rule.is_about(operation, region, account)) {
            return (Outcome::Answer(answer(request)), None);
        }
        let asked = request.body.get("pageToken").and_then(Value::as_str);
        let (detour, token) = Detour::of(asked);
        let mut meant = request.clone();
        if let (Some(_), Some(body)) = (detour, meant.body.as_object_mut()) {
            match token {
                Some(token) => body.insert("pageToken".to_owned(), token.into()),
                None => body.remove("pageToken"),
            };
        }
        let answer = answer(&meant);
        let mut members = answer.as_ref().ok().and_then(|text| serde_json::from_str(text).ok());
        let (page, is_last) = self.note(token, members.as_ref());
        if let Some(detour) = detour {
            let changed = members.as_mut().map(|members| on(detour, token, members));
            return (Outcome::Answer(changed.unwrap_or(answer)), None);
        }
        let mut rules = self.rules.iter().enumerate();
        let rule = rules.find(|(index, (rule, applied))| {
            rule.is_about(operation, region, account)
                && rule.is_for_page(page.number, is_last)
                && Random::of(&[*index as u64, request.sequence]).percent(rule.percent)
                && rule.times.is_none_or(|times| applied.fetch_add(1, Ordering::Relaxed) < times)
        });
        let Some((_, (rule, _))) = rule else { return (Outcome::Answer(answer), None) };
        let refusal = |status, code, message| Err(Error::common(status, code, message));
        let outcome = match rule.fault.effect {
            Effect::Refuse(status, code, message) => Outcome::Answer(refusal(status, code, message)),
            Effect::RefuseByClock(status, code, message) => {
                Outcome::Damaged(refusal(status, code, message), Damage::OldDate)
            }
            Effect::Respond(status, content, body) => {
                let headers = vec![("content-type".to_owned(), content.to_owned())];
                Outcome::Reply(Reply::Status { status, body: body.to_owned(), headers })
            }
            Effect::Change(change) => {
                Outcome::Answer(members.map_or(answer, |members| changed(change, token, &page, members)))
            }
            Effect::Send(damage) => Outcome::Damaged(answer, damage),
            Effect::Silence => Outcome::Reply(Reply::Silence),
            Effect::Gone => Outcome::Gone,
        };
        (outcome, rule.retry_after)
    }

    /// Which page a token leads to, and whether nothing follows it. Remembers what does.
    fn note(&self, token: Option<&str>, members: Option<&Map<String, Value>>) -> (Page, bool) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let known = token.and_then(|token| issued.pages.get(token).cloned());
        let page = known.unwrap_or(Page { number: 1, before: None, item: Value::Null });
        let next = members.and_then(|members| members.get(NEXT)?.as_str());
        if let (Some(next), Some(members)) = (next, members) {
            let item = lists(members).find_map(|(_, list)| list.last()).cloned().unwrap_or_default();
            let following = Page { number: page.number + 1, before: token.map(ToOwned::to_owned), item };
            if issued.pages.insert(next.to_owned(), following).is_none() {
                issued.order.push_back(next.to_owned());
            }
            while issued.order.len() > REMEMBERED
                && let Some(oldest) = issued.order.pop_front()
            {
                issued.pages.remove(&oldest);
            }
        }
        (page, next.is_none())
    }
}

const NEXT: &str = "nextPageToken";

fn lists(members: &Map<String, Value>) -> impl Iterator<Item = (&String, &Vec<Value>)> {
    members.iter().filter_map(|(key, value)| Some((key, value.as_array()?)))
}

/// The lists of an answer, or the one thing that it is.
fn parts(members: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    members.values_mut().filter(|value| value.is_array() || value.is_object())
}

fn text(members: &Map<String, Value>) -> Answer {
    serde_json::to_string(members).map_err(|error| Error::serialization(error.to_string()))
}

/// The answer on a detour.
fn on(detour: Detour, token: Option<&str>, members: &mut Map<String, Value>) -> Answer {
    match detour {
        Detour::Past => {}
        Detour::Empty(count) => empty(Detour::Empty(count + 1), token, members),
        Detour::Again => {
            members.insert(NEXT.to_owned(), Detour::Again.token(token).into());
        }
    }
    text(members)
}

fn empty(next: Detour, token: Option<&str>, members: &mut Map<String, Value>) {
    members.values_mut().filter_map(Value::as_array_mut).for_each(Vec::clear);
    members.insert(NEXT.to_owned(), next.token(token).into());
}

fn changed(change: Change, token: Option<&str>, page: &Page, mut members: Map<String, Value>) -> Answer {
    match change {
        Change::UnknownMembers => {
            let mark = |members: &mut Map<String, Value>| {
                members.insert("memberOfTomorrow".to_owned(), json!({"of": [null, {"what": 1.5}]}));
            };
            for part in parts(&mut members) {
                match part {
                    Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).for_each(mark),
                    part => part.as_object_mut().into_iter().for_each(mark),
                }
            }
            mark(&mut members);
        }
        Change::UnknownEnums => parts(&mut members).for_each(rename_types),
        Change::NullItems => {
            parts(&mut members).filter_map(Value::as_array_mut).for_each(|list| list.insert(0, Value::Null));
        }
        Change::NullList => parts(&mut members).for_each(|part| *part = Value::Null),
        Change::NoList => members.retain(|_, value| !value.is_array() && !value.is_object()),
        Change::TextForList => parts(&mut members).for_each(|part| *part = "many".into()),
        Change::TextForItem => {
            for part in parts(&mut members) {
                match part {
                    Value::Array(list) => {
                        list.truncate(0);
                        list.push("one".into());
                    }
                    part => *part = "one".into(),
                }
            }
        }
        Change::Repeat => {
            let lists = members.values_mut().filter_map(Value::as_array_mut);
            lists.filter(|_| page.number > 1).for_each(|list| list.insert(0, page.item.clone()));
        }
        Change::TokenAgain => {
            members.insert(NEXT.to_owned(), Detour::Again.token(token).into());
        }
        Change::TokenBefore => {
            // The service's own token, where the page before has one.
            let before = page.before.clone();
            members.insert(NEXT.to_owned(), before.unwrap_or_else(|| Detour::Again.token(None)).into());
        }
        Change::EmptyPage => empty(Detour::Past, token, &mut members),
        Change::EmptyPages => empty(Detour::Empty(1), token, &mut members),
    }
    text(&members)
}

fn rename_types(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(rename_types),
        Value::Object(members) => {
            for (key, value) in members {
                match key.as_str() {
                    "resourceType" => *value = "Spaceship".into(),
                    _ => rename_types(value),
                }
            }
        }
        _ => {}
    }
}
