//! `doctor`, and errors that name the suspect: profiles, logins, hosts, proxies and clocks.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lightsail_demo as demo;
use tempfile::TempDir;

use crate::support::{Endpoint, Run, run, run_with};

#[test]
fn a_healthy_surrounding_is_all_well() {
    let endpoint = Endpoint::start(demo::Config::default());
    let run = endpoint.run(&["doctor"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.stdout);
    for what in ["config", "terminal", "proxy", "credentials", "region", "endpoint", "clock", "permissions"] {
        assert!(run.stdout.contains(&format!("ok    {what} ")), "{what}: {}", run.stdout);
    }
    assert!(run.stdout.contains("AWS_ACCESS_KEY_ID in the environment"), "{}", run.stdout);
    assert!(run.stdout.contains(", as AWS_ENDPOINT_URL says"), "{}", run.stdout);
    assert!(!run.stdout.contains(demo::ACCESS_KEY), "{}", run.stdout);
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for request in endpoint.server.requests() {
        *asked.entry(request.operation.clone()).or_default() += 1;
    }
    assert!(asked.values().all(|count| *count == 1), "{asked:?}");
    assert!(run.stdout.contains(&format!("all {} actions are allowed", asked.len())), "{}", run.stdout);
    assert_eq!(self::run(&["doctor", "--demo"]).code, Some(0));
}

#[test]
fn actions_that_are_not_allowed_are_named_with_what_mends_it() {
    let denied = ["GetAlarms", "GetBuckets", "GetInstanceMetricData"];
    let endpoint = Endpoint::with_hook(move |request| {
        denied
            .contains(&request.operation.as_str())
            .then(|| demo::Reply::error(400, "AccessDeniedException", "no"))
    });
    let run = endpoint.run(&["doctor"]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(254), "error: 1 thing wants mending\n"),
        "{}",
        run.stdout
    );
    let actions = denied.map(|name| format!("lightsail:{name}")).join(", ");
    assert!(run.stdout.contains(&format!("actions are not allowed: {actions}\n")), "{}", run.stdout);
    assert!(run.stdout.contains("mend: allow them to profile default, or lightsail:Get*"), "{}", run.stdout);
}

