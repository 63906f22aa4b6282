//! Fleets to ask: each one twice, through the API and in memory.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::datasource::MemTable;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{Select, SelectItem, VisitMut, VisitorMut};
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use futures::TryStreamExt;
use lightsail_demo as demo;

/// What a column says of where a row is from, so that rows of different tables can be joined by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Arn,
    Name,
    Region,
    Profile,
}

/// Kinds of columns: what can be done with them in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Flag,
    Time,
    Texts,
    Tags,
    Details,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub role: Option<Role>,
    /// Whether it is one of those that together are unique.
    pub is_key: bool,
    /// SQL literals for the values that it has; for the values inside of it, if it is a list or a map.
    pub values: Arc<[String]>,
}

pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
}

/// A table's name, the columns that its rows are joined by, and those that together are unique.
type Shape = (&'static str, &'static [(&'static str, Role)], &'static [&'static str]);

const SHAPES: [Shape; 8] = [
    ("instances", &[("arn", Role::Arn), ("name", Role::Name)], &["profile", "arn"]),
    (
        "disks",
        &[
            ("instance_arn", Role::Arn),
            ("instance_name", Role::Name),
            ("arn", Role::Arn),
            ("name", Role::Name),
        ],
        &["profile", "instance_arn", "path"],
    ),
    (
        "ports",
        &[("instance_arn", Role::Arn), ("instance_name", Role::Name)],
        &["profile", "instance_arn", "protocol", "from_port", "to_port", "access_from"],
    ),
    (
        "tags",
        &[("resource_arn", Role::Arn), ("resource_name", Role::Name)],
        &["profile", "resource_arn", "key"],
    ),
    (
        "add_ons",
        &[("resource_arn", Role::Arn), ("resource_name", Role::Name)],
        &["profile", "resource_arn", "name"],
    ),
    (
        "block_disks",
        &[("arn", Role::Arn), ("name", Role::Name), ("attached_to", Role::Name)],
        &["profile", "arn"],
    ),
    (
        "static_ips",
        &[("arn", Role::Arn), ("name", Role::Name), ("attached_to", Role::Name)],
        &["profile", "arn"],
    ),
    (
        "instance_snapshots",
        &[
            ("arn", Role::Arn),
            ("name", Role::Name),
            ("from_instance_arn", Role::Arn),
            ("from_instance_name", Role::Name),
        ],
        &["profile", "arn"],
    ),
];

/// How large a fleet is, and who is asked for it.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub instances: Option<u64>,
    pub regions: usize,
    pub asked: &'static str,
    pub profiles: &'static str,
}

/// The calls that arrived at the endpoint.
#[derive(Debug, Default)]
struct Arrived {
    listings: AtomicU64,
    lookups: AtomicU64,
    regions: AtomicU64,
}

/// So many calls, by what they ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    pub listings: u64,
    pub lookups: u64,
    pub regions: u64,
}

impl Calls {
    pub fn total(self) -> u64 {
        self.listings + self.lookups + self.regions
    }
}

pub struct Fleet {
    pub name: String,
    pub tables: Vec<Table>,
    /// What reading all tables whole costs.
    pub whole: Calls,
    /// How many profiles a query asks.
    pub profiles: u64,
    /// How many targets, in all regions together.
    pub targets: u64,
    pub session: Session,
    memory: Session,
    arrived: Arc<Arrived>,
    server: demo::Server,
}

impl Fleet {
    /// The fleet of an account, read once to the end of every table.
    pub async fn start(extent: Extent, access_key: &str) -> Self {
        let Extent { instances, regions, asked, profiles } = extent;
        let arrived = Arc::new(Arrived::default());
        let seen = Arc::clone(&arrived);
        let hook = move |request: &demo::Request| {
            let count = match request.operation.as_str() {
                "GetRegions" => &seen.regions,
                listing if listing.ends_with('s') => &seen.listings,
                _ => &seen.lookups,
            };
            count.fetch_add(1, Ordering::SeqCst);
            None
        };
        let config = demo::Config {
            instances,
            regions: Some(regions),
            hook: Some(Arc::new(hook)),
            ..demo::Config::default()
        };
        let server = demo::Server::start(config, demo::LOOPBACK).await.unwrap();
        let session = || {
            let settings = Settings { max_attempts: Some(1), ..Settings::default() };
            let clients = Clients::new(settings.for_demo(server.url(), access_key));
            let options = LightsailOptions::default().with_profiles(profiles).with_regions(asked);
            Session::new(Arc::new(clients), options).unwrap()
        };

        let (reader, session, memory) = (session(), session(), session());
        reader.hold_snapshot();
        // Alike, but as plain as it can be: nothing that runs tells a scan what it found out.
        {
            let state = memory.context().state_ref();
            let mut state = state.write();
            let optimizer = &mut state.config_mut().options_mut().optimizer;
            optimizer.enable_join_dynamic_filter_pushdown = false;
            optimizer.enable_topk_dynamic_filter_pushdown = false;
            optimizer.max_passes = 1;
        }
        let mut tables = Vec::new();
        for (name, links, key) in SHAPES {
            let whole = ast(&format!("SELECT * FROM {name}"));
            let stream = reader.ask(whole, &Parameters::new()).await.unwrap().stream;
            let schema = stream.schema();
            let batches: Vec<RecordBatch> = stream.try_collect().await.unwrap();
            tables.push(Table { name, columns: columns(&schema, &batches, links, key) });
            let table = MemTable::try_new(schema, vec![batches]).unwrap();
            memory.context().deregister_table(name).unwrap();
            memory.context().register_table(name, Arc::new(table)).unwrap();
        }
        let name = format!("{access_key} with {extent:?}");
        let fleet = Self {
            name,
            tables,
            whole: read(&arrived),
            profiles: profiles.split(',').count() as u64,
            targets: 0,
            session,
            memory,
            arrived,
            server,
        };
        fleet.checked().await
    }

    /// That the memory holds what the endpoint has, and each row once.
    async fn checked(self) -> Self {
        let count = async |sql: &str| -> i64 {
            let stream = self.in_memory(ast(sql)).await.unwrap();
            let batches: Vec<RecordBatch> = stream.try_collect().await.unwrap();
            batches[0].column(0).as_primitive::<arrow::datatypes::Int64Type>().value(0)
        };
        let regions = self.server.regions();
        let expected: u64 = regions.iter().map(|region| self.server.instances(region)).sum();
        assert_eq!(
            count("SELECT count(*) FROM instances").await as u64,
            expected * self.profiles,
            "{}",
            self.name
        );
        for (name, _, key) in SHAPES {
            let key = key.join(", ");
            let twice =
                format!("SELECT count(*) FROM (SELECT {key} FROM {name} GROUP BY {key} HAVING count(*) > 1)");
            assert_eq!(count(&twice).await, 0, "{key} is not unique in {name} of {}", self.name);
        }
        Self { targets: regions.len() as u64 * self.profiles, ..self }
    }

    /// Starts a statement through the API.
    pub async fn through_api(&self, ast: Ast) -> datafusion::common::Result<SendableRecordBatchStream> {
        Ok(self.session.ask(ast, &Parameters::new()).await?.stream)
    }

    /// Starts a statement on the tables in memory.
    ///
    /// Its columns have the names that DataFusion gives them: those that were typed change no row and no type.
    pub async fn in_memory(&self, mut ast: Ast) -> datafusion::common::Result<SendableRecordBatchStream> {
        if let Ast::Statement(sql) = &mut ast {
            let _ = sql.visit(&mut Unnamed);
        }
        Ok(self.memory.ask(ast, &Parameters::new()).await?.stream)
    }

    /// The calls that have arrived.
    pub fn calls(&self) -> Calls {
        read(&self.arrived)
    }
}

fn read(arrived: &Arrived) -> Calls {
    let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
    Calls { listings: of(&arrived.listings), lookups: of(&arrived.lookups), regions: of(&arrived.regions) }
}

/// The one statement of a text.
pub fn ast(sql: &str) -> Ast {
    parse("property", sql).unwrap().remove(0).ast
}

/// Takes the aliases away that the parser gave: the queries have none in quotes.
struct Unnamed;

impl VisitorMut for Unnamed {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && alias.quote_style.is_some()
            {
                *item = SelectItem::UnnamedExpr(expr.clone());
            }
        }
        ControlFlow::Continue(())
    }
}

