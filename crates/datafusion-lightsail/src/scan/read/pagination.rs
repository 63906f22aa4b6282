//! Bounded scans: MaxItems, StartingToken and NextToken with boto3's meaning, over all targets of a query.
//!
//! boto3's PaginationConfig counts items of one listing in one region. Ours counts them over all targets, one after
//! another in the order in which the session names them; a NextToken says at which target, on which page and behind
//! how many of its items the next run begins.

use std::collections::VecDeque;
use std::sync::Arc;

use aws_smithy_types::base64;
use serde_json::{Value, json};

use crate::aws::Target;
use crate::aws::target::Profile;
use crate::error::{Error, Kind, Result};
use crate::options::LightsailOptions;
use crate::scan::plan::requests::Work;

/// The form of the token. A token of another one is refused.
const VERSION: u64 = 1;

/// A place in the listing of an operation over all targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::scan) struct ResumePoint {
    pub(in crate::scan) profile: String,
    /// None at the beginning of a profile whose regions are not known yet.
    pub(in crate::scan) region: Option<String>,
    /// The API's token of the page; none for the first.
    pub(in crate::scan) page: Option<String>,
    /// How many of the page's items come before.
    pub(in crate::scan) skip: usize,
    /// Which of the requests at that target: some listings take several.
    pub(in crate::scan) request: usize,
    /// The profiles and regions that were to be asked: what comes before the place was read only if they are the same.
    pub(in crate::scan) asked: u64,
}

/// What a bounded scan reads of an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::scan) struct Pagination {
    /// Where to begin; none at the start.
    pub(in crate::scan) start: Option<ResumePoint>,
    /// How many items at most.
    pub(in crate::scan) max_items: Option<usize>,
}

impl Pagination {
    /// The pagination that the settings ask for; `None` if they ask for all there is.
    ///
    /// # Errors
    /// When the starting token is none of ours, or one of another operation.
    pub(in crate::scan) fn of(options: &LightsailOptions, operation: &str) -> Result<Option<Self>> {
        if !options.is_bounded() {
            return Ok(None);
        }
        let token = options.starting_token.trim();
        let start = if token.is_empty() { None } else { Some(ResumePoint::parse(token, operation)?) };
        Ok(Some(Self { start, max_items: options.max_items }))
    }
}

impl ResumePoint {
    /// A place in the answer to a request: behind `skip` items of the page with this token.
    pub(in crate::scan) fn at(work: &Work, page: Option<&Arc<str>>, skip: usize, asked: u64) -> Self {
        let Target { profile, region } = &work.request.target;
        Self {
            profile: profile.name.clone(),
            region: Some(region.clone()),
            page: page.map(ToString::to_string),
            skip,
            request: work.ordinal,
            asked,
        }
    }

    /// The beginning of a profile.
    pub(in crate::scan) fn of_profile(profile: &Profile, asked: u64) -> Self {
        Self { profile: profile.name.clone(), region: None, page: None, skip: 0, request: 0, asked }
    }

    /// The token that a later run begins with.
    pub(in crate::scan) fn token(&self, operation: &str) -> String {
        let Self { profile, region, page, skip, request, asked } = self;
        let text = json!({
            "v": VERSION, "o": operation, "p": profile, "r": region, "t": page, "s": skip, "n": request, "q": asked
        });
        base64::encode(text.to_string())
    }

