use datafusion::physical_plan::displayable;

use super::*;
use crate::aws::{Clients, RemoteProfiles, Settings};
use crate::scan::remote::crew::ProfileOffer;
use crate::scan::remote::message::profile;
use crate::session::Session;
use crate::session::workarounds::push_dynamic_filters;

/// What is known of two workers of which both have profile `b`.
#[derive(Default)]
struct Known<'a> {
    is_near: bool,
    /// The accounts of profiles.
    accounts: &'a [(&'a str, &'a str)],
}

/// The plan of a statement over two workers.
async fn plan(sql: &str, known: &Known<'_>) -> Result<Arc<dyn ExecutionPlan>> {
    let member = |name: &str, profiles: &[&str]| Member {
        name: name.into(),
        url: format!("http://{name}").parse().unwrap(),
        profiles: profiles
            .iter()
            .map(|name| ProfileOffer { name: (*name).into(), ..ProfileOffer::default() })
            .collect(),
        near: ["eu-*".to_owned()].into(),
        process: Arc::default(),
    };
    let members = vec![member("one:1", &["a", "b"]), member("two:2", &["b", "c"])];
    let crew = Crew { members, absent: Vec::new(), is_near: known.is_near, build: "test".into() };
    let rule = CutAtWorkers { crew: Arc::new(crew), push: push_dynamic_filters };
    let clients = Arc::new(Clients::new(Settings::default()));
    let mut remote = RemoteProfiles::default();
    ["a", "b", "c"].into_iter().for_each(|name| remote.add(name, None, "one:1", false));
    clients.set_remote_profiles(remote);
    for (name, account) in known.accounts {
        clients.learn_account(&profile(name), || Some((*account).to_owned()));
    }
    let options = LightsailOptions::default().with_regions("us-east-1");
    let session = Session::new(clients, options).unwrap();
    let state = session.context().state();
    let plan = state.create_logical_plan(sql).await?;
    let plan = state.create_physical_plan(&plan).await?;
    rule.optimize(plan, state.config_options())
}

/// The names of its nodes, from the top, without those that only hand on.
async fn nodes(sql: &str) -> Result<String> {
    nodes_of(sql, &Known::default()).await
}

