//! The rows of one worker, and what it tells beside them: its reports go into the record of the statement. One that is gone
//! fails the statement by its name, or its targets are missing where that is allowed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use prost::Message;

use super::crew::Share;
use super::failure::Failure;
use super::message::{Entry, operation_name, profile};
use super::partition::{Arrival, arrived};
use super::records::{NotesReport, Report};
use super::stage::{Ends, Stage};
use crate::aws::Target;
use crate::catalog::TABLES;
use crate::error::{Error, Kind};
use crate::scan::record::is_targets_own;

/// What a person looks at when a worker is gone.
const REACHED: &str = "is it running, and can it be reached?";

/// The rows of one worker.
pub(super) struct Receiver {
    /// `None` behind the end.
    rows: Option<SendableRecordBatchStream>,
    /// The columns of the rows, without that of reports.
    schema: SchemaRef,
    stage: Arc<Stage>,
    share: Share,
    /// Where the statement's record has what a scan read at a target, and what says there that it was read to its end, by
    /// its place in the worker's.
    places: HashMap<u64, (usize, Arc<AtomicBool>)>,
    ends: Ends,
    /// What was reported last.
    before: Report,
}

impl Receiver {
    pub(super) fn new(
        rows: SendableRecordBatchStream,
        schema: SchemaRef,
        stage: Arc<Stage>,
        share: Share,
        ends: Ends,
    ) -> Self {
        let (rows, places) = (Some(rows), HashMap::new());
        Self { rows, schema, stage, share, places, ends, before: Report::default() }
    }

