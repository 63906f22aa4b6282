//! Random queries as text, over the columns and values of one fleet.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use super::fleet::{Column, Fleet, Kind, Role, Table};
use super::predicate::{Value, value};
use super::query::{Body, Item, Join, Output, Pick, Query, Select, Source, Sub, Term};

/// A query as text.
#[derive(Debug, Clone)]
pub struct Text {
    pub sql: String,
    /// The same without its LIMIT, where rows have no order and so any of them will do.
    pub unlimited: Option<String>,
    /// LIMIT and OFFSET of such a query.
    pub limit: (usize, usize),
    /// Whether the order of rows is part of the answer.
    pub is_ordered: bool,
    /// How many tables it names.
    pub scans: u64,
    /// The kinds of things that are in it.
    pub features: BTreeSet<&'static str>,
}

impl Text {
    /// A query that somebody wrote down; its rows have no order, and if it has a LIMIT, it does not matter to them.
    pub fn fixed(sql: &str) -> Self {
        Self {
            sql: sql.to_owned(),
            unlimited: None,
            limit: (0, 0),
            is_ordered: false,
            scans: sql.matches("FROM").count() as u64 + sql.matches("JOIN").count() as u64,
            features: sql.contains("LIMIT").then_some("LIMIT").into_iter().collect(),
        }
    }
}

/// What a choice stands for among so many.
pub fn choose<T>(pick: Pick, all: &[T]) -> &T {
    &all[(usize::from(pick) * all.len()) >> 16]
}

/// The columns that can be named, written as `a.name`.
pub type Scope = Vec<Column>;

pub struct Writer<'a> {
    fleet: &'a Fleet,
    /// The table that `r` of a WITH clause is made of.
    common: Option<&'a Table>,
    /// How many more tables that is to stand in for.
    common_left: usize,
    aliases: usize,
    scans: u64,
    pub features: BTreeSet<&'static str>,
}

pub const JOINS: [&str; 9] = [
    "JOIN",
    "JOIN",
    "LEFT JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "LEFT SEMI JOIN",
    "LEFT ANTI JOIN",
    "RIGHT SEMI JOIN",
    "RIGHT ANTI JOIN",
];

/// The text of a query that asks a fleet.
pub fn write(fleet: &Fleet, query: &Query) -> Text {
    let common = query.common.as_ref().map(|(table, _)| choose(*table, &fleet.tables));
    let mut writer =
        Writer { fleet, common, common_left: 2, aliases: 0, scans: 0, features: BTreeSet::new() };
    let mut sql = writer.with(query);
    let order = match &query.body {
        Body::Select(select) => {
            let (text, order) = writer.select(select, query.order.as_deref());
            sql += &text;
            order
        }
        Body::Union { all, arms } => {
            let name = if *all { "UNION ALL" } else { "UNION" };
            writer.features.insert(name);
            let arms: Vec<String> = arms.iter().map(|arm| writer.select(arm, None).0).collect();
            sql += &arms.join(&format!(" {name} "));
            query.order.as_ref().map(|_| "1, 2".to_owned())
        }
    };
    if let Some(order) = &order {
        writer.features.insert("ORDER BY");
        write!(sql, " ORDER BY {order}").unwrap();
    }
    let unlimited = (query.limit.is_some() && order.is_none()).then(|| sql.clone());
    if let Some((limit, offset)) = query.limit {
        writer.features.insert("LIMIT");
        write!(sql, " LIMIT {limit}").unwrap();
        if offset > 0 {
            write!(sql, " OFFSET {offset}").unwrap();
        }
    }
    Text {
        sql,
        unlimited,
        limit: query.limit.unwrap_or_default(),
        is_ordered: order.is_some(),
        scans: writer.scans,
        features: writer.features,
    }
}

impl<'a> Writer<'a> {
    fn with(&mut self, query: &Query) -> String {
        let (Some(table), Some((_, predicate))) = (self.common, &query.common) else {
            return String::new();
        };
        self.features.insert("WITH");
        let scope = scope(table, "c");
        let predicate = predicate.as_ref().map(|predicate| self.predicate(predicate, &scope));
        format!("WITH r AS (SELECT * FROM {} AS c{}) ", table.name, condition(" WHERE ", predicate))
    }