    fn parse(token: &str, operation: &str) -> Result<Self> {
        let foreign = || {
            Error::new(Kind::Usage, "the starting token is no NextToken of lightsail-sql")
                .with_hint("--starting-token takes what an earlier run printed behind NextToken:")
        };
        let text = base64::decode(token).map_err(|_| foreign())?;
        let token: Value = serde_json::from_slice(&text).map_err(|_| foreign())?;
        if token["v"].as_u64() != Some(VERSION) {
            return Err(foreign());
        }
        let of = token["o"].as_str().ok_or_else(foreign)?;
        if of != operation {
            let what = format!("the starting token goes on with {of}, and this query reads {operation}");
            return Err(Error::new(Kind::Usage, what).with_hint("run the query that printed the token"));
        }
        // Without one of its members it would begin elsewhere, and nobody would know.
        let optional = |key: &str| match token.get(key) {
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Null) => Ok(None),
            _ => Err(foreign()),
        };
        let number = |key: &str| token[key].as_u64().and_then(|number| usize::try_from(number).ok());
        Ok(Self {
            profile: optional("p")?.ok_or_else(foreign)?,
            region: optional("r")?,
            page: optional("t")?,
            skip: number("s").ok_or_else(foreign)?,
            request: number("n").ok_or_else(foreign)?,
            asked: token["q"].as_u64().ok_or_else(foreign)?,
        })
    }

    /// What profiles and regions come to as a number: FNV-1a, the same in every process.
    pub(in crate::scan) fn asked(options: &LightsailOptions) -> u64 {
        let bytes = options.profiles.bytes().chain([b'|']).chain(options.regions.bytes());
        bytes.filter(|byte| *byte != b' ').fold(0xcbf2_9ce4_8422_2325, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// Leaves out the profiles that come before it.
    ///
    /// # Errors
    /// When they are not those that were asked for when the token was made.
    pub(in crate::scan) fn pass_over(&self, profiles: &mut VecDeque<Profile>, asked: u64) -> Result<()> {
        if profiles.is_empty() {
            return Ok(());
        }
        while profiles.front().is_some_and(|profile| profile.name != self.profile) {
            profiles.pop_front();
        }
        if self.asked != asked || profiles.is_empty() { Err(self.is_elsewhere()) } else { Ok(()) }
    }

    /// What a token gets whose target is not asked any more.
    pub(in crate::scan) fn is_elsewhere(&self) -> Error {
        let region = self.region.as_deref().unwrap_or("*");
        let what =
            format!("the starting token goes on at {}/{region}, which this query does not ask", self.profile);
        Error::new(Kind::Usage, what)
            .with_hint("run it with the --profile and --region of the run that printed the token")
    }

    /// What a token gets whose page has fewer items than it passes over.
    pub(in crate::scan) fn is_outdated(&self, items: usize) -> Error {
        let what =
            format!("the starting token passes over {} items of a page that has {items} now", self.skip);
        Error::new(Kind::Usage, what).with_hint("the fleet has changed: begin anew, without a starting token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> ResumePoint {
        ResumePoint {
            profile: "prod".into(),
            region: Some("us-east-1".into()),
            page: Some("x/y+z=".into()),
            skip: 7,
            request: 1,
            asked: u64::MAX,
        }
    }

    #[test]
    fn a_token_reads_back() {
        for position in
            [position(), ResumePoint { region: None, page: None, skip: 0, request: 0, ..position() }]
        {
            let token = position.token("GetInstances");
            assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)), "{token}");
            assert_eq!(ResumePoint::parse(&token, "GetInstances").unwrap(), position);
        }
    }

    /// A token is base64 of what it says: both are tried.
    #[test]
    fn fuzz_resume_token() {
        crate::fuzz::fuzz("resume_token", 3000, |bytes| {
            let text = String::from_utf8_lossy(bytes);
            for token in [text.trim().to_owned(), base64::encode(bytes)] {
                match ResumePoint::parse(&token, "GetInstances") {
                    Ok(point) => {
                        let again = ResumePoint::parse(&point.token("GetInstances"), "GetInstances");
                        assert_eq!(again.unwrap(), point);
                    }
                    Err(error) => assert_eq!(error.kind(), Kind::Usage),
                }
            }
        });
    }

    #[test]
    fn what_is_no_token_of_this_query_says_so() {
        let other = position().token("GetDisks");
        let newer = base64::encode(r#"{"v":2,"o":"GetInstances","p":"a","s":0}"#);
        let whole = base64::decode(position().token("GetInstances")).unwrap();
        let whole: Value = serde_json::from_slice(&whole).unwrap();
        for member in ["v", "o", "p", "r", "t", "s", "n", "q"] {
            let mut cut = whole.clone();
            cut.as_object_mut().unwrap().remove(member).unwrap();
            let error = ResumePoint::parse(&base64::encode(cut.to_string()), "GetInstances").unwrap_err();
            assert!(error.message().contains("is no NextToken"), "{member}");
        }
        for (token, message) in [
            ("eyJuZXh0VG9rZW4iOiBudWxsfQ==", "is no NextToken of lightsail-sql"),
            ("not base64!", "is no NextToken of lightsail-sql"),
            (newer.as_str(), "is no NextToken of lightsail-sql"),
            (other.as_str(), "goes on with GetDisks, and this query reads GetInstances"),
        ] {
            let options = LightsailOptions::default().with_starting_token(token);
            let error = Pagination::of(&options, "GetInstances").unwrap_err();
            assert!(error.message().contains(message), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
        assert_eq!(Pagination::of(&LightsailOptions::default(), "GetInstances").unwrap(), None);
    }
}
