//! What a scan writes into the record of its query: pages and items, failures, notes and warnings.

use std::sync::Arc;

use datafusion::common::Result;

use super::Reader;
use crate::catalog::TABLES;
use crate::catalog::shortfall::Shortfall;
use crate::error::Error;
use crate::options::list;
use crate::scan::plan::requests::Request;
use crate::scan::read::cursor::Cursor;
use crate::scan::read::pages::Read;
use crate::scan::read::pagination::ResumePoint;
use crate::scan::record::is_targets_own;

impl Reader {
    /// Writes down what a page brought.
    pub(in crate::scan) fn note(&mut self, cursor: &mut Cursor, read: &Read, items: usize) {
        self.metrics.note(read, items);
        self.shared.record.update(cursor.record, |record| {
            record.pages += 1;
            record.items += items;
        });
        let (begun_at, record) = (cursor.log.begun_at(), &self.shared.record);
        if begun_at < record.begun_at {
            record.note(|notes| {
                notes.oldest = Some(notes.oldest.map_or(begun_at, |oldest| oldest.min(begun_at)));
            });
        }
        if let Some(nulls) = read.cost.as_ref().map(|cost| cost.nulls).filter(|nulls| *nulls > 0) {
            record.note(|notes| notes.nulls += nulls);
        }
        if read.was_given_up {
            record.note(|notes| notes.given_up += 1);
        }
        let Request { target, operation, .. } = cursor.log.request();
        let repeated = cursor.seen.note(cursor.index, read, operation);
        if repeated > 0 {
            let listing = format!("{} at {target}", operation.name);
            record.note(|notes| *notes.repeated.entry(listing).or_default() += repeated);
        }
        let is_about_one = !operation.parents.is_empty() && cursor.work.has_rows;
        if is_about_one && cursor.index == 0 && read.cost.is_some() {
            record.note(|notes| notes.asked_about += 1);
        }
        let account = || TABLES.iter().find_map(|table| table.account(operation, &read.items));
        #[cfg(feature = "cluster")]
        if self.shared.is_part {
            record.see_account(&target.profile, account);
        }
        self.clients.learn_account(&target.profile, account);
    }

    /// Leaves a log that may go on: its record stays open, for what follows was not read.
    pub(in crate::scan) fn cut(&self, cursor: &Cursor) {
        let request = &cursor.work.request;
        let log = format!("{} of {} at {}", request.operation_name(), request.parameters, request.target);
        self.shared.record.note(|notes| {
            notes.cut_logs.insert(log);
        });
    }

    /// Says where the next run begins, now that `max_items` are read.
    pub(in crate::scan) fn stop(&self, cursor: &Cursor, next: Option<ResumePoint>) {
        let token = next.map(|position| position.token(cursor.work.request.operation.name));
        self.shared.record.update(cursor.record, |record| record.next_token.clone_from(&token));
        self.shared.record.note(|notes| notes.next_token = token);
    }

    /// Comes to the end of a log.
    pub(in crate::scan) fn close(&self, cursor: &Cursor) {
        self.shared.record.update(cursor.record, |record| record.open -= 1);
    }

    /// Writes a failure down; passes it on unless a partial answer is wanted.
    pub(in crate::scan) fn failed(&mut self, index: usize, error: Error) -> Result<()> {
        self.shared.record.update(index, |record| record.error = Some(Arc::new(error.retold())));
        if self.options.allow_partial && is_targets_own(&error) {
            self.first_failure.get_or_insert(error);
            return Ok(());
        }
        let others = match self.shared.is_part {
            true => String::new(),
            false => self.shared.record.others_are_well(self.unfound),
        };
        Err(error.and(others).into())
    }

    /// Says who signs and how many calls are in flight where that is not what was asked for, once for all queries.
    pub(in crate::scan) fn introduce(&self) {
        let named = list(&self.options.profiles);
        if let Some(text) = named.is_empty().then(|| self.clients.say_who_signs()).flatten() {
            self.shared.record.note(|notes| {
                notes.shortfalls.insert(Shortfall::new("profile", text).of_nothing());
            });
        }
        self.remark(self.clients.say_limit(self.options.concurrency).into_iter().collect());
    }

    /// Says what is to be said of targets that are not asked.
    pub(in crate::scan) fn warn(&self, warnings: impl IntoIterator<Item = String>) {
        let warnings: Vec<String> = warnings.into_iter().collect();
        if !warnings.is_empty() {
            self.shared.record.note(|notes| notes.unasked.extend(warnings));
        }
    }

    /// Says what a person should know of the query, once however many scans say it.
    pub(in crate::scan) fn remark(&self, remarks: Vec<String>) {
        if !remarks.is_empty() {
            self.shared.record.note(|notes| {
                let new = remarks.into_iter().filter(|remark| !notes.remarks.contains(remark));
                let new: Vec<String> = new.collect();
                notes.remarks.extend(new);
            });
        }
    }

    /// Says what only the rows tell: of which accounts they are, and of which regions.
    pub(in crate::scan) fn warn_of_rows(&self) {
        if !self.shared.is_part {
            self.warn(self.scan.unasked_accounts(&self.names, &self.clients, &self.options));
        }
        if self.scan.said.is_in_union || self.shared.is_part {
            return;
        }
        let names = &self.names.regions;
        if !self.regions_said.is_empty() && !names.is_empty() && names.is_disjoint(&self.regions_said) {
            self.warn([self.scan.of_another_region(&self.regions_said, names)]);
        }
    }
}