async fn nodes_of(sql: &str, known: &Known<'_>) -> Result<String> {
    let plan = plan(sql, known).await?;
    let text = displayable(plan.as_ref()).indent(false).to_string();
    let node = |line: &str| line.trim().split([':', ',']).next().unwrap_or_default().to_owned();
    let plain = ["ProjectionExec", "CooperativeExec", "ReportExec"];
    let nodes = text.lines().map(node).filter(|node| !plain.contains(&node.as_str()));
    let names = nodes.map(|node| match node.starts_with('[') {
        true => "Network".to_owned(),
        false => node.trim_end_matches("Exec").to_owned(),
    });
    Ok(names.collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn what_workers_can_do_runs_there() {
    for (sql, expected) in [
        ("SELECT name FROM instances WHERE state = 'running'", "Receive Network DistributedLeaf"),
        ("SELECT name FROM instances LIMIT 5", "GlobalLimit Receive Network DistributedLeaf"),
        (
            "SELECT name FROM instances LIMIT 5 OFFSET 2",
            "GlobalLimit GlobalLimit Receive Network DistributedLeaf",
        ),
        ("SELECT name FROM instances ORDER BY name", "Sort Receive Network DistributedLeaf"),
        ("SELECT name FROM instances ORDER BY name LIMIT 5", "Sort Receive Network Sort DistributedLeaf"),
        (
            "SELECT count(*), sum(cpu_count) FROM instances",
            "Aggregate Receive Network Aggregate DistributedLeaf",
        ),
        (
            "SELECT region, count(*) FROM instances GROUP BY region",
            "Aggregate Receive Network Aggregate DistributedLeaf",
        ),
        (
            "SELECT profile, count(*) FROM instances GROUP BY profile",
            "Receive Network Aggregate DistributedLeaf",
        ),
        (
            "SELECT count(DISTINCT bundle_id) FROM instances GROUP BY profile",
            "Receive Network Aggregate Aggregate DistributedLeaf",
        ),
        (
            "SELECT i.name, d.name FROM instances i JOIN disks d ON d.attached_to = i.name AND d.profile = i.profile",
            "Receive Network HashJoin DistributedLeaf DistributedLeaf",
        ),
    ] {
        assert_eq!(nodes(sql).await.unwrap(), expected, "{sql}");
    }
}

#[tokio::test]
async fn what_needs_rows_of_several_workers_runs_at_the_coordinator() {
    for (sql, expected) in [
        (
            "SELECT i.name, d.name FROM instances i JOIN disks d ON d.attached_to = i.name",
            "HashJoin Receive Network DistributedLeaf Receive Network DistributedLeaf",
        ),
        (
            "SELECT i.name FROM instances i LEFT JOIN disks d ON d.profile = i.profile AND d.attached_to = i.name \
             LEFT JOIN buckets b ON b.profile = d.profile",
            // The profile of an instance without a disk is NULL on that side, but its row is of one worker all the same.
            "HashJoin Receive Network HashJoin DistributedLeaf DistributedLeaf Receive Network DistributedLeaf",
        ),
        (
            "SELECT d.profile, count(*) FROM instances i LEFT JOIN disks d ON d.profile = i.profile GROUP BY d.profile",
            "Aggregate Receive Network Aggregate HashJoin DistributedLeaf DistributedLeaf",
        ),
        (
            "SELECT count(DISTINCT bundle_id) FROM instances",
            // Each worker sends its own distinct values.
            "Aggregate Aggregate Receive Network Aggregate DistributedLeaf",
        ),
        (
            "SELECT name FROM (SELECT name, cpu_count FROM instances LIMIT 5) WHERE cpu_count > 1",
            "Filter GlobalLimit Receive Network DistributedLeaf",
        ),
    ] {
        let found = nodes(sql).await.unwrap();
        assert!(found.ends_with(expected) || found == expected, "{sql}: {found}");
    }
}

#[tokio::test]
async fn what_would_ask_about_everything_is_refused() {
    let sql = "SELECT m.average FROM instances i JOIN instance_metrics m ON m.instance_name = i.name \
               WHERE m.metric_name = 'CPUUtilization'";
    let error = nodes(sql).await.unwrap_err().to_string();
    assert!(error.contains("instance_metrics is asked about what a join finds in instance_name"), "{error}");
    let within = format!("{sql} AND m.profile = i.profile");
    assert!(nodes(&within).await.unwrap().starts_with("Receive Network"));
}

const BY_ARN: &str =
    "SELECT i.name, s.name FROM instances i JOIN instance_snapshots s ON s.from_instance_arn = i.arn";
const AT_WORKERS: &str = "Receive Network HashJoin DistributedLeaf DistributedLeaf";
const HERE: &str = "HashJoin Receive Network DistributedLeaf Receive Network DistributedLeaf";

#[tokio::test]
async fn a_join_within_an_account_runs_at_the_workers_unless_two_of_them_ask_it() {
    let (apart, shared) = ([("a", "1"), ("b", "2"), ("c", "3")], [("a", "1"), ("b", "2"), ("c", "1")]);
    let by_account = "SELECT i.name FROM instances i JOIN disks d ON d.account_id = i.account_id AND d.attached_to = i.name";
    let left = BY_ARN.replace("JOIN", "LEFT JOIN");
    for (sql, accounts, expected) in [
        (BY_ARN, &apart[..], AT_WORKERS),
        (by_account, &apart, AT_WORKERS),
        (&left, &apart, AT_WORKERS),
        (BY_ARN, &shared, HERE),
        (&left, &shared, HERE),
        // A worker may read nothing of an account, and never say that it is its own.
        (BY_ARN, &apart[..2], HERE),
        (BY_ARN, &[], HERE),
    ] {
        let found = nodes_of(sql, &Known { accounts, ..Known::default() }).await.unwrap();
        assert_eq!(found, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_profile_whose_regions_are_shared_out_is_joined_by_region() {
    let near = Known { is_near: true, accounts: &[("a", "1"), ("b", "2"), ("c", "3")] };
    let by_profile =
        "SELECT i.name FROM instances i JOIN disks d ON d.profile = i.profile AND d.attached_to = i.name";
    for (sql, expected) in [
        (by_profile.to_owned(), HERE),
        (format!("{by_profile} AND d.region = i.region"), AT_WORKERS),
        (BY_ARN.to_owned(), HERE),
        (format!("{BY_ARN} AND s.region = i.region"), AT_WORKERS),
        // Which region the regions are read in is open.
        (
            "SELECT i.name FROM instances i JOIN regions r ON r.profile = i.profile AND r.region = i.region"
                .to_owned(),
            HERE,
        ),
        (
            "SELECT profile, count(*) FROM instances GROUP BY profile".to_owned(),
            "Aggregate Receive Network Aggregate DistributedLeaf",
        ),
        (
            "SELECT profile, region, count(*) FROM instances GROUP BY profile, region".to_owned(),
            "Receive Network Aggregate DistributedLeaf",
        ),
    ] {
        assert_eq!(nodes_of(&sql, &near).await.unwrap(), expected, "{sql}");
    }
    let text = displayable(plan("SELECT name FROM instances", &near).await.unwrap().as_ref())
        .indent(false)
        .to_string();
    assert!(
        text.contains("one:1 asks [a/us-east-1, b/us-east-1] of regions [eu-*] and all but [eu-*]"),
        "{text}"
    );
}
