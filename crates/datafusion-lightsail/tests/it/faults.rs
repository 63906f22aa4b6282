//! What goes wrong at the service, over every kind of statement: the rows are right, or the error says what it must, or the
//! answer is marked as partial. Nothing else.
//!
//! Each cell of the matrix is a fault of the endpoint's table on a page of a statement, through the real SDK and HTTP.

mod random;
mod scan;
mod storm;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_lightsail::error::Kind;
use datafusion_lightsail::session::Session;
use futures::StreamExt;
use lightsail_demo::Server;
use lightsail_demo::faults::{FAULTS, Fault, Faults, Right};

use scan::{Expected, How, REGIONS, Rows, Told, ask, check, is_part_of, of_region, runtime, truth};

/// A kind of statement, and the operation that goes wrong beneath it.
#[derive(Debug, Clone, Copy)]
struct Shape {
    name: &'static str,
    sql: &'static str,
    operation: &'static str,
    instances: u64,
    max_items: Option<usize>,
    cached: bool,
    /// The conditions of a script for the first, a middle and the last page.
    places: [&'static str; 3],
}

const TABLE: Shape = Shape {
    name: "table",
    sql: "SELECT name, region, state FROM instances",
    operation: "GetInstances",
    instances: 14,
    max_items: None,
    cached: false,
    places: ["page=1", "page=2", "page=last"],
};

const SHAPES: [Shape; 6] = [
    TABLE,
    Shape {
        name: "join of three",
        sql: "SELECT i.name, i.region, d.path, s.name FROM instances i LEFT JOIN disks d ON d.instance_arn = i.arn \
              LEFT JOIN static_ips s ON s.attached_to = i.name AND s.region = i.region",
        ..TABLE
    },
    Shape {
        name: "parent-keyed",
        sql: "SELECT instance_name, region, from_port, protocol FROM instance_port_states",
        operation: "GetInstancePortStates",
        instances: 4,
        // Each answer is the only page of its request: the first that is asked for, the second, and every one.
        places: ["times=1", "page=1", "page=last"],
        ..TABLE
    },
    Shape { name: "view", sql: "SELECT instance_name, region, kind, path FROM all_disks", ..TABLE },
    Shape { name: "cached", cached: true, ..TABLE },
    Shape { name: "max_items", max_items: Some(9), ..TABLE },
];

/// One cell: what goes wrong where, and how it is asked.
#[derive(Debug, Clone, Copy)]
struct Cell {
    shape: &'static Shape,
    fault: &'static Fault,
    place: usize,
    partial: bool,
    recovers: bool,
}

impl Cell {
    fn script(&self) -> String {
        let Self { shape, fault, place, recovers, .. } = *self;
        let conditions = shape.places[place];
        let times = if recovers && !conditions.contains("times") { " times=1" } else { "" };
        let (operation, region) = (shape.operation, REGIONS[0]);
        format!("{} operation={operation} region={region} retry-after=1 {conditions}{times}", fault.name)
    }

    fn how(&self) -> How {
        How {
            instances: self.shape.instances,
            partial: self.partial,
            attempts: if self.recovers { 2 } else { 1 },
            max_items: self.shape.max_items,
            cached: self.shape.cached,
            is_slow: self.fault.is_slow(),
        }
    }

    /// What cells have in common that share a session.
    fn lane(&self) -> (&'static str, bool, bool, bool, bool) {
        (self.shape.name, self.partial, self.recovers, self.fault.is_slow(), self.is_alone())
    }

    /// Whether it counts calls, of which another one that was given up may still be under way.
    fn is_alone(&self) -> bool {
        !self.recovers && self.shape.places[self.place].contains("times")
    }

    /// Whether it is no more than another one. One code of an API that is asked too fast is like another. What is not tried
    /// again may as well come always. What is had at the second try is whole, whether or not it may be partial.
    fn is_needless(&self) -> bool {
        let Self { shape, fault, place, partial, recovers } = *self;
        let is_retried = matches!(fault.right, Right::Retried(_));
        let is_another_code = fault.description == FAULTS[0].description && fault.name != FAULTS[0].name;
        let is_table = shape.name == "table";
        // What is no listing has no tokens, and no page before.
        shape.name == "parent-keyed" && fault.is_of_pages()
            || is_another_code && (!is_table || place != 1)
            || !is_table && recovers && (partial || !is_retried && shape.name != "cached")
    }

    /// What is right; `None` if it is the truth.
    fn expected(&self) -> Option<Expected<'static>> {
        let (code, kind) = match self.fault.right {
            Right::Rows | Right::Twice => return None,
            Right::Retried(_) if self.recovers => return None,
            Right::Retried(code) | Right::Refused(code) => (code, Kind::Api),
            Right::Expired(code) => (Some(code), Kind::Credentials),
        };
        let is_answered = matches!(self.fault.right, Right::Refused(_) | Right::Expired(_)) || code.is_some();
        Some(Expected {
            // An endpoint that ends is missed by whoever asks next.
            operation: (!self.fault.is_end()).then_some(self.shape.operation),
            regions: if self.fault.is_end() { &REGIONS } else { &REGIONS[..1] },
            code,
            has_request_id: is_answered && !self.fault.is_end(),
            kind,
        })
    }

    fn is_twice(&self) -> bool {
        self.fault.right == Right::Twice && self.place > 0
    }

