//! One statement over several machines: workers run their part of its plan with credentials of their own, and a coordinator
//! without any puts the parts together.
//!
//! Plans, rows and errors travel with `datafusion-distributed`, over HTTP/2. What is ours is which worker asks what, the way
//! in which scans and records travel, and the certificates.

mod channels;
mod connections;
mod coordinator;
mod tls;
mod worker;

pub use coordinator::{WorkerOptions, Workers};
pub use tls::Keys;
pub use worker::{Worker, offered};

use serde_json::{Value, json};

use crate::scan::remote::ProfileOffer;

/// What a worker says of itself, as the one text that `datafusion-distributed` has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkerInfo {
    /// The build of its program: plans and records have the form of one build.
    pub(crate) build: String,
    /// The profiles that it asks.
    pub(crate) profiles: Vec<ProfileOffer>,
    /// The regions that it is near to, as names and patterns.
    pub(crate) near: Vec<String>,
    /// What tells its process from another that is the same worker.
    pub(crate) process: String,
}

impl WorkerInfo {
    fn text(&self) -> String {
        let profile = |ProfileOffer { name, home, account }: &ProfileOffer| json!({ "name": name, "region": home, "account": account });
        let profiles: Vec<Value> = self.profiles.iter().map(profile).collect();
        json!({ "build": self.build, "profiles": profiles, "near": self.near, "process": self.process })
            .to_string()
    }

    /// What a worker said; `None` if it is none of ours.
    fn of(text: &str) -> Option<Self> {
        let about: Value = serde_json::from_str(text).ok()?;
        let profile = |profile: &Value| {
            let text = |key: &str| profile.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
            Some(ProfileOffer { name: text("name")?, home: text("region"), account: text("account") })
        };
        let profiles = about.get("profiles")?.as_array()?.iter().map(profile).collect::<Option<_>>()?;
        let near = about.get("near")?.as_array()?.iter().map(|region| Some(region.as_str()?.to_owned()));
        let near = near.collect::<Option<_>>()?;
        let text = |key: &str| about.get(key)?.as_str().map(ToOwned::to_owned);
        Some(Self { build: text("build")?, profiles, near, process: text("process")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_worker_says_of_itself_is_read_again() {
        let about = WorkerInfo {
            build: "0.1.0 \"x\"".into(),
            profiles: vec![
                ProfileOffer {
                    name: "a, b".into(),
                    home: Some("us-east-1".into()),
                    account: Some("1".into()),
                },
                ProfileOffer { name: "c".into(), ..ProfileOffer::default() },
            ],
            near: vec!["eu-*".into()],
            process: "p".into(),
        };
        assert_eq!(WorkerInfo::of(&about.text()), Some(about));
        assert_eq!(WorkerInfo::of("4.0.0"), None);
    }
}
