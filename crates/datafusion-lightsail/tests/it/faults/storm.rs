//! A throttle storm: most calls for one region are told to come again.

use std::pin::pin;
use std::time::Duration;

use lightsail_demo::faults::Faults;

use super::scan::{How, REGIONS, Told, ask, of_region, runtime, truth};

const SQL: &str = "SELECT name, region FROM instances";
const HOW: How =
    How { instances: 60, partial: false, attempts: 12, max_items: None, cached: false, is_slow: false };

fn storm(percent: u32, retry_after: u32) -> Faults {
    let region = REGIONS[0];
    format!("ThrottlingException region={region} percent={percent} retry-after={retry_after}")
        .parse()
        .unwrap()
}

#[test]
fn a_throttle_storm_is_waited_out_and_slows_nobody_else() {
    runtime().block_on(async {
        // Which calls are told to come again depends on their order: of 12 attempts each page would fail once in 15 times.
        let (server, session) = How { attempts: 40, ..HOW }.start().await;
        let truth = truth(&session, SQL).await;
        let before = server.requests().len();
        server.set_faults(storm(80, 5));
        let (mut has_waited, mut asked) = (false, pin!(ask(&session, SQL)));
        let Told { rows, record, error } = loop {
            tokio::select! {
                told = &mut asked => break told,
                () = tokio::time::sleep(Duration::from_millis(1)) => {
                    let records = session.records().records();
                    has_waited |= records.iter().any(|record| record.waiting() > 0);
                }
            }
        };
        assert!(has_waited && record.throttled() > 0);
        assert!(error.is_none() && rows == truth, "{error:?}");
        let requests = server.requests().split_off(before);
        let of = |region: &str| {
            let sent: Vec<u64> =
                requests.iter().filter(|request| request.region == region).map(|one| one.sequence).collect();
            (sent.len(), sent.last().copied().unwrap_or_default())
        };
        let ((stormy, last_stormy), (calm, last_calm)) = (of(REGIONS[0]), of(REGIONS[1]));
        assert_eq!(calm, 10, "each of its pages once");
        assert!(stormy > 20, "{stormy} calls for 10 pages");
        assert!(last_calm < last_stormy, "the other region does not wait for this one");
    });
}

#[test]
fn a_storm_without_an_end_ends_within_the_budget_of_retries() {
    runtime().block_on(async {
        for partial in [false, true] {
            let (server, session) = How { partial, ..HOW }.start().await;
            let truth = truth(&session, SQL).await;
            let before = server.requests().len();
            server.set_faults(storm(100, 1));
            let Told { rows, record, error } = ask(&session, SQL).await;
            let missing = record.completeness().missing;
            let error = error.as_ref().or(missing.first()).unwrap();
            let fault = error.fault().unwrap();
            assert_eq!(
                (fault.code.as_deref(), fault.region.as_str()),
                (Some("ThrottlingException"), REGIONS[0])
            );
            assert!(
                fault.request_id.is_some() && error.hint().unwrap().contains("--max-attempts"),
                "{error}"
            );
            assert!(!partial || rows == of_region(&truth, REGIONS[1]));
            let requests = server.requests().split_off(before);
            let tried = requests.iter().filter(|request| request.region == REGIONS[0]).count();
            assert_eq!(tried, 12, "as often as --max-attempts says");
        }
    });
}
