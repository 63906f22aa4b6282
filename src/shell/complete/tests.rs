//! What Tab offers.

use std::sync::Arc;

use arrow::array::{ArrayRef, MapBuilder, RecordBatch, StringArray, StringBuilder};

use super::*;
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::session::Session;

fn session() -> Session {
    let clients = Clients::new(Settings::default());
    Session::new(Arc::new(clients), LightsailOptions::default()).unwrap()
}

/// What Tab offers at the `|`, and the text that it would replace.
fn tab(session: &Session, text: &str) -> (String, Vec<String>) {
    let pos = text.find('|').unwrap();
    let text = text.replace('|', "");
    let (start, found) = complete(session.context(), session.policy(), &text, pos);
    (text[start..pos].to_owned(), found.into_iter().map(|pair| pair.replacement).collect())
}

fn offered(text: &str) -> Vec<String> {
    tab(&session(), text).1
}

#[test]
fn tables_follow_from_and_join() {
    assert_eq!(offered("SELECT * FROM instances|"), ["instances"]);
    assert_eq!(offered("select * from instances i join DISKS|"), ["disks"]);
    assert_eq!(offered("SELECT * FROM instances, po|"), ["ports"]);
    assert_eq!(offered("SELECT 1; SELECT * FROM ta|"), ["tags"]);
    assert_eq!(offered("DESCRIBE add|"), ["add_ons"]);
    assert_eq!(offered("SHOW COLUMNS FROM add|"), ["add_ons"]);
    let all = offered("SELECT * FROM |");
    assert!(all.starts_with(&["instances".into(), "disks".into()]), "{all:?}");
    assert_eq!(offered("FROM information_schema.df|"), ["df_settings"]);
}

#[test]
fn columns_are_those_of_the_named_tables() {
    assert_eq!(offered("SELECT is_sys| FROM disks"), ["is_system_disk"]);
    assert!(offered("SELECT is_sys| FROM instances").is_empty());
    assert_eq!(offered("SELECT is_sys|"), ["is_system_disk"]);
    assert_eq!(offered("SELECT name FROM instances WHERE blueprint_i|"), ["blueprint_id"]);
    assert_eq!(offered("SELECT name\nFROM instances\nWHERE BUNDLE_|"), ["bundle_id"]);
    let all = offered("SELECT | FROM disks; SELECT 1");
    assert!(all.contains(&"is_system_disk".into()) && !all.contains(&"blueprint_id".into()), "{all:?}");
    assert_eq!(all.len(), datafusion_lightsail::catalog::TABLES[1].columns().len());
}

#[test]
fn what_stands_behind_the_cursor_stays_once() {
    assert_eq!(offered("SELECT bundle_|id FROM instances"), ["bundle_"]);
    assert_eq!(offered("SELECT is_st|x FROM instances"), ["is_static_ip"]);
    assert_eq!(
        offered("SELECT * FROM inst|ances"),
        ["inst", "instance_snapshots", "instance_snapshot_disks", "instance_port_states", "instance_metrics"]
    );
    assert_eq!(
        offered("SELECT name FROM instances |"),
        ["WHERE", "JOIN", "LEFT JOIN", "GROUP BY", "ORDER BY", "LIMIT", "AS"]
    );
}

#[test]
fn an_alias_is_its_table() {
    let text = "SELECT d.is_sy| FROM instances i JOIN disks AS d ON i.arn = d.instance_arn";
    assert_eq!(offered(text), ["is_system_disk"]);
    assert_eq!(offered("SELECT i.is_st| FROM instances i, disks d"), ["is_static_ip"]);
    assert_eq!(offered("SELECT instances.is_| FROM instances"), ["is_static_ip"]);
    assert!(offered("SELECT x.| FROM instances i").is_empty());
}

#[test]
fn keywords_and_functions_are_in_the_case_that_is_typed() {
    assert_eq!(offered("sel|"), ["select"]);
    assert_eq!(offered("SEL|"), ["SELECT"]);
    assert_eq!(offered("SELECT date_tr| FROM tags"), ["date_trunc("]);
    assert_eq!(offered("SELECT DATE_TR| FROM tags"), ["DATE_TRUNC("]);
    assert_eq!(offered("SELECT name FROM instances wher|"), ["where"]);
    assert_eq!(offered("|"), FIRST_WORDS);
}