fn columns(schema: &SchemaRef, batches: &[RecordBatch], links: &[(&str, Role)], key: &[&str]) -> Vec<Column> {
    let column = |(index, field): (usize, &Arc<arrow::datatypes::Field>)| {
        let name = field.name().clone();
        let linked = links.iter().find(|(link, _)| *link == name).map(|(_, role)| *role);
        let role = linked.or(match name.as_str() {
            "region" => Some(Role::Region),
            "profile" => Some(Role::Profile),
            _ => None,
        });
        let kind = kind(field.data_type());
        let values: BTreeSet<String> =
            batches.iter().flat_map(|batch| literals(kind, batch.column(index))).collect();
        Column {
            role,
            is_key: key.contains(&name.as_str()),
            name,
            kind,
            values: values.into_iter().collect(),
        }
    };
    schema.fields().iter().enumerate().map(column).collect()
}

fn kind(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Utf8 => Kind::Text,
        DataType::Boolean => Kind::Flag,
        DataType::Timestamp(..) => Kind::Time,
        DataType::Map(..) => Kind::Tags,
        DataType::List(item) if *item.data_type() == DataType::Utf8 => Kind::Texts,
        DataType::List(_) => Kind::Details,
        _ => Kind::Number,
    }
}

/// SQL literals for what is in an array.
fn literals(kind: Kind, array: &ArrayRef) -> Vec<String> {
    let (array, is_text) = match kind {
        Kind::Number | Kind::Flag => (array, false),
        Kind::Text | Kind::Time => (array, true),
        Kind::Texts => (array.as_list::<i32>().values(), true),
        Kind::Tags => (array.as_map().values(), true),
        Kind::Details => (array.as_list::<i32>().values().as_struct().column(1), true),
    };
    let formatter = ArrayFormatter::try_new(array.as_ref(), &FormatOptions::new()).unwrap();
    let rows = (0..array.len()).filter(|row| array.is_valid(*row));
    let texts = rows.map(|row| formatter.value(row).to_string());
    texts.map(|text| if is_text { quoted(&text) } else { text }).collect()
}

/// A text as SQL writes it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
