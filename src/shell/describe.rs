//! `\d`: tables and views in groups, and all that is known of one of them, from declarations and schemas alone.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::TableReference;
use datafusion::common::utils::datafusion_strsim::levenshtein;
use datafusion::datasource::TableType;
use datafusion::prelude::SessionContext;

use super::listing::Paper;
use super::names;
use datafusion_lightsail::catalog::table::Group;
use datafusion_lightsail::catalog::{TABLES, Table};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::joins::{Join, joins};
use datafusion_lightsail::system;
use datafusion_lightsail::views::{VIEWS, View};

/// How many letters may be wrong in a name that we still recognize.
const NEAR: usize = 3;

/// How many joins are shown of a table that many others name.
const JOINS: usize = 12;

/// What a predicate on a column does, beside evaluating it on the rows: its mark, and what that means.
const MARKS: &[(&str, char, &str)] = &[
    ("target", 'T', "T leaves accounts or regions out"),
    ("look-up", 'L', "L asks for one by its name"),
    ("parameter", 'P', "P goes into the request"),
];

/// The mark of a column whose predicates are evaluated on the rows.
const EVALUATED: char = '·';

/// A table or view of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    /// Its name, as SQL takes it.
    pub(super) name: String,
    /// Where it is listed; `None` if the session made it.
    pub(super) group: Option<Group>,
    /// Whether it is a view.
    pub(super) is_view: bool,
    description: String,
    /// Whether it is asked once or more for each item of a listing.
    is_asked_for_each: bool,
}

/// What stands behind the name of a table that is asked for each item of a listing, and what it means.
const ASKED_FOR_EACH: (&str, &str) =
    (" *", "* takes a call or more for each item of a listing: \\d NAME says of which");

/// All tables and views, by their names.
pub(super) fn relations(context: &SessionContext) -> Vec<Relation> {
    let relation = |table: TableReference| {
        let (group, description) = match (declared(&table), view(&table), of_system(&table)) {
            (Some(known), ..) => (Some(known.group()), known.description().to_owned()),
            (_, Some(view), _) => (Some(Group::Views), view.header().description()),
            (.., Some(text)) => (Some(Group::System), text.to_owned()),
            _ => (None, definition(context, &table).unwrap_or_default()),
        };
        let provider = names::provider(context, &table);
        let is_view = group != Some(Group::System)
            && provider.is_some_and(|provider| provider.table_type() == TableType::View);
        let is_asked_for_each = declared(&table).is_some_and(|known| known.is_asked_for_each());
        Relation { name: table.to_quoted_string(), group, is_view, description, is_asked_for_each }
    };
    let tables = names::tables(context).into_iter();
    let mut relations: Vec<Relation> =
        tables.filter(|table| table.schema() != Some("information_schema")).map(relation).collect();
    relations.sort_by(|one, other| one.name.cmp(&other.name));
    relations
}

/// Tables and views in their groups, a line each.
pub(super) fn listed(relations: &[Relation], paper: Paper) -> String {
    let mut text = String::new();
    for group in Group::ALL.into_iter().map(Some).chain([None]) {
        let of_group = relations.iter().filter(|relation| relation.group == group);
        let name = |relation: &Relation| {
            format!("{}{}", relation.name, if relation.is_asked_for_each { ASKED_FOR_EACH.0 } else { "" })
        };
        let rows: Vec<_> = of_group.map(|relation| (name(relation), brief(&relation.description))).collect();
        if !rows.is_empty() {
            paper.heading(group.map_or("made in this session", Group::name), &mut text);
            paper.lines(&rows, &mut text);
        }
    }
    if relations.iter().any(|relation| relation.is_asked_for_each) {
        paper.indented(ASKED_FOR_EACH.1, &mut text);
    }
    text
}

/// A description without what is the same of all of them.
fn brief(description: &str) -> String {
    let text = description.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_end_matches('.').trim_end_matches(", one row each").to_owned()
}