    pub fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    pub fn table(&mut self, pick: Pick) -> &'a Table {
        self.scans += 1;
        choose(pick, &self.fleet.tables)
    }

    /// A select, and what to sort it by.
    fn select(&mut self, select: &Select, order: Option<&[(Pick, Pick)]>) -> (String, Option<String>) {
        let (mut from, mut columns) = self.source(&select.source, &vec![]);
        for join in &select.joins {
            from = self.join(&from, join, &mut columns);
        }
        let predicate = select.predicate.as_ref().map(|predicate| self.predicate(predicate, &columns));
        let Written { text, scalars, tail } = self.output(&select.output, &columns, select.distinct);
        let is_sorted_by_output = select.distinct || matches!(select.output, Output::Grouped { .. });
        let order = order.map(|keys| {
            let outputs: Vec<String> = (1..=scalars).map(|index| index.to_string()).collect();
            let sortable: Vec<&Column> = columns.iter().filter(|column| is_scalar(column.kind)).collect();
            let chosen = keys.iter().map(|(key, direction)| {
                let direction = choose(*direction, &["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]);
                match is_sorted_by_output {
                    true => format!("{}{direction}", choose(*key, &outputs)),
                    false => format!("{}{direction}", choose(*key, &sortable).name),
                }
            });
            let rest: Vec<String> = match is_sorted_by_output {
                true => outputs.clone(),
                false => {
                    columns.iter().filter(|column| column.is_key).map(|column| column.name.clone()).collect()
                }
            };
            chosen.chain(rest).collect::<Vec<_>>().join(", ")
        });
        let distinct = if select.distinct { "DISTINCT " } else { "" };
        if select.distinct {
            self.features.insert("DISTINCT");
        }
        (format!("SELECT {distinct}{text} FROM {from}{}{tail}", condition(" WHERE ", predicate)), order)
    }

    /// A source, beside columns that are in scope already.
    fn source(&mut self, source: &Source, columns: &Scope) -> (String, Scope) {
        let alias = self.alias();
        if let (Some(table), 1.., Source::Table(_) | Source::Derived { .. }) =
            (self.common, self.common_left, source)
        {
            self.common_left -= 1;
            self.scans += 1;
            return (format!("r AS {alias}"), scope(table, &alias));
        }
        match source {
            Source::Table(pick) => {
                let table = self.table(*pick);
                (format!("{} AS {alias}", table.name), scope(table, &alias))
            }
            Source::Derived { table, predicate, limit } => {
                self.features.insert("derived table");
                let table = self.table(*table);
                let inner = scope(table, "d");
                let predicate = predicate.as_ref().map(|predicate| self.predicate(predicate, &inner));
                let mut text =
                    format!("SELECT * FROM {} AS d{}", table.name, condition(" WHERE ", predicate));
                if let Some(limit) = limit {
                    self.features.insert("LIMIT");
                    let keys = inner.iter().filter(|column| column.is_key);
                    let keys: Vec<&str> = keys.map(|column| column.name.as_str()).collect();
                    write!(text, " ORDER BY {} LIMIT {limit}", keys.join(", ")).unwrap();
                }
                (format!("({text}) AS {alias}"), scope(table, &alias))
            }
            Source::Values { column, literals } => {
                self.features.insert("VALUES");
                let first = scope(&self.fleet.tables[0], "");
                let Column { role, values, .. } = (*choose(*column, &keys(columns, &first))).clone();
                let value =
                    Value { sql: String::new(), kind: Kind::Text, values: values.clone(), function: None };
                let rows: Vec<String> =
                    literals.iter().map(|literal| format!("({})", value.literal(literal))).collect();
                let name = format!("{alias}.k");
                let column = Column { name, kind: Kind::Text, role, is_key: true, values };
                (format!("(VALUES {}) AS {alias}(k)", rows.join(", ")), vec![column])
            }
            Source::List { table, column, predicate } => {
                self.features.insert("SELECT DISTINCT");
                let table = self.table(*table);
                let inner = scope(table, "d");
                let column = (*choose(*column, &keys(&inner, &inner))).clone();
                let predicate = self.predicate(predicate, &inner);
                let text =
                    format!("SELECT DISTINCT {} FROM {} AS d WHERE {predicate}", column.name, table.name);
                let name = format!("{alias}.{}", base(&column.name));
                (format!("({text}) AS {alias}"), vec![Column { name, is_key: true, ..column }])
            }
        }
    }

    /// Joins a source to those whose columns are in scope, or them to it.
    fn join(&mut self, from: &str, join: &Join, columns: &mut Scope) -> String {
        let (source, right) = self.source(&join.source, columns);
        let pairs = close(columns, &right);
        let is_list = right.len() == 1;
        // A list may be joined to anything.
        if pairs.is_empty() || (is_list && join.link > Pick::MAX / 8 * 7) {
            self.features.insert("CROSS JOIN");
            columns.extend(right);
            return format!("{from} CROSS JOIN {source}");
        }
        let pairs = preferred(pairs, columns, &right, join.extra.is_none());
        let (left_link, right_link) = choose(join.link, &pairs);
        let kind = *choose(join.kind, &JOINS);
        self.features.insert(kind);
        let both: Scope = columns.iter().chain(&right).cloned().collect();
        let name = base(right_link);
        let is_one_name = base(left_link) == name
            && columns.iter().filter(|column| base(&column.name) == name).count() == 1;
        let on = if join.using && join.extra.is_none() && is_one_name {
            self.features.insert("USING");
            format!(" USING ({name})")
        } else {
            let mut on = format!("{left_link} = {right_link}");
            let regions = links(columns, &right, |role| role == Role::Region);
            if let (true, Some((left, right))) = (join.using, regions.first()) {
                write!(on, " AND {left} = {right}").unwrap();
            }
            if let Some(extra) = &join.extra {
                write!(on, " AND {}", self.predicate(extra, &both)).unwrap();
            }
            format!(" ON {on}")
        };
        *columns = match kind {
            "LEFT SEMI JOIN" | "LEFT ANTI JOIN" => std::mem::take(columns),
            "RIGHT SEMI JOIN" | "RIGHT ANTI JOIN" => right,
            _ => both,
        };
        // Of a list that is on the left all joins on the right are told; one on the right may be moved there.
        match kind == "JOIN" && is_list && join.link % 2 == 1 && from.contains("JOIN") {
            true => format!("{source} JOIN ({from}){on}"),
            false => format!("{from} {kind} {source}{on}"),
        }
    }

    fn output(&mut self, output: &Output, columns: &Scope, is_distinct: bool) -> Written {
        let fits: &dyn Fn(Kind) -> bool = if is_distinct { &is_scalar } else { &|_| true };
        let term = |term: &Term| value(term, columns, fits).sql;
        let scalar = |term: &Term| value(term, columns, &is_scalar).sql;
        let items: Vec<String> = match output {
            Output::Star if !is_distinct => vec!["*".into()],
            Output::Star => columns.iter().filter(|c| is_scalar(c.kind)).map(|c| c.name.clone()).collect(),
            Output::Keys => {
                self.features.insert("all keys");
                keys(columns, columns).iter().map(|column| column.name.clone()).collect()
            }
            Output::Items(items) => items
                .iter()
                .map(|item| match item {
                    Item::Term(one) => term(one),
                    Item::Case(when, one) => {
                        format!("CASE WHEN {} THEN {} END", self.predicate(when, columns), term(one))
                    }
                    Item::Truth(predicate) => self.predicate(predicate, columns),
                    Item::Window(by) => {
                        self.features.insert("window");
                        format!("count(*) OVER (PARTITION BY {})", scalar(by))
                    }
                    Item::Count(sub) => {
                        self.features.insert("scalar subquery");
                        self.count(sub, columns)
                    }
                })
                .collect(),
            Output::Texts(picks) => picks
                .iter()
                .map(|pick| value(&Term::Column(*pick), columns, &|kind| kind == Kind::Text).sql)
                .collect(),
            Output::Grouped { by, aggregates, having } => {
                self.features.insert("aggregate");
                let by: Vec<String> = by.iter().map(scalar).collect();
                let aggregates =
                    aggregates.iter().map(|(function, term)| aggregate(*function, term, columns));
                let items = by.iter().cloned().chain(aggregates).enumerate();
                let items: Vec<String> = items.map(|(index, item)| format!("{item} AS o{index}")).collect();
                let ordinals: Vec<String> = (1..=by.len()).map(|index| index.to_string()).collect();
                let mut tail = String::new();
                if !by.is_empty() {
                    self.features.insert("GROUP BY");
                    write!(tail, " GROUP BY {}", ordinals.join(", ")).unwrap();
                }
                if let Some(having) = having {
                    write!(tail, " HAVING count(*) {}", choose(*having, &["> 1", "= 1", "< 3", "> 100"]))
                        .unwrap();
                }
                return Written { scalars: items.len(), text: items.join(", "), tail };
            }
        };
        let named = items.iter().enumerate().map(|(index, item)| match item.as_str() {
            "*" => "*".to_owned(),
            item => format!("{item} AS o{index}"),
        });
        Written { text: named.collect::<Vec<_>>().join(", "), scalars: items.len(), tail: String::new() }
    }

    /// A table in a subquery and what ties it to the query around it, as a FROM and a WHERE clause.
    pub fn correlated(&mut self, sub: &Sub, outer: &Scope) -> (String, String) {
        let (table, alias) = (self.table(sub.table), self.alias());
        let inner = scope(table, &alias);
        let (from, to) = choose(sub.link, &close(outer, &inner)).clone();
        let mut conditions = vec![format!("{to} = {from}")];
        conditions.extend(sub.predicate.as_ref().map(|predicate| self.predicate(predicate, &inner)));
        (format!("{} AS {alias}", table.name), conditions.join(" AND "))
    }

    /// `(SELECT count(*) …)` of the rows that hang together with a row.
    pub fn count(&mut self, sub: &Sub, outer: &Scope) -> String {
        let (from, condition) = self.correlated(sub, outer);
        format!("(SELECT count(*) FROM {from} WHERE {condition})")
    }
}

struct Written {
    text: String,
    /// How many of the output columns can be sorted by.
    scalars: usize,
    /// GROUP BY and HAVING.
    tail: String,
}

pub fn is_scalar(kind: Kind) -> bool {
    !matches!(kind, Kind::Texts | Kind::Tags | Kind::Details)
}

/// The columns of a table that goes by an alias.
pub fn scope(table: &Table, alias: &str) -> Scope {
    let named = |column: &Column| Column { name: format!("{alias}.{}", column.name), ..column.clone() };
    table.columns.iter().map(named).collect()
}

/// The pairs of columns, one of each side, by which rows can be joined.
pub fn links(left: &Scope, right: &Scope, is_link: impl Fn(Role) -> bool) -> Vec<(String, String)> {
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (left, right)));
    let linked = pairs.filter(|(left, right)| left.role == right.role && left.role.is_some_and(&is_link));
    linked.map(|(left, right)| (left.name.clone(), right.name.clone())).collect()
}

