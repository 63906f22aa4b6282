use datafusion::physical_plan::displayable;

use super::*;
use crate::aws::{Clients, Settings};
use crate::session::Session;
use crate::session::workarounds::push_dynamic_filters;

/// The names of the nodes of a plan over two workers, from the top, without those that only hand on.
async fn nodes(sql: &str) -> Result<String> {
    let member = |name: &str, profiles: &[&str]| Member {
        name: name.into(),
        url: format!("http://{name}").parse().unwrap(),
        profiles: profiles.iter().map(|name| ((*name).to_owned(), None)).collect(),
    };
    let members = vec![member("one:1", &["a", "b"]), member("two:2", &["b", "c"])];
    let rule =
        CutAtWorkers { crew: Arc::new(Crew { members, build: "test".into() }), push: push_dynamic_filters };
    let clients = Arc::new(Clients::new(Settings::default()));
    clients.ask_elsewhere([("a".to_owned(), None), ("b".to_owned(), None), ("c".to_owned(), None)]);
    let options = LightsailOptions::default().with_regions("us-east-1");
    let session = Session::new(clients, options).unwrap();
    let state = session.context().state();
    let plan = state.create_logical_plan(sql).await?;
    let plan = state.create_physical_plan(&plan).await?;
    let plan = rule.optimize(plan, state.config_options())?;
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

#[test]
fn a_profile_belongs_to_the_first_worker_that_has_it() {
    let member = |name: &str, profiles: &[&str]| Member {
        name: name.into(),
        url: format!("http://{name}").parse().unwrap(),
        profiles: profiles.iter().map(|name| ((*name).to_owned(), None)).collect(),
    };
    let crew = Crew {
        members: vec![member("one:1", &["a", "b"]), member("two:2", &["b", "c"])],
        build: String::new(),
    };
    let shares = |names: &[&str]| {
        let shares = crew.shares(names.iter().map(|name| (*name).to_owned()))?;
        Ok(shares
            .iter()
            .map(|(member, share)| format!("{} {}", member.name, share.profiles.join(",")))
            .collect())
    };
    let shares = |names: &[&str]| -> std::result::Result<Vec<String>, Error> { shares(names) };
    assert_eq!(shares(&["c", "b", "a"]).unwrap(), ["one:1 b,a", "two:2 c"]);
    assert_eq!(shares(&["b"]).unwrap(), ["one:1 b", "one:1 "], "two tasks at least");
    assert_eq!(shares(&["d"]).unwrap_err().kind(), Kind::Credentials);
}