#[test]
fn nothing_is_offered_twice() {
    let session = session();
    for text in [
        "ST|",
        "st|",
        "|",
        "SELECT NAME|",
        "SELECT S| FROM instances i JOIN disks d ON i.arn = d.instance_arn",
        "SELECT * FROM |",
        "SELECT * FROM IN|",
        "SELECT 1 FROM instances i JOIN disks d ON |",
        "SHOW |",
        "SET D|",
        "SELECT i.| FROM instances i, instances i",
        "\\|",
        "\\h A|",
        "\\format |",
        "\\pset |",
        "\\run |",
        "\\d |",
    ] {
        let found = tab(&session, text).1;
        let names: std::collections::HashSet<String> = found.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(names.len(), found.len(), "{text}: {found:?}");
    }
}

#[test]
fn settings_follow_set_and_show() {
    assert_eq!(offered("SET lightsail.reg|"), ["lightsail.regions"]);
    assert_eq!(tab(&session(), "set lightsail.reg|").0, "lightsail.reg");
    assert!(offered("SHOW |").iter().all(|name| !name.starts_with("datafusion.")));
    assert_eq!(offered("show TAB|"), ["TABLES"]);
    assert_eq!(offered("SET datafusion.execution.batch_s|"), ["datafusion.execution.batch_size"]);
}

#[test]
fn commands_and_what_follows_them() {
    assert_eq!(offered("\\ti|"), ["\\timing"]);
    let names: Vec<&str> = crate::shell::command::COMMANDS.iter().map(|command| command.name).collect();
    assert_eq!(offered("\\|"), names);
    assert_eq!(offered("SELECT 1\n\\ti|"), ["\\timing"]);
    assert_eq!(offered("SELECT 1 \\gx|"), ["\\gx"]);
    assert_eq!(offered("\\format ma|"), ["markdown"]);
    assert_eq!(offered("\\pset timi|"), ["timing"]);
    assert_eq!(offered("\\pset timing o|"), ["on", "off"]);
    assert_eq!(offered("\\h array_ha|"), ["array_has", "array_has_all", "array_has_any"]);
    assert_eq!(
        tab(&session(), "\\region us-east-1,us-w|"),
        ("us-w".into(), vec!["us-west-1".into(), "us-west-2".into()])
    );
    assert_eq!(tab(&session(), "\\d inf|"), ("inf".into(), vec!["information_schema.".into()]));
    assert_eq!(offered("\\x o|"), ["on", "off"]);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("fleet by region.sql"), "").unwrap();
    let path = directory.path().display();
    assert_eq!(offered(&format!("\\i {path}/fl|")), [format!("{path}/fleet\\ by\\ region.sql")]);
}

#[test]
fn strings_comments_and_numbers_are_left_alone() {
    for text in [
        "SELECT 'na|",
        "SELECT 'na|' FROM disks",
        "SELECT ''|",
        "SELECT 1 -- na|",
        "/* na|",
        "SELECT 1|",
        "SELECT \"na|",
    ] {
        assert!(offered(text).is_empty(), "{text}");
    }
    assert_eq!(offered("SELECT 1 -- one\nFROM disks|"), ["disks"]);
}

#[test]
fn values_stand_in_strings() {
    assert_eq!(offered("SELECT * FROM instances WHERE region = 'us-e|"), ["us-east-1'", "us-east-2'"]);
    assert_eq!(
        offered("SELECT * FROM instances WHERE region IN ('us-east-1', 'us-w|"),
        ["us-west-1'", "us-west-2'"]
    );
    assert_eq!(offered("SELECT * FROM instances i WHERE i.state <> 'ru|"), ["running'"]);
    assert_eq!(offered("SELECT * FROM instances WHERE state NOT IN ('ru|"), ["running'"]);
    assert_eq!(offered("SET lightsail.regions = 'al|"), ["all"]);
    assert_eq!(offered("SET lightsail.regions = 'us-east-1,us-w|"), ["us-west-1", "us-west-2"]);
    assert_eq!(offered("SET lightsail.allow_partial = |"), ["'true'", "'false'"]);
    assert_eq!(offered("SELECT * FROM instances WHERE region = 'us-e|' AND a"), ["us-east-1", "us-east-2"]);
    assert_eq!(offered("SELECT * FROM instances WHERE region = 'us-e|-1'"), ["us-east", "us-east-2"]);
    for text in ["SELECT 'ru|", "SELECT name FROM instances WHERE name = 'w|", "SELECT upper('us-e|"] {
        assert!(offered(text).is_empty(), "{text}");
    }
}

