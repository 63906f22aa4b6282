//! The documents say what is declared.

use std::fmt::Write;
use std::path::Path;

use arrow::datatypes::Schema;
use datafusion_lightsail::catalog::table::type_name;
use datafusion_lightsail::catalog::{TABLES, Table};
use datafusion_lightsail::views::{VIEWS, View};
use lightsail_demo as demo;

use crate::support::documents::check;
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
