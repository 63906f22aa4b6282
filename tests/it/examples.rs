//! The example queries of the tables.

use lightsail_sql::catalog::TABLES;

use crate::support;

/// Runs queries one after another on the demo fleet.
fn run(queries: &[String]) -> support::Run {
    let flags = ["--demo", "--region", "all", "--format", "csv"].map(String::from);
    let queries = queries.iter().flat_map(|query| ["-c".into(), query.clone()]);
    let args: Vec<String> = flags.into_iter().chain(queries).collect();
    support::run(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_example_is_a_query_that_can_be_planned() {
    let examples = TABLES.iter().flat_map(|table| table.examples());
    let plans: Vec<String> = examples.map(|example| format!("EXPLAIN {example}")).collect();
    assert!(plans.len() >= TABLES.len());
    let run = run(&plans);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn the_examples_of_instances_have_rows() {
    let of_instances = TABLES.iter().filter(|table| table.operations() == "GetInstances");
    let mut wrong = Vec::new();
    for example in of_instances.flat_map(|table| table.examples()) {
        let run = run(&[(*example).to_owned()]);
        if run.code != Some(0) || run.stdout.lines().nth(1).is_none() {
            wrong.push(format!("{example}\n{}{}", run.stdout, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