#[test]
fn what_fails_is_found_with_a_mend_and_an_exit_code() {
    let nobody = run_with(&["doctor"], &[("AWS_REGION", "us-east-1")], "");
    assert_eq!(nobody.code, Some(253), "{}", nobody.stdout);
    assert!(
        nobody.stdout.contains("FAIL  credentials  no credentials for profile default"),
        "{}",
        nobody.stdout
    );
    assert!(nobody.stdout.contains("mend: set them up with: aws configure"), "{}", nobody.stdout);

    let keys = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "b")];
    let nowhere = run_with(&["doctor"], &keys, "");
    assert_eq!(nowhere.code, Some(253), "{}", nowhere.stdout);
    assert!(nowhere.stdout.contains("FAIL  region       no region is set"), "{}", nowhere.stdout);

    let expired = Endpoint::with_hook(|_| Some(demo::Reply::error(400, "ExpiredTokenException", "expired")));
    let run = expired.run(&["doctor"]);
    assert_eq!(run.code, Some(253), "{}", run.stdout);
    assert!(run.stdout.contains("ExpiredTokenException: expired"), "{}", run.stdout);

    let closed =
        [&keys[..], &[("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]].concat();
    let run = run_with(&["doctor", "--max-attempts", "1"], &closed, "");
    assert_eq!(run.code, Some(254), "{}", run.stdout);
    assert!(
        run.stdout.contains("note  endpoint     http://127.0.0.1:1, as AWS_ENDPOINT_URL says: no answer"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("mend: AWS_ENDPOINT_URL makes it this host"), "{}", run.stdout);

    let home = TempDir::new().unwrap();
    let config = home.path().join("config.toml");
    std::fs::write(&config, "regoins = \"all\"\n").unwrap();
    let run = run_with(&["doctor", "--demo"], &[("LIGHTSAIL_SQL_CONFIG", config.to_str().unwrap())], "");
    assert_eq!(run.code, Some(2), "{}", run.stdout);
    assert!(run.stdout.contains("line 1: there is no key regoins\n"), "{}", run.stdout);
    assert!(run.stdout.contains("mend: did you mean regions?"), "{}", run.stdout);
    std::fs::write(&config, "queries = \"nowhere\"\n").unwrap();
    let run = run_with(&["doctor", "--demo"], &[("LIGHTSAIL_SQL_CONFIG", config.to_str().unwrap())], "");
    assert_eq!(run.code, Some(2), "{}", run.stdout);
    assert!(run.stdout.contains("/nowhere cannot be read"), "{}", run.stdout);
}

#[test]
fn a_clock_that_is_off_is_told_by_how_much() {
    let later = DateTime::<Utc>::from(SystemTime::now() + Duration::from_secs(20 * 60));
    let endpoint = Endpoint::with_hook(move |_| {
        let demo::Reply::Status { status, body, mut headers } =
            demo::Reply::error(400, "InvalidSignatureException", "Signature not yet current")
        else {
            return None;
        };
        headers.push(("date".to_owned(), later.to_rfc2822().replace("+0000", "GMT")));
        Some(demo::Reply::Status { status, body, headers })
    });
    let query = endpoint.run(&["-c", "SELECT name FROM instances"]);
    assert_eq!(query.code, Some(254));
    assert!(
        query.stderr.ends_with("hint: this machine's clock is 20 min behind: set it\n"),
        "{}",
        query.stderr
    );
    let doctor = endpoint.run(&["doctor"]);
    assert_eq!(doctor.code, Some(254));
    assert!(
        doctor.stdout.contains("FAIL  clock        this machine's clock is 20 min behind"),
        "{}",
        doctor.stdout
    );
}

/// The binary with these two files of a home directory.
struct Home(TempDir);

impl Home {
    fn new(config: &str) -> Self {
        let home = TempDir::new().unwrap();
        std::fs::create_dir_all(home.path().join(".aws/sso/cache")).unwrap();
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        Self(home)
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Run {
        let home = self.0.path();
        let config = home.join(".aws/config");
        let always = [
            ("HOME", home.to_str().unwrap()),
            ("AWS_CONFIG_FILE", config.to_str().unwrap()),
            ("AWS_REGION", "us-east-1"),
        ];
        run_with(args, &[&always, env].concat(), "")
    }
}

const QUERY: [&str; 2] = ["-c", "SELECT name FROM instances"];

#[test]
fn a_profile_that_is_misspelt_is_met_with_the_one_that_was_meant() {
    let home = Home::new(
        "[profile prod]\naws_access_key_id = A\naws_secret_access_key = b\n\
         [profile audit]\nrole_arn = arn:aws:iam::123456789012:role/Audit\nsource_profile = prdo\n",
    );
    let named = home.run(&[&["--profile", "prdo"], &QUERY[..]].concat(), &[]);
    assert_eq!(named.code, Some(253));
    assert!(
        named.stderr.contains("no such profile\nhint: did you mean prod? the profiles there are: "),
        "{}",
        named.stderr
    );
    let of_environment = home.run(&QUERY, &[("AWS_PROFILE", "prdo")]);
    assert!(
        of_environment.stderr.contains("hint: did you mean prod? or unset AWS_PROFILE"),
        "{}",
        of_environment.stderr
    );
    let source = home.run(&[&["--profile", "audit"], &QUERY[..]].concat(), &[]);
    assert!(
        source.stderr.contains("there is no profile prdo\nhint: did you mean prod?"),
        "{}",
        source.stderr
    );
    for profile in ["prdo", "audit"] {
        let doctor = home.run(&["doctor", "--profile", profile], &[]);
        assert_eq!(doctor.code, Some(253));
        assert!(doctor.stdout.contains("mend: did you mean prod?"), "{}", doctor.stdout);
    }
    let lost = Home::new(
        "[profile audit]\nrole_arn = arn:aws:iam::123456789012:role/Audit\nsource_profile = nosuch\n",
    );
    let doctor = lost.run(&["doctor", "--profile", "audit"], &[]);
    assert!(
        doctor.stdout.contains("mend: source_profile names one of the profiles there are"),
        "{}",
        doctor.stdout
    );
}

#[test]
fn a_login_of_the_old_form_that_has_expired_is_told_by_its_date_without_a_call() {
    let home = Home::new(
        "[profile sso]\nsso_start_url = https://d-92671207e4.awsapps.com/start\nsso_region = us-east-1\n\
         sso_account_id = 123456789012\nsso_role_name = Audit\n",
    );
    let args = [&["--profile", "sso"], &QUERY[..]].concat();
    // Whoever went to the network would be met by a proxy that is not there.
    let env = [("HTTPS_PROXY", "http://127.0.0.1:1")];
    let never = home.run(&args, &env);
    assert_eq!(never.code, Some(253));
    let said = "error: no credentials for profile sso: nobody has logged in to SSO\nhint: run: aws sso login --profile sso\n";
    assert_eq!(never.stderr, said);
    let login = home.0.path().join(".aws/sso/cache/13f9d35043871d073ab260e020f0ffde092cb14b.json");
    std::fs::write(&login, "{\"accessToken\": \"SECRET\", \"expiresAt\": \"2026-01-02T03:04:05Z\"}").unwrap();
    let expired = home.run(&args, &env);
    assert!(
        expired.stderr.contains("the SSO login expired at 2026-01-02 03:04 UTC\nhint: run: aws sso login"),
        "{}",
        expired.stderr
    );
    std::fs::write(&login, "{\"accessToken\": \"SECRET\", \"expiresAt\": \"2999-01-02T03:04:05Z\"}").unwrap();
    let valid = home.run(&args, &env);
    assert!(!valid.stderr.contains("expired at") && !valid.stderr.contains("SECRET"), "{}", valid.stderr);
}

#[test]
fn the_host_and_what_made_it_are_named() {
    let keys = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "eu-west-1")];
    let ask = |env: &[(&str, &str)], flags: &[&str]| {
        let run =
            run_with(&[&["--max-attempts", "1"], flags, &QUERY[..]].concat(), &[&keys, env].concat(), "");
        assert_eq!(run.code, Some(254), "{}", run.stderr);
        run.stderr
    };
    let by_flag = ask(&[], &["--endpoint-url", "http://127.0.0.1:1"]);
    assert!(by_flag.contains("failed: http://127.0.0.1:1: "), "{by_flag}");
    assert!(by_flag.contains("hint: --endpoint-url makes it this host"), "{by_flag}");
    // A proxy that is not there: nothing of this leaves the machine.
    let proxy = ("HTTPS_PROXY", "http://user:SECRET@127.0.0.1:1");
    let by_proxy = ask(&[proxy], &[]);
    assert!(by_proxy.contains("failed: https://lightsail.eu-west-1.amazonaws.com: "), "{by_proxy}");
    assert!(
        by_proxy.contains(
            "hint: the request goes through the proxy http://127.0.0.1:1, which HTTPS_PROXY or ALL_PROXY \
             names: is it up? NO_PROXY=lightsail.eu-west-1.amazonaws.com goes without it"
        ),
        "{by_proxy}"
    );
    assert!(!by_proxy.contains("SECRET"), "{by_proxy}");
    let by_fips = ask(&[proxy, ("AWS_USE_FIPS_ENDPOINT", "true")], &[]);
    assert!(by_fips.contains("failed: https://lightsail-fips.eu-west-1.amazonaws.com: "), "{by_fips}");
    let by_dual = ask(&[proxy, ("AWS_USE_DUALSTACK_ENDPOINT", "true")], &[]);
    assert!(by_dual.contains("failed: https://lightsail.eu-west-1.api.aws: "), "{by_dual}");
}
