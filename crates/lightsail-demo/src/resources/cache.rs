//! How distributions cache: presets as Lightsail's console offers them.

use crate::json::Json;

const DAY_SECONDS: i64 = 86_400;

/// What to cache and for how long.
#[derive(Debug)]
pub(super) struct Caching {
    default: &'static str,
    /// Paths that are treated otherwise than the rest; `None` where it was never said.
    paths: Option<&'static [(&'static str, &'static str)]>,
    /// In seconds: least, usual, most.
    ttl: [i64; 3],
    methods: &'static str,
    cookies: (&'static str, Option<&'static [&'static str]>),
    headers: (&'static str, Option<&'static [&'static str]>),
    queries: (bool, Option<&'static [&'static str]>),
}

static PRESETS: [Caching; 4] = [
    // Static content.
    Caching {
        default: "cache",
        paths: None,
        ttl: [0, DAY_SECONDS, 365 * DAY_SECONDS],
        methods: "GET,HEAD",
        cookies: ("none", None),
        headers: ("allow-list", Some(&["Host"])),
        queries: (false, None),
    },
    // WordPress.
    Caching {
        default: "cache",
        paths: Some(&[("wp-admin/*", "dont-cache"), ("wp-json/*", "dont-cache"), ("*.php", "dont-cache")]),
        ttl: [0, 600, DAY_SECONDS],
        methods: "GET,HEAD,OPTIONS,PUT,PATCH,POST,DELETE",
        cookies: ("allow-list", Some(&["wordpress_*", "wp-settings-*"])),
        headers: ("allow-list", Some(&["Host", "CloudFront-Forwarded-Proto", "Origin"])),
        queries: (true, Some(&["page", "s"])),
    },
    // Everything dynamic but for what is known not to be.
    Caching {
        default: "dont-cache",
        paths: Some(&[("static/*", "cache")]),
        ttl: [0, DAY_SECONDS, 31 * DAY_SECONDS],
        methods: "GET,HEAD,OPTIONS,PUT,PATCH,POST,DELETE",
        cookies: ("all", Some(&[])),
        headers: ("all", None),
        queries: (true, None),
    },
    Caching {
        default: "cache",
        paths: Some(&[]),
        ttl: [60, 3600, DAY_SECONDS],
        methods: "GET,HEAD,OPTIONS",
        cookies: ("none", Some(&[])),
        headers: ("none", Some(&[])),
        queries: (false, Some(&[])),
    },
];

/// How distribution `number` caches.
pub(super) fn of(number: u64) -> &'static Caching {
    &PRESETS[(number % PRESETS.len() as u64) as usize]
}

impl Caching {
    /// The members `defaultCacheBehavior`, `cacheBehaviorSettings` and `cacheBehaviors`.
    pub(super) fn write(&self, json: &mut Json) {
        json.nested("defaultCacheBehavior", |json| json.text("behavior", self.default));
        json.nested("cacheBehaviorSettings", |json| {
            json.plain("defaultTTL", self.ttl[1]);
            json.plain("minimumTTL", self.ttl[0]);
            json.plain("maximumTTL", self.ttl[2]);
            json.text("allowedHTTPMethods", self.methods);
            json.text("cachedHTTPMethods", "GET,HEAD");
            for (key, list, (option, values)) in [
                ("forwardedCookies", "cookiesAllowList", self.cookies),
                ("forwardedHeaders", "headersAllowList", self.headers),
            ] {
                json.nested(key, |json| {
                    json.text("option", option);
                    some_texts(json, list, values);
                });
            }
            json.nested("forwardedQueryStrings", |json| {
                json.plain("option", self.queries.0);
                some_texts(json, "queryStringsAllowList", self.queries.1);
            });
        });
        let Some(paths) = self.paths else { return };
        json.array("cacheBehaviors", |json| {
            for (path, behavior) in paths {
                json.element(|json| {
                    json.text("path", path);
                    json.text("behavior", behavior);
                });
            }
        });
    }
}

fn some_texts(json: &mut Json, key: &str, values: Option<&[&str]>) {
    if let Some(values) = values {
        json.texts(key, values);
    }
}

/// The member `customErrorResponses` of distribution `number`: pages in place of errors, where somebody made some.
pub(super) fn error_responses(json: &mut Json, number: u64) {
    let all = [
        (404, Some(("200", "/index.html")), Some(300)),
        (503, Some(("503", "/sorry.html")), None),
        (500, None, Some(10)),
    ];
    let count = match number % 5 {
        4 => return,
        count => (count as usize).min(all.len()),
    };
    json.array("customErrorResponses", |json| {
        for (code, page, seconds) in all.into_iter().take(count) {
            json.element(|json| {
                json.plain("errorCode", code);
                if let Some((response, path)) = page {
                    json.text("responseCode", response);
                    json.text("responsePagePath", path);
                }
                if let Some(seconds) = seconds {
                    json.plain("errorCachingMinTTL", seconds);
                }
            });
        }
    });
}
