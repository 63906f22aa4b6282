//! Asking: every question and total of a report, of one snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use futures::StreamExt;

use super::example::example;
use super::model::{Findings, Outcome, Question, Report, Total};
use super::plan::{Asked, Plan, Planned};
use crate::progress::Progress;
use crate::saved::Library;
use datafusion_lightsail::captures::Capture;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::{Record, RowOrder};
use datafusion_lightsail::script::located;
use datafusion_lightsail::session::{Answer, Session};

/// What a report is to say.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The saved queries.
    pub library: &'a Library,
    /// The themes; all of them if there are none.
    pub themes: &'a [String],
    /// As of when it is.
    pub taken_at: DateTime<Utc>,
    /// The capture that answers; `None` if the service does.
    pub capture: Option<&'a Capture>,
    /// The folder of that capture.
    pub folder: Option<&'a str>,
    /// Whether questions about metrics are asked, which cost a call or more for each item.
    pub has_metrics: bool,
    /// Whether the costs of this month are asked, which cost a call for each instance and disk.
    pub has_actuals: bool,
    /// The flags that say who is asked: they end the command that shows the rows of a question.
    pub whom: &'a str,
    /// Whether standard error shows how far it has come.
    pub has_progress: bool,
}

/// What the statements of a report told besides their rows.
#[derive(Default)]
struct Told {
    missing: BTreeSet<String>,
    gaps: BTreeSet<String>,
    targets: usize,
    calls: u64,
}

/// Asks all questions and totals, one after the other, of one snapshot. What fails hides nothing else.
///
/// # Errors
/// [`Kind::Usage`] when there is nothing to ask. The first failure, when nothing at all could be answered.
pub async fn ask(session: &Session, request: &Request<'_>) -> Result<Report> {
    // A capture is read faster than it could be said how far that is.
    let has_progress = request.has_progress && request.capture.is_none();
    let mut plan = Plan::new(request)?;
    session.hold_snapshot();
    foresee(session, &mut plan).await;
    let mut told = Told::default();
    let mut questions = Vec::with_capacity(plan.questions.len());
    for Planned { query, level, asked } in plan.questions {
        let outcome = match asked {
            Ok(asked) => {
                let mut count = 0;
                let mut first = None;
                let add = |rows: RecordBatch| {
                    if first.is_none() && rows.num_rows() > 0 {
                        first = Some(rows.slice(0, 1));
                    }
                    count += rows.num_rows();
                };
                let read = read(session, &asked, has_progress, &mut told, add).await;
                read.and_then(|(_, is_complete)| {
                    let example = first.as_ref().map(example).transpose()?.flatten();
                    Ok(Outcome::Answered { rows: Findings { count, example }, is_complete })
                })
            }
            Err(error) => Err(error),
        };
        let values = query.report_values();
        let words = ["lightsail-sql run", &query.name].into_iter().chain(values.iter().map(String::as_str));
        let words: Vec<&str> = words.chain(Some(request.whom).filter(|whom| !whom.is_empty())).collect();
        questions.push(Question {
            name: query.name.clone(),
            title: query.title(),
            theme: query.theme.clone(),
            level,
            advice: query.advice(),
            command: words.join(" "),
            outcome: outcome.unwrap_or_else(Outcome::Failed),
        });
    }
    let mut totals = Vec::with_capacity(plan.totals.len());
    for (declared, asked) in plan.totals {
        let outcome = match asked {
            Ok(asked) => whole(session, &asked, has_progress, &mut told).await,
            Err(error) => Err(error),
        };
        totals.push(Total {
            name: declared.name,
            title: declared.field("title"),
            description: declared.field("description"),
            chart: Some(declared.field("chart")).filter(|column| !column.is_empty()),
            outcome: outcome.unwrap_or_else(Outcome::Failed),
        });
    }
    questions.sort_by(|one, other| {
        let key = |it: &Question| (it.theme.clone(), std::cmp::Reverse(it.status()));
        key(one).cmp(&key(other))
    });
    let report = Report {
        taken_at: request.taken_at,
        folder: request.folder.map(ToOwned::to_owned),
        targets: request.capture.map_or(told.targets, |capture| capture.manifest.targets.len()),
        calls: told.calls,
        questions,
        totals,
        trends: Vec::new(),
        left_out: plan.left_out,
        missing: told.missing.into_iter().collect(),
        gaps: told.gaps.into_iter().collect(),
    };
    let asked = report.questions.len() + report.totals.len();
    if asked == 0 {
        return Err(Error::new(Kind::Usage, "there is nothing to report: no question has a level"));
    }
    let first = report.errors().next().map(Error::retold);
    match first.filter(|_| report.errors().count() == asked) {
        Some(error) => Err(error),
        None => Ok(report),
    }
}

/// Plans all before the first is asked: a page is asked for once, with all that any of them needs of it.
async fn foresee(session: &Session, plan: &mut Plan<'_>) {
    let questions = plan.questions.iter_mut().map(|planned| &mut planned.asked);
    let mut all: Vec<&mut Result<Asked>> =
        questions.chain(plan.totals.iter_mut().map(|(_, asked)| asked)).collect();
    let asked: Vec<_> = all.iter().filter_map(|asked| asked.as_ref().ok()).collect();
    let statements: Vec<_> = asked.iter().map(|asked| (&asked.statement.ast, &asked.values)).collect();
    let outcomes = session.foresee(&statements).await;
    let places: Vec<_> = asked.iter().map(|asked| asked.statement.place.clone()).collect();
    let open = all.iter_mut().filter(|asked| asked.is_ok());
    for ((asked, outcome), place) in open.zip(outcomes).zip(places) {
        if let Err(error) = outcome {
            **asked = Err(located(error, &place));
        }
    }
}

/// Asks one; gives its columns, and whether every row is there.
async fn read(
    session: &Session,
    asked: &Asked,
    has_progress: bool,
    told: &mut Told,
    mut add: impl FnMut(RecordBatch),
) -> Result<(SchemaRef, bool)> {
    let Asked { statement, values } = asked;
    let record = session.begin();
    let _progress = Progress::begin(&record, has_progress);
    let answered = async {
        let located = |error| located(error, &statement.place);
        let answer =
            session.ask_with(Arc::clone(&record), statement.ast.clone(), values, RowOrder::Target).await;
        let Answer { schema, mut stream, .. } = answer.map_err(located)?;
        while let Some(rows) = stream.next().await {
            add(rows.map_err(located)?);
        }
        Ok(schema)
    };
    let outcome: Result<SchemaRef> = answered.await;
    told.add(&record);
    outcome.map(|schema| (schema, record.completeness().is_complete()))
}

/// Asks one that has few rows, and gives them all.
async fn whole(
    session: &Session,
    asked: &Asked,
    has_progress: bool,
    told: &mut Told,
) -> Result<Outcome<RecordBatch>> {
    let mut batches = Vec::new();
    let (schema, is_complete) = read(session, asked, has_progress, told, |rows| batches.push(rows)).await?;
    let rows = concat_batches(&schema, &batches).map_err(Error::bug)?;
    Ok(Outcome::Answered { rows, is_complete })
}

impl Told {
    fn add(&mut self, record: &Arc<Record>) {
        let completeness = record.completeness();
        self.targets = self.targets.max(completeness.targets);
        self.calls += record.calls();
        self.missing.extend(completeness.missing.iter().map(|error| error.message().to_owned()));
        self.gaps.extend(completeness.gaps);
    }
}
