//! Metrics, costs and logs: what is told of a time.

use serde_json::{Value, json};

use super::super::ACCESS_KEY;
use super::fleet::{STANDARD, ask, list};
use super::support::{METRICS, everything, get, items, metric_request, regions};

const REGION: &str = "us-east-1";

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("no {key} in {of}"))
}

fn running() -> Value {
    everything(REGION, "GetInstances").into_iter().find(|one| one["state"]["name"] == "running").unwrap()
}

#[test]
fn points_are_of_the_period_that_was_asked_for() {
    let name = running()["name"].clone();
    let all = |period: u64| {
        let body = metric_request("instanceName", &name, "CPUUtilization", "Percent", period);
        list(&get(REGION, "GetInstanceMetricData", &body), "/metricData").to_vec()
    };
    for (period, samples) in [(300, 1.0), (3600, 12.0), (86_400, 288.0)] {
        let points = all(period);
        assert_eq!(points.len() as u64, 86_400 / period);
        for (index, point) in points.iter().enumerate() {
            assert_eq!(number(point, "timestamp") as u64, 1_767_139_200 + index as u64 * period);
            assert_eq!((number(point, "sampleCount"), point["unit"].as_str()), (samples, Some("Percent")));
            let (low, average, high) =
                (number(point, "minimum"), number(point, "average"), number(point, "maximum"));
            assert!(low <= average && average <= high && high <= 100.0, "{point}");
            assert!((number(point, "sum") - average * samples).abs() < 0.05 * samples, "{point}");
        }
    }
    // A minute of what is measured every five has no points of its own.
    assert_eq!(all(60).len(), 288);
}