#[test]
fn keys_of_tags_that_were_shown_and_files_stand_in_strings() {
    let mut tags = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for (key, value) in [("owner-of-it", Some("Zoë")), ("order", None)] {
        tags.keys().append_value(key);
        tags.values().append_option(value);
    }
    tags.append(true).unwrap();
    let column = Arc::new(tags.finish()) as ArrayRef;
    let codes = Arc::new(StringArray::from(vec!["o'clock"])) as ArrayRef;
    crate::shell::see(&RecordBatch::try_from_iter([("tags", column), ("support_code", codes)]).unwrap());
    assert_eq!(offered("SELECT * FROM instances WHERE tags['owner-of-it'] = |"), ["'Zoë'"]);
    assert_eq!(offered("SELECT * FROM instances WHERE support_code = '|"), ["o''clock'"]);
    assert_eq!(offered("SELECT * FROM instances WHERE support_code IN (|"), ["'o''clock'"]);
    assert_eq!(offered("SELECT tags['owner-|"), ["owner-of-it'"]);
    assert_eq!(offered("SELECT name FROM instances i WHERE i.tags['ord|"), ["order'"]);
    assert!(offered("SELECT others['own|").is_empty());
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("yesterday.parquet"), "").unwrap();
    let path = directory.path().display();
    assert_eq!(offered(&format!("SELECT * FROM '{path}/yest|")), [format!("{path}/yesterday.parquet")]);
}

#[test]
fn joins_are_known() {
    assert_eq!(offered("SELECT * FROM instances i JOIN disks d ON |"), ["d.instance_arn = i.arn"]);
    let found = offered("SELECT * FROM regions r JOIN bundles b ON |");
    assert!(found.contains(&"r.region".to_owned()), "where none is known, columns: {found:?}");
    assert_eq!(offered("SELECT * FROM instances JOIN static_ips USING (na|"), ["name"]);
}

#[test]
fn a_column_of_several_tables_is_named_with_each() {
    let text = "SELECT stat| FROM instances i JOIN disks d ON d.instance_arn = i.arn";
    assert_eq!(offered(text), ["state_code", "i.state", "d.state"]);
    let text = "SELECT is_sys| FROM instances i JOIN disks d ON d.instance_arn = i.arn";
    assert_eq!(offered(text), ["is_system_disk"]);
}

#[test]
fn behind_a_comparison_come_values_first() {
    let states = offered("SELECT name FROM instances WHERE state = |");
    assert!(states.contains(&"'running'".to_owned()) && states.iter().all(|state| state.starts_with('\'')));
    assert_eq!(offered("SELECT name FROM instances WHERE state = ru|")[0], "'running'");
    assert_eq!(offered("SELECT name FROM instances WHERE is_static_ip = |"), ["TRUE", "FALSE"]);
    assert!(offered("SELECT name FROM instances WHERE cpu_count = |").contains(&"cpu_count".to_owned()));
    assert_eq!(offered("COPY (SELECT 1) TO |"), ["'"]);
    assert_eq!(offered("SELECT |"), ["* FROM", "COUNT(*) FROM", "DISTINCT"]);
}

#[test]
fn what_is_listed_says_what_it_is() {
    let session = session();
    let shown = |text: &str| -> Vec<String> {
        complete(session.context(), Policy::All, text, text.len())
            .1
            .into_iter()
            .map(|pair| pair.display)
            .collect()
    };
    let instances = "instances                      Virtual private servers, one row each.";
    assert_eq!(shown("SELECT * FROM instances"), [instances]);
    assert_eq!(shown("SELECT date_trun"), ["date_trunc(precision, expression)"]);
    assert!(shown("\\timi")[0].ends_with("say rows, time and API calls after each statement"));
}

#[test]
fn files_are_offered_where_they_may_be_reached() {
    let found = |policy, text: &str| complete(session().context(), policy, text, text.len()).1.len();
    for text in ["\\i src/", "SELECT * FROM 'src/", "\\! ls src/"] {
        assert!(found(Policy::All, text) > 1, "{text}");
        assert_eq!(found(Policy::NoFiles, text), 0, "{text}");
    }
}

#[tokio::test]
async fn what_the_person_made_is_known_too() {
    let session = session();
    let view = "CREATE VIEW mine AS SELECT name AS \"Full Name\", region AS place FROM instances";
    session.context().sql(view).await.unwrap();
    assert_eq!(tab(&session, "FROM mi|").1, ["mine"]);
    assert_eq!(tab(&session, "SELECT fu| FROM mine").1, ["\"Full Name\"", "full", "functions"]);
    assert_eq!(tab(&session, "SELECT m.| FROM mine m").1, ["\"Full Name\"", "place"]);
    assert_eq!(session.calls(), 0);
}