/// A table: what it is, its columns, what it joins with, an example.
///
/// # Errors
/// [`Kind::Usage`] when there is none of this name.
pub(crate) fn described(context: &SessionContext, name: &str, paper: Paper) -> Result<String> {
    let reference = TableReference::parse_str(name);
    let provider = names::provider(context, &reference).ok_or_else(|| unknown(context, &reference))?;
    let (table, view) = (declared(&reference), view(&reference));
    let header = view.map(View::header).unwrap_or_default();
    let mut text = String::new();
    paper.heading(reference.table(), &mut text);
    let about = match (table, of_system(&reference)) {
        (Some(table), _) => format!("{} Calls: {}.", table.description(), table.cost()),
        (None, Some(about)) => about.to_owned(),
        (None, None) if view.is_some() => header.description(),
        (None, None) => definition(context, &reference).unwrap_or_default(),
    };
    paper.text(&about, &mut text);
    let columns = table.map(Table::columns).unwrap_or_default();
    let names =
        provider.schema().fields().iter().map(|field| field.name().chars().count()).max().unwrap_or(0);
    let mut marks = Vec::new();
    let schema = provider.schema();
    let rows = schema.fields().iter().map(|field| {
        let column = columns.iter().find(|column| column.field.name() == field.name());
        let mark = column.zip(table).map_or(' ', |(_, table)| {
            let pushdown = table.pushdown(field.name());
            let known = MARKS.iter().find(|(of, ..)| *of == pushdown);
            marks.extend(known.map(|(.., meaning)| *meaning));
            known.map_or(EVALUATED, |(_, mark, _)| *mark)
        });
        let description = column.map(|column| column.description).or_else(|| header.field(field.name()));
        let left = format!("{:<names$}  {mark} {}", field.name(), short(field.data_type()));
        (left, description.unwrap_or_default().to_owned())
    });
    let rows: Vec<_> = rows.collect();
    paper.definitions(&rows, &mut text);
    if !marks.is_empty() {
        let meanings = MARKS.iter().map(|(.., meaning)| *meaning).filter(|meaning| marks.contains(meaning));
        paper.text(
            &format!("A predicate on a column: {}.", meanings.collect::<Vec<_>>().join(", ")),
            &mut text,
        );
    }
    let conditions = conditions(reference.table());
    if !conditions.is_empty() && (table.is_some() || view.is_some()) {
        paper.heading("joins", &mut text);
        conditions.iter().take(JOINS).for_each(|condition| paper.indented(condition, &mut text));
        if let more @ 1.. = conditions.len().saturating_sub(JOINS) {
            paper.indented(&format!("… {more} more"), &mut text);
        }
    }
    if let Some(example) = table.and_then(|table| table.examples().first()) {
        paper.heading("example", &mut text);
        paper.indented(&format!("{example};"), &mut text);
    }
    Ok(text)
}

/// The joins with other tables, those that the table itself names first.
fn conditions(table: &str) -> Vec<String> {
    let joins = joins();
    let own = joins.iter().filter(|join| join.table == table);
    let others = joins.iter().filter(|join| join.other == table);
    own.chain(others).map(Join::condition).collect()
}

/// A type in a word.
fn short(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Timestamp(..) => "time".to_owned(),
        DataType::Map(..) => "map".to_owned(),
        DataType::Struct(_) => "struct".to_owned(),
        DataType::List(item) => format!("{}[]", short(item.data_type())),
        kind if kind.is_integer() => "integer".to_owned(),
        kind if kind.is_floating() => "double".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

fn declared(table: &TableReference) -> Option<&'static dyn Table> {
    TABLES.iter().copied().find(|known| names::is(table, known.name()))
}

fn of_system(table: &TableReference) -> Option<&'static str> {
    let described = system::DESCRIPTIONS.iter().find(|(name, _)| *name == table.table())?;
    (table.schema() == Some("system")).then_some(described.1)
}

