//! The documents say what is declared.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use arrow::datatypes::Schema;
use datafusion_lightsail::catalog::table::type_name;
use datafusion_lightsail::catalog::{TABLES, Table};
use datafusion_lightsail::views::{VIEWS, View};
use lightsail_demo as demo;
use lightsail_demo::faults::{CONDITIONS, FAULTS};
use serde_json::json;

use crate::support::documents::{check, table};
use crate::support::session::start;

const HEAD: &str = "\
# Tables

Written by `tests/bless.sh` from the declarations in `crates/datafusion-lightsail/src/catalog`; a test fails when it is stale. The same
stands in `system.tables` and `system.columns`, and `\\d TABLE` shows it in the shell.

What a predicate on a column does: a *target* predicate leaves regions and accounts out, a *look-up* asks for one item by
its name (up to four names), a *parameter* becomes a member of the request, and so do the values that a join finds out
while it runs; everything else is *evaluated* on the rows of each page, so that LIMIT counts only the rows that pass.
";

fn section(table: &dyn Table, text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n## {}\n\n{}\n", table.name(), table.description())?;
    write!(text, "Operation: {}", table.operations())?;
    if let Some(lookup) = table.lookup().filter(|lookup| *lookup != table.operations()) {
        write!(text, "; by name: {lookup}")?;
    }
    writeln!(text, ". Calls: {}.", table.cost())?;
    let actions: Vec<String> = table.iam_actions().iter().map(|action| format!("`{action}`")).collect();
    writeln!(text, "IAM: {}.\n", actions.join(", "))?;
    writeln!(text, "| column | type | predicate | |\n|---|---|---|---|")?;
    for column in table.columns() {
        let (name, kind) = (column.field.name(), type_name(column.field.data_type()));
        let description = column.description.replace('|', "\\|");
        writeln!(text, "| {name} | {kind} | {} | {description} |", table.pushdown(name))?;
    }
    for example in table.examples() {
        writeln!(text, "\n```sql\n{example};\n```")?;
    }
    Ok(())
}

/// What a view is: of its columns the types are only known to its plan.
fn view_section(view: &View, columns: &Schema, text: &mut String) -> std::fmt::Result {
    let header = view.header();
    writeln!(
        text,
        "\n## {}\n\nA view, in `crates/datafusion-lightsail/src/views/{}.sql`. {}\n",
        view.name(),
        view.name(),
        header.description()
    )?;
    writeln!(text, "| column | type | |\n|---|---|---|")?;
    for (field, (name, description)) in columns.fields().iter().zip(header.fields()) {
        assert_eq!(field.name(), name);
        let kind = type_name(field.data_type());
        writeln!(text, "| {name} | {kind} | {} |", description.replace('|', "\\|"))?;
    }
    Ok(())
}

#[tokio::test]
async fn the_tables_document_is_what_the_registry_says() {
    let mut text = HEAD.to_owned();
    for table in TABLES {
        section(*table, &mut text).unwrap();
    }
    let (_server, session) = start(demo::Config::default(), "us-east-1").await;
    for view in VIEWS {
        let provider = session.context().table_provider(view.name()).await.unwrap();
        view_section(view, &provider.schema(), &mut text).unwrap();
    }
    check("docs/tables.md", |_| text.clone());
}

#[test]
fn the_policy_allows_what_the_tables_ask_for_and_nothing_else() {
    let actions: BTreeSet<String> = TABLES.iter().flat_map(|table| table.iam_actions()).collect();
    for action in &actions {
        let name = action.strip_prefix("lightsail:").unwrap();
        assert!(name.starts_with("Get") || name.starts_with("Is"), "{action} is no reading");
    }
    let statement = json!({"Sid": "LightsailSql", "Effect": "Allow", "Action": actions, "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    check("docs/iam-policy.json", |_| format!("{policy:#}\n"));
}

const FAULTS_HEAD: &str = "\
# Faults of the demo endpoint

Written by `tests/bless.sh` from the declarations; a test fails when it is stale.

`lightsail-sql demo --faults FILE` serves a fleet where things go wrong, to see what a program makes of it. The file has a rule
in each line: a fault, then conditions. The first rule whose conditions hold for a call decides; what no rule is for goes well.
`#` begins a comment.

```text
# The second page of each listing in the US is throttled once, and eu-west-1 does not let anybody see disks.
ThrottlingException operation=Get* region=us-* page=2 times=1
403 operation=GetDisks region=eu-west-1
```

";

#[test]
fn the_faults_document_is_what_the_endpoint_says() {
    let conditions = CONDITIONS
        .iter()
        .map(|[key, value, what]| [format!("`{key}=`"), (*value).to_owned(), (*what).to_owned()]);
    let faults = FAULTS
        .iter()
        .map(|fault| [format!("`{}`", fault.name), fault.description.to_owned(), fault.right.to_string()]);
    let text = FAULTS_HEAD.to_owned()
        + &table(["condition", "such as", ""], conditions)
        + "\nWhat is right in a client is what `lightsail-sql` does: the tests hold it against each of them.\n\n"
        + &table(["fault", "what it does", "what is right"], faults);
    let script = text.split("```text").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(script.parse::<demo::faults::Faults>().unwrap().rules(), 2);
    check("docs/faults.md", |_| text.clone());
}

#[test]
fn the_guide_shows_a_table_as_it_stands_in_the_tree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/adding-a-table.md")).unwrap();
    let file =
        std::fs::read_to_string(root.join("crates/datafusion-lightsail/src/catalog/resources/key_pairs.rs"))
            .unwrap();
    assert!(
        guide.contains(&format!("```rust\n{file}```")),
        "docs/adding-a-table.md is not what key_pairs.rs is"
    );
}
