//! Names that there are not, and what is said of them.

use std::sync::Arc;

use crate::aws::{Clients, Settings};
use crate::options::LightsailOptions;
use crate::script::{Parameters, located, parse};
use crate::session::Session;

/// What a person is told of a statement.
async fn error(sql: &str) -> String {
    let session =
        Session::new(Arc::new(Clients::new(Settings::default())), LightsailOptions::default()).unwrap();
    let statement = parse("s", sql).unwrap().remove(0);
    match session.ask(statement.ast, &Parameters::new()).await {
        Ok(_) => panic!("{sql} is well"),
        Err(error) => located(error, &statement.place).to_string(),
    }
}

#[tokio::test]
async fn a_name_that_there_is_not_is_met_with_the_one_that_was_meant() {
    for (sql, place, message, hint) in [
        ("SELECT nme FROM instances", 8, "there is no column nme", "did you mean name?"),
        (
            "SELECT public_ip FROM instances",
            8,
            "there is no column public_ip",
            "did you mean public_ip_address?",
        ),
        ("SELECT d.size FROM disks d", 8, "there is no column size in d", "did you mean size_in_gb?"),
        (
            "SELECT ip FROM instances",
            8,
            "there is no column ip",
            "did you mean is_static_ip or private_ip_address or public_ip_address or ip_address_type?",
        ),
        ("SELECT i.nme FROM instances i", 8, "there is no column nme in i", "did you mean name?"),
        (
            "SELECT name FROM instances i JOIN disks d ON true",
            8,
            "name is a column of more than one of the tables",
            "write whose it is: instances.name, or with an alias i.name",
        ),
        (
            "SELECT name FROM instances GROUP BY region",
            8,
            "instances.name must be in GROUP BY or in an aggregate function",
            "GROUP BY instances.name, or first_value(instances.name) for any of them",
        ),
        ("SELECT name FROM instnces", 18, "there is no table instnces", "did you mean instances?"),
        (
            "SELECT * FROM system.api_call",
            15,
            "there is no table system.api_call",
            "did you mean system.api_calls?",
        ),
        ("SELECT x.name FROM instances i", 8, "there is no table x in FROM", "it has i"),
        (
            "SELECT name + 1 FROM instances",
            8,
            "+ takes no text beside a number",
            "CAST(… AS DOUBLE) makes a number of a text, || joins texts",
        ),
        ("SELECT cout(*) FROM tags", 8, "there is no function cout", "did you mean count?"),
        (
            "SELECT name FROM instances WHERE state = running",
            42,
            "there is no column running",
            "text is in single quotes: 'running'",
        ),
        (
            "SELECT name FROM instances WHERE state IN (\"running\")",
            44,
            "there is no column running",
            "text is in single quotes: 'running'",
        ),
        (
            "SELECT name FROM instances WHERE name LIKE web",
            44,
            "there is no column web",
            "text is in single quotes: 'web'",
        ),
        (
            "SET lightsail.region = 'all'",
            15,
            "there is no setting lightsail.region",
            "did you mean lightsail.regions?",
        ),
        ("SHOW lightsail.cache", 16, "there is no setting lightsail.cache", "SHOW ALL lists the settings"),
        (
            "SELECT TOP 5 name FROM tags",
            8,
            "there is no TOP",
            "here it is written LIMIT 5, at the end of the statement",
        ),
        (
            "SELECT age(created_at) FROM instances",
            8,
            "there is no function age",
            "here it is written now() - created_at (an interval) or (to_unixtime(now()) - to_unixtime(created_at)) / 86400 (days)",
        ),
        (
            "SELECT sum(name) FROM instances",
            8,
            "sum takes numbers, not text",
            "CAST(… AS DOUBLE) makes a number of a text",
        ),
    ] {
        let caret = format!("  {sql}\n  {:1$}^", "", place - 1);
        assert_eq!(error(sql).await, format!("s:1:{place}: {message}\n{caret}\nhint: {hint}"), "{sql}");
    }
}