    /// The next rows; `None` behind the last of them.
    ///
    /// # Errors
    /// What failed at the worker, or that it is gone.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        while let Some(rows) = &mut self.rows {
            let batch = match rows.next().await {
                Some(Ok(batch)) => batch,
                Some(Err(error)) => return self.failed(&error),
                None => return self.gone("it ended without saying what it has read"),
            };
            match arrived(&batch, &self.schema)? {
                Arrival::Rows(batch) => return Ok(Some(batch)),
                Arrival::Report(report) => {
                    let report = Report::decode(report.as_slice())
                        .map_err(|error| Error::bug(format!("worker {}: {error}", self.share.worker)))?;
                    if report.is_end {
                        self.rows = None;
                    }
                    self.take_in(report)?;
                }
            }
        }
        Ok(None)
    }

    /// Writes a report into the record of the statement.
    ///
    /// # Errors
    /// What failed at the worker.
    fn take_in(&mut self, mut report: Report) -> std::result::Result<(), Error> {
        let (record, caller) = (&self.stage.record, self.stage.record.caller());
        for read in std::mem::take(&mut report.scans) {
            let (place, is_read) = self.places.entry(read.place).or_insert_with(|| {
                let table = TABLES.iter().map(|table| table.name()).find(|name| *name == read.table);
                let (table, operation) = (table.unwrap_or("other"), operation_name(&read.operation));
                let is_read = Arc::default();
                (record.open(table, operation, read.target(), &is_read), is_read)
            });
            if read.is_read {
                self.ends.push(is_read);
            }
            if let Some(lease) = self.stage.retention.lease() {
                lease.hold(&self.share.worker);
            }
            record.update(*place, |scan| read.tell(scan));
        }
        if let Some(notes) = &report.notes {
            notes.tell(self.before.notes.as_ref().unwrap_or(&NotesReport::default()), record);
        }
        let before = &self.before;
        caller.relay(
            report.total.saturating_sub(before.total),
            report.bytes.saturating_sub(before.bytes),
            report.throttled.saturating_sub(before.throttled),
        );
        std::mem::take(&mut report.calls).into_iter().for_each(|made| caller.write_down(made.call()));
        for named in std::mem::take(&mut report.named) {
            record.say_regions(named.place as usize, named.said.clone());
            record.hear(named.place as usize, &named.names());
        }
        let clients = &self.stage.clients;
        if !report.process.is_empty() && self.share.is_new_process(&report.process) {
            self.share.profiles.iter().for_each(|name| clients.forget_account(&profile(name)));
        }
        let is_restarted = !report.process.is_empty() && self.share.is_restarted(&report.process);
        if is_restarted && self.stage.is_by_account {
            let what = format!("worker {} was started again, and may ask other accounts by now", self.share);
            return Err(Error::new(Kind::Api, what).with_hint("ask again: they are found out by then"));
        }
        for Entry { key, value } in &report.accounts {
            clients.relearn_account(&profile(key), value.clone());
        }
        for told in &report.regions {
            told.profiles.iter().for_each(|name| clients.learn_regions(&profile(name), told.regions.clone()));
        }
        let error = report.error.take();
        self.before = report;
        match error {
            Some(error) => {
                let error = error.error();
                let others = match is_targets_own(&error) {
                    true => record.others_are_well(self.stage.unfound()),
                    false => String::new(),
                };
                Err(error.and(format!("{others} (worker {})", self.share.worker)))
            }
            None => Ok(()),
        }
    }

    /// Tells of a worker that did not run its part: it is lost, or it has refused.
    fn failed(&mut self, error: &DataFusionError) -> Result<Option<RecordBatch>> {
        let refusal = Failure::read(&error.to_string());
        match refusal {
            Some(refusal) if !is_targets_own(&refusal) => {
                self.rows = None;
                let told =
                    Error::new(refusal.kind(), format!("worker {}: {}", self.share, refusal.message()));
                Err(refusal.hint().map_or(told.retold(), |hint| told.retold().with_hint(hint)).into())
            }
            Some(refusal) => self.gone(refusal.message()),
            None if is_lost(error) => self.gone(&why(error)),
            None => {
                self.rows = None;
                Err(Error::new(Kind::Usage, format!("worker {}: {}", self.share, why(error))).into())
            }
        }
    }

    /// Gives up a worker: fails, or leaves its targets out where that is allowed.
    fn gone(&mut self, why: &str) -> Result<Option<RecordBatch>> {
        self.rows = None;
        let record = &self.stage.record;
        let error = Error::new(Kind::Api, format!("worker {} is gone: {why}", self.share)).with_hint(REACHED);
        let told = record.scans();
        let own: HashSet<(&str, &Target)> = self
            .places
            .values()
            .filter_map(|(place, _)| told.get(*place).map(|scan| (scan.table, &scan.target)))
            .collect();
        let gone = |target: &Target| {
            let error = Error::new(Kind::Api, format!("{target}: {}", error.message()));
            Arc::new(error.with_hint(REACHED))
        };
        for (place, is_read) in self.places.values() {
            if let Some(scan) = told.get(*place) {
                record.update(*place, |record| record.error = Some(gone(&scan.target)));
                self.ends.push(is_read);
            }
        }
        for (_, scan) in &self.stage.scans {
            for target in self.stage.targets(scan, &self.share) {
                if own.contains(&(scan.table.name(), &target)) {
                    continue;
                }
                let is_read = Arc::default();
                let error = gone(&target);
                let place = record.open(scan.table.name(), scan.first_operation().name, target, &is_read);
                record.update(place, |record| record.error = Some(error));
                self.ends.push(&is_read);
            }
        }
        match self.stage.options.allow_partial {
            true => Ok(None),
            false => Err(error.retold().and(record.others_are_well(self.stage.unfound())).into()),
        }
    }
}

/// What an error says for people.
fn why(error: &DataFusionError) -> String {
    match status(error) {
        Some(status) => status.message().to_owned(),
        None => retold(error),
    }
}

/// The message of an error without what DataFusion put around it.
fn retold(error: &DataFusionError) -> String {
    match error {
        DataFusionError::Shared(inner) => retold(inner),
        DataFusionError::External(inner) => match inner.downcast_ref::<Error>() {
            Some(error) => error.message().to_owned(),
            None => inner.to_string(),
        },
        other => other.strip_backtrace(),
    }
}

/// Whether an error says that a worker is not reached any more, and not what it answered.
fn is_lost(error: &DataFusionError) -> bool {
    fn ours(error: &DataFusionError) -> Option<Kind> {
        match error {
            DataFusionError::Shared(inner) => ours(inner),
            DataFusionError::Context(_, inner) => ours(inner),
            DataFusionError::External(inner) => inner.downcast_ref::<Error>().map(Error::kind),
            _ => None,
        }
    }
    status(error).is_some() || ours(error) == Some(Kind::Api)
}

/// What the transport says; `None` if it is not the transport that does.
pub(crate) fn status(error: &DataFusionError) -> Option<&tonic::Status> {
    match error {
        DataFusionError::Shared(inner) => status(inner),
        DataFusionError::Context(_, inner) => status(inner),
        DataFusionError::External(inner) => inner.downcast_ref::<tonic::Status>(),
        _ => None,
    }
}
