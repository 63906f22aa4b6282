//! SET, RESET and SHOW: settings that would make answers wrong are refused, and RESET goes back to where a session began.

use std::sync::Arc;

use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use datafusion_lightsail::session::workarounds::PINNED;
use futures::{TryFutureExt, TryStreamExt};

fn session() -> Session {
    let options = LightsailOptions::default().with_regions("us-*").with_concurrency(8);
    Session::new(Arc::new(Clients::new(Settings::default())), options).unwrap()
}

async fn run(session: &Session, sql: &str) -> Result<Vec<(String, String)>> {
    let statement = parse("settings", sql)?.remove(0);
    let stream = session.ask(statement.ast, &Parameters::new()).await?.stream;
    let batches: Vec<_> = stream.try_collect().await.map_err(Error::from)?;
    let mut rows = Vec::new();
    for batch in batches.iter().filter(|batch| batch.num_columns() > 1) {
        let text = |column: usize, row| {
            arrow::util::display::array_value_to_string(batch.column(column), row).unwrap()
        };
        rows.extend((0..batch.num_rows()).map(|row| (text(0, row), text(1, row))));
    }
    Ok(rows)
}

#[tokio::test]
async fn what_would_make_answers_wrong_is_not_set() {
    let session = session();
    for pinned in PINNED {
        let other = match pinned.value {
            "true" => "false",
            "false" => "true",
            _ => "0",
        };
        let error = run(&session, &format!("SET {} = {other}", pinned.key)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{error}");
        assert!(error.message().contains(pinned.why), "{error}");
        for same in ["SET {} = {value}", "RESET {}"] {
            run(&session, &same.replace("{}", pinned.key).replace("{value}", pinned.value)).await.unwrap();
            let shown = run(&session, &format!("SHOW {}", pinned.key)).await.unwrap();
            assert_eq!(shown, [(pinned.key.to_owned(), pinned.value.to_owned())]);
        }
    }
}

#[tokio::test]
async fn reset_goes_back_to_what_the_session_began_with() {
    let session = session();
    for set in [
        "lightsail.regions = 'eu-west-1'",
        "lightsail.concurrency = 2",
        "datafusion.execution.target_partitions = 7",
        "datafusion.execution.time_zone = '+02:00'",
        "datafusion.execution.batch_size = 10",
        "datafusion.sql_parser.collect_spans = false",
        "datafusion.catalog.default_schema = 'other'",
        "lightsail.memory_limit = '2 GB'",
        "lightsail.query_timeout = '5s'",
    ] {
        let key = set.split(' ').next().unwrap();
        let shown =
            || run(&session, "SHOW ALL").map_ok(|all| all.into_iter().find(|(of, _)| of == key).unwrap());
        let begun_with = shown().await.unwrap();
        run(&session, &format!("SET {set}")).await.unwrap();
        assert_ne!(shown().await.unwrap(), begun_with);
        run(&session, &format!("RESET {key}")).await.unwrap();
        assert_eq!(shown().await.unwrap(), begun_with);
    }
}