/// The columns that say where a row is from; those of a table if there are none.
fn keys<'a>(columns: &'a Scope, table: &'a Scope) -> Vec<&'a Column> {
    let found =
        |columns: &'a Scope| columns.iter().filter(|column| column.role.is_some()).collect::<Vec<_>>();
    Some(found(columns)).filter(|keys| !keys.is_empty()).unwrap_or_else(|| found(table))
}

/// Those of the pairs by which a join has rows, if there are any and they are asked for; of a list of values of a column,
/// the pair with that one.
fn preferred(
    pairs: Vec<(String, String)>,
    left: &Scope,
    right: &Scope,
    is_asked_for: bool,
) -> Vec<(String, String)> {
    let values = |scope: &Scope, name: &str| {
        scope.iter().find(|column| column.name == name).map(|column| Arc::clone(&column.values))
    };
    let of = |(one, other): &&(String, String)| values(left, one).zip(values(right, other));
    let filtered = |fits: &dyn Fn(&[String], &[String]) -> bool| -> Vec<(String, String)> {
        let fitting = pairs.iter().filter(|pair| of(pair).is_some_and(|(one, other)| fits(&one, &other)));
        fitting.cloned().collect()
    };
    // Both are sorted.
    let overlap =
        |one: &[String], other: &[String]| one.iter().any(|value| other.binary_search(value).is_ok());
    let is_same = |one: &[String], other: &[String]| std::ptr::eq(one, other);
    let best = [filtered(&is_same), filtered(&overlap)].into_iter().find(|pairs| !pairs.is_empty());
    best.filter(|_| is_asked_for).unwrap_or(pairs)
}