/// Statements, the word that is to blame, what is said and what to write.
const MEANT: &[(&str, &str, &str, &str)] = &[
    (
        "SELECT name FROM instances WHERE state = 'a' || is_static_ip",
        "||",
        "|| of a truth value is not read here",
        "write OR between conditions; CAST(… AS VARCHAR) makes a text of one",
    ),
    (
        "SELECT name FROM instances WHERE state = 'a' || state = 'b'",
        "= 'b'",
        "= behind a comparison is not read here",
        "write OR between conditions; || joins texts",
    ),
    (
        "SELECT name FROM instances WHERE 1 < cpu_count < 4",
        "< 4",
        "< behind a comparison is not read here",
        "write two conditions: 1 < cpu_count AND cpu_count < 4",
    ),
    ("SELECT Sum(*) FROM instances", "Sum", "sum of * is not read here", "name a column: sum(cpu_count)"),
    ("SELECT name FROM instances FOR UPDATE", "FOR", "FOR UPDATE is not read here", "leave it out"),
    (
        "SELECT name FROM instances WHERE name = ?",
        "?",
        "the parameter ? has no value",
        "a parameter is written $name, and --param name=VALUE gives it a value",
    ),
    (
        "SELECT name FROM instances WHERE created_at > 'yesterday'",
        "'yes",
        "instances.created_at is a time, and 'yesterday' is none",
        "a time is written '2026-01-31' or '2026-01-31 12:00:00', and now() - INTERVAL '7 days' for a week ago",
    ),
    (
        "SELECT name.foo FROM instances",
        ".foo",
        "a text has no fields",
        "a field is one of an element of a list: details[1]['name']",
    ),
    (
        "SELECT region FROM instances WHERE count(*) > 10 GROUP BY region",
        "count",
        "count(*) is not known yet where WHERE chooses the rows",
        "write it behind the groups: GROUP BY region HAVING count(*) > 10; or ask for it in a subquery",
    ),
    (
        "SELECT name FROM instances HAVING state = 'running'",
        "state",
        "HAVING is for groups, and there are none",
        "WHERE state = 'running'",
    ),
    (
        "SELECT max(count(*)) FROM instances",
        "count",
        "max takes no aggregate, and count(*) is one",
        "ask a query for it: SELECT max(n) FROM (SELECT count(*) AS n FROM … GROUP BY …)",
    ),
    (
        "SELECT count(DISTINCT name, region) FROM instances",
        "DISTINCT",
        "DISTINCT of several columns is not read here",
        "write count(DISTINCT (name, region)): it counts rows that differ in any of them",
    ),
    (
        "SELECT name FROM instances ORDER BY 5",
        "5",
        "there is no column 5 behind SELECT",
        "it has 1 column; the first is 1",
    ),
    (
        "SELECT rank() OVER FROM instances",
        "rank",
        "OVER FROM names no window",
        "OVER (PARTITION BY … ORDER BY …), or OVER () for all rows",
    ),
    (
        "SELECT lag(name) FROM instances",
        "lag",
        "lag is a function of windows, and has none",
        "write its window behind it: lag(…) OVER (PARTITION BY … ORDER BY …)",
    ),
    (
        "SELECT sum(cpu_count) AS cpus FROM instances WHERE cpus > 1",
        "cpus > 1",
        "there is no column cpus",
        "cpus is made by SELECT, after WHERE: HAVING sum(cpu_count) …, behind GROUP BY",
    ),
    (
        "SELECT ram_size_in_gb / 2 AS half FROM instances WHERE half > 1",
        "half > 1",
        "there is no column half",
        "half is made by SELECT, after WHERE: write ram_size_in_gb / 2 itself",
    ),
    (
        "SELECT name FROM instances WHERE region = us-east-1",
        "us",
        "there is no column us",
        "text is in single quotes: 'us-east-1'",
    ),
    (
        "SELECT name FROM instances WHERE tags[env] = 'prod'",
        "env",
        "there is no column env",
        "text is in single quotes: 'env'",
    ),
    (
        "SELECT date_trunc(month, created_at) FROM instances",
        "month",
        "there is no column month",
        "text is in single quotes: 'month'",
    ),
    (
        "SELECT name FROM instances WHERE created_at < now",
        "now",
        "there is no column now",
        "did you mean now()?",
    ),
    ("SELECT COUNT * FROM instances", "COUNT", "there is no column count", "did you mean count(*)?"),
    (
        "SELECT UNIQUE region FROM instances",
        "UNIQUE",
        "there is no column unique",
        "DISTINCT stands right behind SELECT: SELECT DISTINCT region, name FROM …",
    ),
    (
        "select instances",
        "instances",
        "there is no column instances",
        "instances is a table: SELECT * FROM instances",
    ),
    (
        "select name",
        "name",
        "there is no column name",
        "a column is one of a table: SELECT name FROM instances",
    ),
    (
        "SELECT name FROM instances WHERE created_at > now() - 7",
        "- 7",
        "- takes no time beside a number",
        "an interval is written INTERVAL '7 days'",
    ),
    (
        "SELECT name FROM instances WHERE now() - created_at > 30",
        "> 30",
        "> takes no interval beside a number",
        "an interval is written INTERVAL '30 days'",
    ),
    (
        "SELECT name FROM instances WHERE created_at > 2024-01-01",
        "> 2024",
        "> takes no time beside a number",
        "a time is in single quotes: '2026-01-31'",
    ),
    (
        "SELECT name FROM instances WHERE tags = 'prod'",
        "= 'prod'",
        "= takes no map beside a text",
        "take a value of it: tags['env'] = 'prod'",
    ),
    (
        "SELECT name FROM instances WHERE ipv6_addresses = '::1'",
        "= '::1'",
        "= takes no list beside a text",
        "array_has(list, 'x') says whether it has one",
    ),
    (
        "SELECT name FROM instances WHERE state = 'a' && is_static_ip",
        "&&",
        "&& is not read here",
        "write AND between conditions",
    ),
    (
        "SELECT name FROM instances EXCEPT SELECT name FROM disks MINUS SELECT name FROM ports",
        "MINUS",
        "MINUS is not read here",
        "write EXCEPT",
    ),
    (
        "SELECT name FROM instances WHERE created_at > now() - INTERVAL '7'",
        "INTERVAL",
        "INTERVAL without a unit is not read here",
        "write INTERVAL '7 days'",
    ),
    (
        "SELECT upper(name, region) FROM instances",
        "upper",
        "upper takes 1 argument, not 2",
        "it is written upper(str)",
    ),
    ("SELECT CAST(name AS txt) FROM instances", "txt", "there is no type txt", "did you mean TEXT?"),
    (
        "SELECT * FROM aws_lightsail_instance",
        "aws",
        "there is no table aws_lightsail_instance",
        "did you mean instances?",
    ),
    (
        "SELECT * FROM databases",
        "databases",
        "there is no table databases",
        "did you mean relational_databases?",
    ),
    ("SELECT * FROM x.csv", "x.csv", "there is no table x.csv", "a file is named in quotes: FROM 'x.csv'"),
    (
        "SHOW DATABASES",
        "SHOW",
        "SHOW DATABASES is not read here",
        "SHOW TABLES lists the tables; SHOW lightsail.profiles and lightsail.regions say who is asked",
    ),
    (
        "USE prod",
        "USE",
        "USE is not read here",
        "SET lightsail.profiles and lightsail.regions say who is asked; \\profile and \\region do in the shell",
    ),
    (
        "SET lightsail.regions = us-east-1,us-west-2",
        "us",
        "SET takes one value, as a text in single quotes",
        "SET lightsail.regions = 'us-east-1,us-west-2'",
    ),
    ("SET region = 'all'", "region", "there is no setting region", "did you mean lightsail.regions?"),
    (
        "SHOW COLUMNS FROM instances LIKE 'n%'",
        "LIKE",
        "LIKE 'n%' behind SHOW COLUMNS is not read here",
        "write SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'instances' AND column_name LIKE '%name%'",
    ),
    (
        "SELECT name FROM instances WHERE name = @name",
        "@name",
        "@name is not read here",
        "a parameter is written $name, and --param name=VALUE gives it a value",
    ),
];

#[tokio::test]
async fn what_was_meant_is_told_at_its_place() {
    let mut wrong = Vec::new();
    for (sql, blamed, message, hint) in MEANT {
        let column = sql.find(blamed).map_or(0, |byte| sql[..byte].chars().count());
        let caret = format!("  {sql}\n  {:column$}^", "");
        let expected = format!("s:1:{}: {message}\n{caret}\nhint: {hint}", column + 1);
        let said = error(sql).await;
        if said != expected {
            wrong.push(format!("{said}\n  and not\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