    async fn run(self, server: &Server, session: &Session, truth: &Rows) -> Result<(), String> {
        server.set_faults(self.script().parse().unwrap());
        session.refresh();
        let told = ask(session, self.shape.sql).await;
        self.judge(&told, truth)?;
        if !self.shape.cached || self.fault.is_end() {
            return Ok(());
        }
        // What failed is asked for anew; an answer with rows twice stays what it is.
        server.set_faults(Faults::default());
        let again = ask(session, self.shape.sql).await;
        match again.error {
            None if again.rows == *truth || self.is_twice() => Ok(()),
            error => Err(format!("the second time: {} rows, {error:?}", again.rows.len())),
        }
    }

    fn judge(&self, told: &Told, truth: &Rows) -> Result<(), String> {
        let Told { rows, record, error } = told;
        let completeness = record.completeness();
        let expected = self.expected();
        match (expected, error) {
            (None, Some(error)) => Err(format!("failed: {error}")),
            (None, None) if self.is_twice() => {
                let (many, all) = (rows.values().sum::<usize>(), truth.values().sum::<usize>());
                let is_more = many > all || self.shape.name != "table";
                let is_right = rows.keys().eq(truth.keys()) && is_more || self.shape.max_items.is_some();
                if many > all && record.notes().warnings().next().is_none() {
                    return Err("nobody says that an item is there twice".to_owned());
                }
                is_right.then_some(()).ok_or_else(|| format!("{many} rows, and not {all} and one more"))
            }
            (None, None) if rows != truth => Err(format!("{} rows of {}", rows.len(), truth.len())),
            (None, None) => match self.shape.max_items {
                None if !completeness.is_complete() => Err(format!("whole, and {completeness:?}")),
                Some(_) if completeness.next_token.is_none() => Err("no NextToken".to_owned()),
                _ if !completeness.missing.is_empty() => Err(format!("whole, and {completeness:?}")),
                _ => Ok(()),
            },
            (Some(expected), Some(error)) if !self.partial || self.fault.is_end() => check(error, &expected),
            (Some(_), Some(error)) => Err(format!("it was to be partial: {error}")),
            (Some(_), None) if !self.partial => Err(format!("no error, and {} rows", rows.len())),
            (Some(expected), None) => {
                if completeness.missing.is_empty() || completeness.is_complete() {
                    return Err("not marked as partial".to_owned());
                }
                completeness.missing.iter().try_for_each(|error| check(error, &expected))?;
                if !record.scans().iter().any(|scan| scan.error.is_some() && !scan.is_complete()) {
                    return Err("no scan is marked as partial".to_owned());
                }
                // A join beside a region that is gone has NULL where it knows nothing.
                let has_nulls = self.fault.is_end() && self.shape.name == "join of three";
                if self.shape.max_items.is_none() && !has_nulls && !is_part_of(rows, truth) {
                    return Err("rows that there are not".to_owned());
                }
                let other = REGIONS[1];
                let is_whole = of_region(rows, other) == of_region(truth, other);
                let may_be_cut = self.fault.is_end() || self.shape.max_items.is_some();
                (is_whole || may_be_cut).then_some(()).ok_or_else(|| "a healthy region lost rows".to_owned())
            }
        }
    }
}

/// So many sessions are asked at the same time: their statements wait, much of the time.
const AT_ONCE: usize = 24;
/// So many cells share a session.
const SHARING: usize = 40;

/// Runs cells of one lane one after another. Returns what was wrong.
async fn run(cells: Vec<Cell>, truth: Arc<Rows>) -> Vec<String> {
    let how = cells[0].how();
    let (mut server, mut session) = how.start().await;
    let mut wrong = Vec::new();
    for cell in cells {
        if let Err(what) = cell.run(&server, &session, &truth).await {
            let partial = if cell.partial { ", --allow-partial" } else { "" };
            wrong.push(format!("{}, {}{partial}: {what}", cell.shape.name, cell.script()));
        }
        if cell.fault.is_end() {
            (server, session) = how.start().await;
        }
    }
    wrong
}

#[test]
fn every_fault_on_every_page_of_every_statement_is_right_loud_or_marked() {
    let mut cells = Vec::new();
    for shape in &SHAPES {
        for fault in FAULTS {
            for place in 0..3 {
                for (partial, recovers) in [(false, false), (false, true), (true, false), (true, true)] {
                    cells.push(Cell { shape, fault, place, partial, recovers });
                }
            }
        }
    }
    cells.retain(|cell| !cell.is_needless());
    // Those that wait longest first.
    cells.sort_by_key(|cell| (!cell.fault.is_slow(), cell.lane()));
    let lanes = cells.chunk_by(|one, other| one.lane() == other.lane());
    let sharing = |lane: &[Cell]| if lane[0].is_alone() { 1 } else { SHARING };
    let lanes: Vec<Vec<Cell>> =
        lanes.flat_map(|lane| lane.chunks(sharing(lane)).map(<[Cell]>::to_vec)).collect();
    let all = cells.len();
    let wrong: Vec<String> = runtime().block_on(async {
        let mut truths = BTreeMap::new();
        for lane in &lanes {
            let shape = lane[0].shape;
            if !truths.contains_key(shape.name) {
                let (_server, session) = lane[0].how().start().await;
                truths.insert(shape.name, Arc::new(truth(&session, shape.sql).await));
            }
        }
        let run = |lane: Vec<Cell>| {
            let truth = Arc::clone(&truths[lane[0].shape.name]);
            tokio::spawn(run(lane, truth))
        };
        let lanes = futures::stream::iter(lanes).map(run).buffer_unordered(AT_ONCE);
        lanes.flat_map(|wrong| futures::stream::iter(wrong.unwrap())).collect().await
    });
    assert!(all > 1500, "{all} cells");
    assert!(wrong.is_empty(), "{} of {all} cells:\n{}", wrong.len(), wrong.join("\n"));
}