/// Those that pair few rows: not by region or profile alone, unless one side is a list of such.
pub fn close(left: &Scope, right: &Scope) -> Vec<(String, String)> {
    // Lists have a column each, tables more than all of those together.
    let is_list = |columns: &Scope| columns.len() <= 5;
    let any = is_list(left) || is_list(right);
    links(left, right, |role| any || matches!(role, Role::Arn | Role::Name))
}

/// `name` of `alias.name`.
fn base(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn condition(keyword: &str, predicate: Option<String>) -> String {
    predicate.map(|predicate| format!("{keyword}{predicate}")).unwrap_or_default()
}

fn aggregate(function: Pick, term: &Term, columns: &Scope) -> String {
    let of = value(term, columns, &is_scalar).sql;
    let number = value(term, columns, &|kind| kind == Kind::Number);
    let number = match number.kind {
        Kind::Number => number.sql,
        _ => format!("length({})", number.sql),
    };
    let forms = [
        "count(*)".to_owned(),
        format!("count({of})"),
        format!("count(DISTINCT {of})"),
        format!("min({of})"),
        format!("max({of})"),
        format!("sum({number})"),
        format!("avg({number})"),
        format!("count(*) FILTER (WHERE {of} IS NULL)"),
    ];
    choose(function, &forms).clone()
}