/// One of our own views.
fn view(table: &TableReference) -> Option<&'static View> {
    VIEWS.iter().find(|known| names::is(table, known.name()))
}

/// The query behind a view.
fn definition(context: &SessionContext, table: &TableReference) -> Option<String> {
    names::provider(context, table)?.get_table_definition().map(str::to_owned)
}

fn unknown(context: &SessionContext, name: &TableReference) -> Error {
    let distance = |table: &TableReference| levenshtein(table.table(), name.table());
    let tables = names::tables(context);
    let near = tables.iter().filter(|table| distance(table) <= NEAR).min_by_key(|table| distance(table));
    let hint = near.map_or("\\d lists the tables".to_owned(), |table| format!("did you mean {table}?"));
    Error::new(Kind::Usage, format!("there is no table {name}")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::output::Options;
    use datafusion_lightsail::aws::{Clients, Settings};
    use datafusion_lightsail::options::LightsailOptions;
    use datafusion_lightsail::session::Session;

    fn session() -> Session {
        let clients = Clients::new(Settings::default());
        Session::new(Arc::new(clients), LightsailOptions::default()).unwrap()
    }

    fn paper(width: usize) -> Paper {
        Paper::new(&Options { width: Some(width), ..Options::default() })
    }

    #[tokio::test]
    async fn tables_are_listed_in_groups_a_line_each() {
        let session = session();
        session.context().sql("CREATE VIEW mine AS SELECT name, 1 AS one FROM instances").await.unwrap();
        let relations = relations(session.context());
        assert_eq!(relations.len(), TABLES.len() + VIEWS.len() + system::DESCRIPTIONS.len() + 1);
        for width in [80, 120, 200] {
            let text = listed(&relations, paper(width));
            assert!(text.lines().count() <= relations.len() + 12, "{text}");
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
            for relation in &relations {
                let is_named = |line: &str| line.starts_with(&format!("  {} ", relation.name));
                assert!(text.lines().any(is_named), "{}: {text}", relation.name);
            }
            let headings: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
            let expected = Group::ALL.iter().map(|group| group.name()).chain(["made in this session"]);
            assert_eq!(headings, expected.collect::<Vec<_>>());
            let lines = || text.lines().skip(1).take_while(|line| line.starts_with(' '));
            assert!(lines().is_sorted(), "{text}");
        }
        assert_eq!(session.calls(), 0);
    }

    #[test]
    fn a_table_is_described_with_joins_and_an_example() {
        let text = described(session().context(), "disks", paper(80)).unwrap();
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        for part in
            ["\njoins\n  disks.instance_arn = instances.arn\n", "\nexample\n  SELECT ", "T text", "· integer"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("A predicate on a column: T leaves accounts or regions out"), "{text}");
        assert!(!text.contains("evaluated") && !text.contains("nullable"), "{text}");
        let view = described(session().context(), "exposure", paper(80)).unwrap();
        assert!(view.contains("exposure.instance_arn = instances.arn"), "{view}");
    }

    #[test]
    fn every_mark_is_a_kind_of_predicate() {
        let kinds: Vec<&str> = TABLES
            .iter()
            .flat_map(|table| table.columns().into_iter().map(|column| table.pushdown(column.field.name())))
            .collect();
        for kind in &kinds {
            assert!(*kind == "evaluated" || MARKS.iter().any(|(of, ..)| of == kind), "{kind}");
        }
        assert!(MARKS.iter().all(|(of, ..)| kinds.contains(of)));
    }

    #[test]
    fn a_wrong_name_is_met_with_the_nearest() {
        let error = |name: &str| described(session().context(), name, paper(80)).unwrap_err().to_string();
        assert_eq!(error("instnces"), "there is no table instnces\nhint: did you mean instances?");
        assert_eq!(error("servers"), "there is no table servers\nhint: \\d lists the tables");
    }
}
