//! What a scan asks at its targets: the page logs that follow from a profile, and from the items of a parent's page.

use std::sync::Arc;

use datafusion::common::Result;

use super::Reader;
use crate::aws::Target;
use crate::aws::target::Profile;
use crate::scan::plan::requests::Work;
use crate::scan::plan::unasked::Asked;
use crate::scan::read::cursor::Cursor;
use crate::scan::read::order::Place;
use crate::scan::read::pages::Read;
use crate::scan::read::pagination::ResumePoint;

impl Reader {
    /// What is to be read at the targets of a profile, in their order; it is profile number `number`.
    ///
    /// # Errors
    /// When the targets could not be found, unless a partial answer is wanted; when a token begins at none of them.
    pub(in crate::scan::read) fn found(
        &mut self,
        number: usize,
        profile: Profile,
        targets: crate::error::Result<Vec<Target>>,
    ) -> Result<Vec<Cursor>> {
        self.unfound -= 1;
        // Only the profile that a token names is entered in its midst, whichever is found first.
        let start = self.start.take_if(|start| start.profile == profile.name);
        let targets = match targets {
            Ok(targets) => targets,
            Err(error) => {
                let operation = self.scan.first_operation().name;
                let record = self.scan_record(operation, &Target { profile, region: "*".into() });
                return self.failed(record, error).map(|()| Vec::new());
            }
        };
        self.found.extend(targets.iter().cloned());
        if self.unfound == 0 && !self.shared.is_part {
            let asked = Asked { clients: &self.clients, targets: &self.found, options: &self.options };
            self.warn(self.scan.unasked_regions(&self.names, &asked));
        }
        let account = self.clients.account(&profile);
        let mut work = self.planner().of_profile(&targets, account.as_deref(), self.lists);
        #[cfg(feature = "cluster")]
        work.retain(|work| self.shared.near.asks(&work.request.target, work.request.operation.scope));
        // What is kept no longer is asked of nobody, and said all the same.
        let sources = self.scan.sources();
        let is_lost = sources.iter().any(|source| (source.operation.asks)(&self.constraints).is_empty());
        if !work.is_empty() || is_lost && !targets.is_empty() {
            let shortfalls = self.scan.falls_short_of(&self.constraints);
            let missing = shortfalls.iter().find(|shortfall| shortfall.is_missing);
            self.shortfall = missing.map(|shortfall| shortfall.to_string().into());
            self.shared.record.note(|notes| notes.shortfalls.extend(shortfalls));
        }
        let mut skip = 0;
        if let Some(start) = start
            && let Some(region) = &start.region
        {
            let is_there =
                |work: &Work| work.request.target.region == *region && work.ordinal == start.request;
            let at = work.iter().position(is_there).ok_or_else(|| start.is_elsewhere())?;
            work.drain(..at);
            work[0].request.from = start.page.as_deref().map(Into::into);
            skip = start.skip;
        }
        let numbered = work.into_iter().enumerate();
        Ok(numbered
            .map(|(request, work)| {
                let skip = if request == 0 { skip } else { 0 };
                self.cursor(work, skip, vec![number, request])
            })
            .collect())
    }

    /// What is to be asked about the items of a page, if it is that of a parent.
    pub(in crate::scan::read) fn below(&mut self, cursor: &Cursor, read: &Read) -> Vec<Cursor> {
        if cursor.work.below.is_empty() {
            return Vec::new();
        }
        let below = self.planner().below(&cursor.work, &read.items);
        let turn = cursor.turn();
        let numbered = below.into_iter().enumerate();
        numbered
            .map(|(number, work)| self.cursor(work, 0, turn.iter().copied().chain([number]).collect()))
            .collect()
    }

    /// The page that was read; `None` at the end of a log, and of one that failed where a partial answer is wanted.
    ///
    /// # Errors
    /// What failed; a token that passes over more than the page has.
    pub(in crate::scan::read) fn answered(
        &mut self,
        cursor: &Cursor,
        answer: crate::error::Result<Option<Read>>,
    ) -> Result<Option<Read>> {
        let read = match answer {
            Ok(Some(read)) => read,
            Ok(None) => {
                self.close(cursor);
                return Ok(None);
            }
            Err(error) => return self.failed(cursor.record, error).map(|()| None),
        };
        if cursor.skip > read.items.len() {
            let asked = ResumePoint::asked(&self.options);
            let from = cursor.log.request().from.as_ref();
            let position = ResumePoint::at(&cursor.work, from, cursor.skip, asked);
            return Err(position.is_outdated(read.items.len()).into());
        }
        Ok(Some(read))
    }

    /// Goes on behind a page; `None` at the end of its log.
    pub(in crate::scan::read) fn behind(&self, mut cursor: Cursor, read: &Read) -> Option<Cursor> {
        self.shared.snapshot.release(&cursor.log, cursor.index);
        cursor.index += 1;
        cursor.skip = 0;
        match &read.next {
            Some(_) => return Some(cursor),
            None if read.is_cut => self.cut(&cursor),
            None => self.close(&cursor),
        }
        None
    }

    fn cursor(&mut self, work: Work, skip: usize, place: Place) -> Cursor {
        let record = self.scan_record(work.request.operation_name(), &work.request.target);
        self.shared.record.update(record, |record| {
            record.requests += 1;
            record.open += 1;
        });
        let log = self.shared.snapshot.log(work.request.clone(), self.shared.record.begun_at);
        Cursor {
            log,
            work,
            index: 0,
            skip,
            record,
            place,
            seen: Box::default(),
            taken: Arc::default(),
            started: None,
        }
    }

    /// Where the query keeps the record of an operation at a target.
    fn scan_record(&mut self, operation: &'static str, target: &Target) -> usize {
        let open = || {
            let record = self.shared.record.open(
                self.scan.table.name(),
                operation,
                target.clone(),
                self.end.is_read(),
            );
            if self.scan.sources().iter().any(|source| source.operation.name == operation) {
                self.shared.record.update(record, |record| record.shortfall.clone_from(&self.shortfall));
            }
            record
        };
        *self.records.entry((operation, target.clone())).or_insert_with(open)
    }
}
