//! How a call gets to its host: who named the host, and which proxy is in between.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::discovery::sdk_regions;
use super::outgoing::is_local;
use super::target::Target;
use crate::nearest::nearest;

/// What was seen of a call on its way.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Where it was sent.
    pub(super) url: Option<String>,
    /// The service's clock at the time that it answered, and ours.
    pub(super) clocks: Option<(SystemTime, SystemTime)>,
}

/// How far clocks may be apart before it is worth a word: AWS refuses signatures of five minutes.
const SKEW: Duration = Duration::from_secs(240);

impl Seen {
    /// How far this machine's clock is off, if it matters: `14 min behind`.
    pub(super) fn skew(&self) -> Option<String> {
        let (theirs, ours) = self.clocks?;
        let (apart, what) = match theirs.duration_since(ours) {
            Ok(apart) => (apart, "behind"),
            Err(error) => (error.duration(), "ahead"),
        };
        (apart > SKEW).then(|| match apart.as_secs() {
            seconds if seconds < 7200 => format!("{} min {what}", (seconds + 30) / 60),
            seconds => format!("{} h {what}", (seconds + 1800) / 3600),
        })
    }
}

/// How a call gets to its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Scheme, host and port.
    pub url: String,
    /// The setting that made it this host; `None` if it is AWS's own of the region.
    pub named_by: Option<String>,
    /// The proxy, without who signs on to it, and the variables that may name it.
    pub proxy: Option<(String, &'static str)>,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The first of these variables that is set.
fn set(names: &[&str]) -> Option<String> {
    names.iter().find(|name| variable(name).is_some()).map(|name| (*name).to_owned())
}

/// Whether no host at all is to be asked through a proxy.
///
/// hyper-util takes `*` for all names, but not for addresses.
pub(super) fn is_without_proxies() -> bool {
    let list = ["NO_PROXY", "no_proxy"].iter().find_map(|name| variable(name));
    list.is_some_and(|list| list.split(',').any(|part| part.trim() == "*"))
}

impl Route {
    /// The route of a call to `url`, which `config` made, or a flag of this name.
    pub(super) fn new(url: &str, config: Option<&SdkConfig>, flag: Option<&str>) -> Self {
        let uri = url.parse::<Uri>().unwrap_or_default();
        let scheme = uri.scheme_str().unwrap_or("https");
        let authority = uri.authority().map_or(url, |authority| authority.as_str());
        let authority = authority.rsplit('@').next().unwrap_or_default();
        Self {
            named_by: named_by(uri.host().unwrap_or_default(), config, flag),
            proxy: proxy(&uri).filter(|_| !is_without_proxies()),
            url: format!("{scheme}://{authority}"),
        }
    }

    /// What may be wrong with it.
    pub(super) fn suspect(&self, target: &Target) -> String {
        let uri = self.url.parse::<Uri>().unwrap_or_default();
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let region = &target.region;
        match (&self.proxy, &self.named_by) {
            (Some((proxy, variables)), _) => format!(
                "the request goes through the proxy {proxy}, which {variables} names: is it up? NO_PROXY={host} goes \
                 without it"
            ),
            (None, Some(who)) => format!("{who} makes it this host: is that right, and is it up?"),
            (None, None) => match sdk_regions() {
                known if known.contains(region) => "check the network and the name server".to_owned(),
                known => match nearest(region, &known) {
                    Some(meant) => format!("{region} is no region that is known; did you mean {meant}?"),
                    None => format!("{region} is no region that is known; there are {}", known.join(", ")),
                },
            },
        }
    }
}

/// The setting that made it this host.
fn named_by(host: &str, config: Option<&SdkConfig>, flag: Option<&str>) -> Option<String> {
    if let Some(flag) = flag {
        return Some(flag.to_owned());
    }
    let is_aws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|end| host.ends_with(end));
    if !is_aws {
        let named = set(&["AWS_ENDPOINT_URL_LIGHTSAIL", "AWS_ENDPOINT_URL"]);
        return Some(named.unwrap_or_else(|| "endpoint_url in the AWS configuration files".to_owned()));
    }
    let switch = |is_on: Option<bool>, name: &str, key: &str| {
        is_on.unwrap_or_default().then(|| set(&[name]).unwrap_or_else(|| format!("{key} of the profile")))
    };
    let config = config?;
    let fips = switch(config.use_fips(), "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    fips.or_else(|| switch(config.use_dual_stack(), "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"))
}

/// The proxy for a URL, and which variables may name it.
fn proxy(uri: &Uri) -> Option<(String, &'static str)> {
    if is_local(uri) {
        return None;
    }
    let proxy = Matcher::from_env().intercept(uri)?;
    let (scheme, authority) = (proxy.uri().scheme_str()?, proxy.uri().authority()?.as_str());
    let bare = authority.rsplit('@').next().unwrap_or_default();
    let variables = match uri.scheme_str() {
        Some("http") => "HTTP_PROXY or ALL_PROXY",
        _ => "HTTPS_PROXY or ALL_PROXY",
    };
    Some((format!("{scheme}://{bare}"), variables))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::target::Profile;

    fn at(region: &str) -> Target {
        Target { profile: Profile { name: "p".into(), is_explicit: true }, region: region.into() }
    }

    #[test]
    fn a_clock_is_off_by_minutes_or_hours() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let skew = |theirs: SystemTime| Seen { url: None, clocks: Some((theirs, now)) }.skew();
        assert_eq!(skew(now + Duration::from_secs(60)), None);
        assert_eq!(skew(now + Duration::from_secs(841)).as_deref(), Some("14 min behind"));
        assert_eq!(skew(now - Duration::from_secs(3 * 3600)).as_deref(), Some("3 h ahead"));
        assert_eq!(Seen::default().skew(), None);
    }

    #[test]
    fn the_host_has_its_setting() {
        let config = |fips, dual| SdkConfig::builder().use_fips(fips).use_dual_stack(dual).build();
        let named = |host: &str, fips, dual| named_by(host, Some(&config(fips, dual)), None);
        assert_eq!(named("lightsail.us-east-1.amazonaws.com", false, false), None);
        let fips = named("lightsail-fips.eu-west-1.amazonaws.com", true, false);
        assert_eq!(fips.as_deref(), Some("use_fips_endpoint of the profile"));
        let dual = named("lightsail.eu-west-1.api.aws", false, true);
        assert_eq!(dual.as_deref(), Some("use_dualstack_endpoint of the profile"));
        assert_eq!(named_by("localhost", None, Some("--endpoint-url")).as_deref(), Some("--endpoint-url"));
    }

    #[test]
    fn a_region_that_is_none_is_the_suspect() {
        let route =
            Route { url: "https://lightsail.us-esat-1.amazonaws.com".into(), named_by: None, proxy: None };
        let suspect = route.suspect(&at("us-esat-1"));
        assert_eq!(suspect, "us-esat-1 is no region that is known; did you mean us-east-1?");
        assert_eq!(route.suspect(&at("us-east-1")), "check the network and the name server");
    }
}