#[test]
fn days_have_a_rhythm_and_no_jumps() {
    for (operation, listing, name, member, [metric, unit]) in METRICS {
        if *operation == "GetBucketMetricData" {
            continue;
        }
        for one in everything(REGION, listing).iter().take(20) {
            let body = metric_request(member, &one[name], metric, unit, 300);
            let answer = get(REGION, operation, &body);
            let values: Vec<f64> =
                list(&answer, "/metricData").iter().map(|point| number(point, "average")).collect();
            let (low, high) =
                values.iter().fold((f64::MAX, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
            assert!(
                values.windows(2).all(|pair| (pair[1] - pair[0]).abs() <= 0.08 * high + 0.001),
                "{operation}: {values:?}"
            );
            assert!(values.is_empty() || values.len() == 288 && high > low, "{operation}: {values:?}");
        }
    }
}

#[test]
fn only_the_statistics_that_were_asked_for_come_and_only_in_the_published_unit() {
    let mut body = metric_request("instanceName", &running()["name"], "NetworkIn", "Bytes", 3600);
    body["statistics"] = json!(["Maximum"]);
    let point = list(&get(REGION, "GetInstanceMetricData", &body), "/metricData")[0].clone();
    let members: Vec<&String> = point.as_object().unwrap().keys().collect();
    assert_eq!(members.len(), 3, "{members:?}");
    assert!(point.get("maximum").is_some());
    body["unit"] = json!("Percent");
    assert_eq!(get(REGION, "GetInstanceMetricData", &body)["metricData"], json!([]));
}

#[test]
fn metrics_agree_with_what_the_resources_say() {
    for region in regions() {
        for one in everything(region, "GetInstances") {
            let body = metric_request("instanceName", &one["name"], "StatusCheckFailed", "Count", 3600);
            let answer = get(region, "GetInstanceMetricData", &body);
            let last = list(&answer, "/metricData").last();
            match one["state"]["name"].as_str() {
                Some("running") => {
                    let failed = one["instanceStatus"]["status"] == "impaired";
                    assert_eq!(number(last.unwrap(), "maximum") > 0.0, failed, "{one}");
                }
                // It has been like that for some time.
                _ => assert!(list(&answer, "/metricData").len() <= 24),
            }
        }
        for one in everything(region, "GetLoadBalancers") {
            let healthy = list(&one, "/instanceHealthSummary")
                .iter()
                .filter(|i| i["instanceHealth"] == "healthy")
                .count();
            let body = metric_request("loadBalancerName", &one["name"], "HealthyHostCount", "Count", 86_400);
            let answer = get(region, "GetLoadBalancerMetricData", &body);
            assert_eq!(number(&answer["metricData"][0], "average") as usize, healthy);
        }
    }
}

#[test]
fn buckets_are_measured_once_a_day_and_grow() {
    let bucket = everything(REGION, "GetBuckets")[0]["name"].clone();
    let size = |start: u64, end: u64, period: u64| {
        let mut body = metric_request("bucketName", &bucket, "BucketSizeBytes", "Bytes", period);
        body["startTime"] = start.into();
        body["endTime"] = end.into();
        list(&get(REGION, "GetBucketMetricData", &body), "/metricData").to_vec()
    };
    let (start, end) = (1_764_547_200, 1_767_225_600);
    let days = size(start, end, 86_400);
    assert_eq!((days.len(), size(start, end, 3600).len()), (31, 31));
    assert!(number(&days[30], "average") > number(&days[0], "average"));
}

#[test]
fn a_time_that_is_too_long_or_none_is_refused() {
    let mut body = metric_request("instanceName", &running()["name"], "NetworkIn", "Bytes", 60);
    let refused =
        |body: &Value| ask(STANDARD, ACCESS_KEY, REGION, "GetInstanceMetricData", body).unwrap_err();
    body["startTime"] = json!(1_767_000_000);
    assert!(refused(&body).contains("exceeds the limit of 1440"), "{}", refused(&body));
    body["startTime"] = body["endTime"].clone();
    assert!(refused(&body).contains("before endTime"));
    body["period"] = json!(90);
    assert!(refused(&body).contains("multiple of 60"));
}

#[test]
fn costs_are_the_prices_of_the_bundles() {
    let bundles = everything(REGION, "GetBundles");
    for one in everything(REGION, "GetInstances").iter().take(30) {
        let body = json!({"resourceName": one["name"], "startTime": 1_765_000_000, "endTime": 1_767_225_600});
        let answer = get(REGION, "GetCostEstimate", &body);
        let estimate = &answer["resourcesBudgetEstimate"][0];
        assert_eq!(
            (&estimate["resourceName"], estimate["resourceType"].as_str()),
            (&one["name"], Some("Instance"))
        );
        let days = list(estimate, "/costEstimates/0/resultsByTime");
        let price = number(bundles.iter().find(|b| b["bundleId"] == one["bundleId"]).unwrap(), "price");
        for day in days {
            let hours = (number(&day["timePeriod"], "end") - number(&day["timePeriod"], "start")) / 3600.0;
            assert!((number(day, "usageCost") - price / 730.0 * hours).abs() < 0.001, "{day}");
            assert!((number(day, "unit") - hours).abs() < 0.001, "{day}");
        }
        let ends = |key: &str| days.iter().map(|day| number(&day["timePeriod"], key)).collect::<Vec<_>>();
        assert_eq!(
            ends("end")[..days.len().saturating_sub(1)],
            ends("start")[1.min(days.len())..],
            "no gaps"
        );
        assert!(
            days.iter().all(|day| number(&day["timePeriod"], "start") >= number(one, "createdAt") - 0.001)
        );
    }
}

#[test]
fn what_is_attached_comes_with_its_instance_and_what_is_not_costs() {
    for ip in everything(REGION, "GetStaticIps") {
        let body = json!({"resourceName": ip["name"], "startTime": 1_767_139_200, "endTime": 1_767_225_600});
        let answer = get(REGION, "GetCostEstimate", &body);
        let estimates = list(&answer, "/resourcesBudgetEstimate/0/costEstimates");
        assert_eq!(estimates.is_empty(), ip["isAttached"] == true, "{ip}");
    }
}

/// Every kind of resource has a cost, if only none.
#[test]
fn costs_are_told_of_everything() {
    for operation in [
        "GetDisks",
        "GetInstanceSnapshots",
        "GetDiskSnapshots",
        "GetKeyPairs",
        "GetLoadBalancers",
        "GetBuckets",
        "GetRelationalDatabases",
        "GetRelationalDatabaseSnapshots",
        "GetDistributions",
        "GetAlarms",
    ] {
        let one = everything(REGION, operation)[0].clone();
        let body = json!({"resourceName": one["name"], "startTime": 1_767_139_200, "endTime": 1_767_225_600});
        let answer = get(REGION, "GetCostEstimate", &body);
        assert_eq!(answer["resourcesBudgetEstimate"][0]["resourceType"], one["resourceType"]);
    }
}

#[test]
fn container_logs_page_and_filter() {
    let service = everything(REGION, "GetContainerServices")[0]["containerServiceName"].clone();
    let log = |filter: &str| {
        let body = json!({
            "serviceName": service, "containerName": "web", "startTime": 1_767_150_000, "endTime": 1_767_222_000,
            "filterPattern": filter,
        });
        items(REGION, "GetContainerLog", &body)
    };
    let all = log("");
    let times: Vec<f64> = all.iter().map(|event| number(event, "createdAt")).collect();
    // 20 hours of them.
    assert!((119..=121).contains(&times.len()) && times.is_sorted(), "{}", times.len());
    assert!(times[0] >= 1_767_150_000.0 && *times.last().unwrap() < 1_767_222_000.0);
    let of = |is: &dyn Fn(&str) -> bool| {
        all.iter().filter(|event| is(event["message"].as_str().unwrap())).cloned().collect::<Vec<_>>()
    };
    assert_eq!(log("ERROR"), of(&|text| text.contains("ERROR")));
    assert_eq!(log("-ERROR"), of(&|text| !text.contains("ERROR")));
    assert_eq!(log("upstream ERROR"), of(&|text| text.contains("ERROR")));
    assert_eq!(log("?ERROR ?POST"), of(&|text| text.contains("ERROR") || text.contains("POST")));
    assert!(log("ERROR").len() > 10 && log("nothing like it").is_empty());
}

/// Both ways through a database's log, to where it ends: there the token that was given comes back.
#[test]
fn database_logs_are_walked_both_ways() {
    let database = everything(REGION, "GetRelationalDatabases")[0]["name"].clone();
    let stream = get(REGION, "GetRelationalDatabaseLogStreams", &json!({"relationalDatabaseName": database}))
        ["logStreams"][0]
        .clone();
    let walk = |head: bool, token: &str| {
        let mut body = json!({
            "relationalDatabaseName": database, "logStreamName": stream, "startFromHead": head,
            "startTime": 1_767_150_000, "endTime": 1_767_222_000,
        });
        let (mut pages, mut last) = (Vec::new(), Value::Null);
        loop {
            let page = get(REGION, "GetRelationalDatabaseLogEvents", &body);
            if page[token] == last {
                assert_eq!(page["resourceLogEvents"], json!([]));
                return pages;
            }
            pages.push(page["resourceLogEvents"].as_array().unwrap().clone());
            last = page[token].clone();
            body["pageToken"] = last.clone();
        }
    };
    let forward: Vec<Value> = walk(true, "nextForwardToken").concat();
    let mut pages = walk(false, "nextBackwardToken");
    pages.reverse();
    assert_eq!(forward, pages.concat());
    assert!((119..=121).contains(&forward.len()), "{}", forward.len());
    assert_eq!(walk(true, "nextBackwardToken").concat().len(), 20, "nothing before the head");
    let bad = json!({"relationalDatabaseName": database, "logStreamName": "nothing"});
    let error = ask(STANDARD, ACCESS_KEY, REGION, "GetRelationalDatabaseLogEvents", &bad).unwrap_err();
    assert!(error.contains("NotFoundException"), "{error}");
}

/// The lines of a log from a time, if any, until another.
type Log<'a> = &'a dyn Fn(Option<u64>, Option<u64>) -> Vec<Value>;

/// Lines are kept for a day, and no range that is asked for has another line.
#[test]
fn a_range_of_a_log_is_a_part_of_what_is_kept() {
    let service = everything(REGION, "GetContainerServices")[0]["containerServiceName"].clone();
    let database = everything(REGION, "GetRelationalDatabases")[0]["name"].clone();
    let streams = json!({"relationalDatabaseName": database});
    let stream = get(REGION, "GetRelationalDatabaseLogStreams", &streams)["logStreams"][0].clone();
    let with = |mut body: Value, start: Option<u64>, end: Option<u64>| {
        for (member, time) in [("startTime", start), ("endTime", end)] {
            body[member] = time.into();
        }
        body
    };
    let container_log = |start, end| {
        let body = with(json!({"serviceName": service, "containerName": "web"}), start, end);
        items(REGION, "GetContainerLog", &body)
    };
    let database_log = |start, end| {
        let body =
            json!({"relationalDatabaseName": database, "logStreamName": stream, "startFromHead": true});
        let (mut body, mut events) = (with(body, start, end), Vec::new());
        loop {
            let page = get(REGION, "GetRelationalDatabaseLogEvents", &body);
            if page["nextForwardToken"] == body["pageToken"] {
                return events;
            }
            events.extend(page["resourceLogEvents"].as_array().unwrap().iter().cloned());
            body["pageToken"] = page["nextForwardToken"].clone();
        }
    };
    const TODAY: u64 = 1_767_225_600;
    let logs: [Log<'_>; 2] = [&container_log, &database_log];
    for log in logs {
        let kept = log(None, None);
        assert_eq!(kept.len(), 144);
        let times =
            [TODAY - 1_000_000, TODAY - 86_400, TODAY - 50_000, TODAY - 40_000, TODAY, TODAY + 1_000_000];
        let bounds: Vec<Option<u64>> = times.into_iter().map(Some).chain([None]).collect();
        for (start, end) in bounds.iter().flat_map(|start| bounds.iter().map(move |end| (*start, *end))) {
            if start.zip(end).is_some_and(|(start, end)| start > end) {
                continue;
            }
            let inside = |event: &&Value| {
                let time = number(event, "createdAt");
                start.is_none_or(|start| time >= start as f64) && end.is_none_or(|end| time < end as f64)
            };
            let expected: Vec<Value> = kept.iter().filter(inside).cloned().collect();
            assert_eq!(log(start, end), expected, "from {start:?} to {end:?}");
        }
    }
    let turned =
        json!({"serviceName": service, "containerName": "web", "startTime": TODAY, "endTime": TODAY - 1});
    let error = ask(STANDARD, ACCESS_KEY, REGION, "GetContainerLog", &turned).unwrap_err();
    assert!(error.contains("before startTime"), "{error}");
}

#[test]
fn database_events_go_back_as_far_as_asked() {
    let name = everything(REGION, "GetRelationalDatabases")[0]["name"].clone();
    let count = |minutes: Option<u64>| {
        let body = json!({"relationalDatabaseName": name, "durationInMinutes": minutes});
        items(REGION, "GetRelationalDatabaseEvents", &body).len()
    };
    assert_eq!((count(None), count(Some(24 * 60)), count(Some(20_160))), (1, 6, 84));
}
