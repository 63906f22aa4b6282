//! What a worker tells of what it has read: records, notes, calls and errors, in the form in which they travel.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::failure::Failure;
use super::message::{Entry, TargetNames, operation_name, target};
use crate::aws::calls::Call;
use crate::aws::target::Profile;
use crate::aws::{Clients, Target};
use crate::catalog::shortfall::Shortfall;
use crate::scan::moment::Moment;
use crate::scan::record::{Notes, Record, ScanRecord};

/// What a worker has read for a part of a statement so far. What it said before is not said again.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Report {
    #[prost(message, repeated, tag = "1")]
    pub(super) scans: Vec<ScanReport>,
    #[prost(message, optional, tag = "2")]
    pub(super) notes: Option<NotesReport>,
    #[prost(message, repeated, tag = "3")]
    pub(super) calls: Vec<CallReport>,
    /// Calls that were made, bytes that were answered, and how often the API said that it was asked too fast, so far.
    #[prost(uint64, tag = "4")]
    pub(super) total: u64,
    #[prost(uint64, tag = "5")]
    pub(super) bytes: u64,
    #[prost(uint64, tag = "6")]
    pub(super) throttled: u64,
    /// The accounts of profiles, as far as they are known.
    #[prost(message, repeated, tag = "7")]
    pub(super) accounts: Vec<Entry>,
    /// The regions that there are for profiles, as far as they were asked.
    #[prost(message, repeated, tag = "10")]
    pub(super) regions: Vec<ProfileRegions>,
    /// The process of the worker: another one may have other keys for its profiles.
    #[prost(string, tag = "12")]
    pub(super) process: String,
    /// What the scans name by now.
    #[prost(message, repeated, tag = "11")]
    pub(super) named: Vec<TargetNames>,
    #[prost(message, optional, tag = "8")]
    pub(super) error: Option<Failure>,
    /// Whether there is nothing more to come.
    #[prost(bool, tag = "9")]
    pub(super) is_end: bool,
}

/// The regions that some profiles have.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct ProfileRegions {
    #[prost(string, repeated, tag = "1")]
    pub(super) regions: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) profiles: Vec<String>,
}

/// What a scan read at a target, by its place in the worker's record.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ScanReport {
    #[prost(uint64, tag = "1")]
    pub(super) place: u64,
    #[prost(string, tag = "2")]
    pub(super) table: String,
    #[prost(string, tag = "3")]
    pub(super) operation: String,
    #[prost(string, tag = "4")]
    pub(super) profile: String,
    #[prost(string, tag = "5")]
    pub(super) region: String,
    #[prost(uint64, tag = "6")]
    pub(super) pages: u64,
    #[prost(uint64, tag = "7")]
    pub(super) items: u64,
    #[prost(uint64, tag = "8")]
    pub(super) requests: u64,
    #[prost(uint64, tag = "9")]
    pub(super) open: u64,
    #[prost(string, optional, tag = "10")]
    pub(super) shortfall: Option<String>,
    #[prost(message, optional, tag = "11")]
    pub(super) error: Option<Failure>,
    #[prost(bool, tag = "12")]
    pub(super) is_read: bool,
}

/// The notes of a part of a statement.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct NotesReport {
    #[prost(uint64, tag = "1")]
    pub(super) rows: u64,
    #[prost(uint64, tag = "2")]
    pub(super) asked_about: u64,
    #[prost(message, repeated, tag = "3")]
    pub(super) shortfalls: Vec<ShortfallReport>,
    #[prost(uint64, tag = "4")]
    pub(super) given_up: u64,
    #[prost(uint64, tag = "5")]
    pub(super) nulls: u64,
    #[prost(map = "string, uint64", tag = "6")]
    pub(super) repeated: std::collections::HashMap<String, u64>,
    #[prost(string, repeated, tag = "7")]
    pub(super) cut_logs: Vec<String>,
    #[prost(string, repeated, tag = "8")]
    pub(super) remarks: Vec<String>,
    /// How old the oldest of the pages is that were there before the statement, in ms.
    #[prost(uint64, optional, tag = "9")]
    pub(super) age: Option<u64>,
}

/// A shortfall.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct ShortfallReport {
    #[prost(string, tag = "1")]
    pub(super) of: String,
    #[prost(string, tag = "2")]
    pub(super) text: String,
    #[prost(bool, tag = "3")]
    pub(super) is_missing: bool,
}

/// A call that was made.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct CallReport {
    #[prost(string, tag = "1")]
    pub(super) operation: String,
    #[prost(string, tag = "2")]
    pub(super) profile: String,
    #[prost(string, tag = "3")]
    pub(super) region: String,
    #[prost(uint64, tag = "4")]
    pub(super) page: u64,
    #[prost(uint64, tag = "5")]
    pub(super) started_us: u64,
    #[prost(uint64, tag = "6")]
    pub(super) latency_us: u64,
    #[prost(uint32, tag = "7")]
    pub(super) attempts: u32,
    #[prost(uint32, optional, tag = "8")]
    pub(super) status: Option<u32>,
    #[prost(uint64, optional, tag = "9")]
    pub(super) bytes: Option<u64>,
    #[prost(string, optional, tag = "10")]
    pub(super) request_id: Option<String>,
    #[prost(string, optional, tag = "11")]
    pub(super) error: Option<String>,
}

impl NotesReport {
    pub(super) fn of(notes: Notes) -> Self {
        let short = |short: Shortfall| ShortfallReport {
            of: short.of,
            text: short.text,
            is_missing: short.is_missing,
        };
        Self {
            rows: notes.rows as u64,
            asked_about: notes.asked_about as u64,
            shortfalls: notes.shortfalls.into_iter().map(short).collect(),
            given_up: notes.given_up as u64,
            nulls: notes.nulls as u64,
            repeated: notes.repeated.into_iter().map(|(listing, count)| (listing, count as u64)).collect(),
            cut_logs: notes.cut_logs.into_iter().collect(),
            remarks: notes.remarks,
            age: notes.oldest.map(|oldest| u64::try_from(oldest.age().as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// Adds to the notes of the statement what was not said `before`.
    pub(super) fn tell(&self, before: &Self, record: &Record) {
        let more = |now: u64, before: u64| usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX);
        record.note(|notes| {
            notes.rows += more(self.rows, before.rows);
            notes.asked_about += more(self.asked_about, before.asked_about);
            notes.given_up += more(self.given_up, before.given_up);
            notes.nulls += more(self.nulls, before.nulls);
            for (listing, count) in &self.repeated {
                let before = before.repeated.get(listing).copied().unwrap_or_default();
                *notes.repeated.entry(listing.clone()).or_default() += more(*count, before);
            }
            // The clocks of two machines differ, and what is between them is short.
            let oldest = self.age.and_then(|age| Moment::ago(Duration::from_millis(age)));
            notes.oldest = notes.oldest.into_iter().chain(oldest).min();
            notes.cut_logs.extend(self.cut_logs.iter().cloned());
            notes.shortfalls.extend(self.shortfalls.iter().map(|short| {
                let ShortfallReport { of, text, is_missing } = short.clone();
                Shortfall { of, text, is_missing }
            }));
        });
        self.remarks.iter().for_each(|remark| record.remark_once(Some(remark.clone())));
    }
}

impl ScanReport {
    pub(super) fn of(place: usize, scan: &ScanRecord) -> Self {
        Self {
            place: place as u64,
            table: scan.table.to_owned(),
            operation: scan.operation.to_owned(),
            profile: scan.target.profile.name.clone(),
            region: scan.target.region.clone(),
            pages: scan.pages as u64,
            items: scan.items as u64,
            requests: scan.requests as u64,
            open: scan.open as u64,
            shortfall: scan.shortfall.as_deref().map(ToOwned::to_owned),
            error: scan.error.as_deref().map(Failure::of),
            is_read: scan.is_read.load(Ordering::Relaxed),
        }
    }

    pub(super) fn target(&self) -> Target {
        target(&self.profile, &self.region)
    }

    /// Writes it into the record of a scan of the statement, but whether the statement has read it to its end.
    pub(super) fn tell(self, scan: &mut ScanRecord) {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        scan.pages = number(self.pages);
        scan.items = number(self.items);
        scan.requests = number(self.requests);
        scan.open = number(self.open);
        scan.shortfall = self.shortfall.map(Into::into);
        scan.error = self.error.map(|error| Arc::new(error.error()));
    }
}

impl CallReport {
    pub(super) fn of(call: &Call) -> Self {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Self {
            operation: call.operation.to_owned(),
            profile: call.target.profile.name.clone(),
            region: call.target.region.clone(),
            page: call.page as u64,
            started_us: us(call.started_at.duration_since(UNIX_EPOCH).unwrap_or_default()),
            latency_us: us(call.latency),
            attempts: call.attempts,
            status: call.status.map(u32::from),
            bytes: call.bytes,
            request_id: call.request_id.clone(),
            error: call.error.clone(),
        }
    }

    pub(super) fn call(self) -> Call {
        let started_at: SystemTime = UNIX_EPOCH + Duration::from_micros(self.started_us);
        let mut call = Call::remote(
            operation_name(&self.operation),
            target(&self.profile, &self.region),
            usize::try_from(self.page).unwrap_or(usize::MAX),
            started_at,
            Duration::from_micros(self.latency_us),
            self.attempts,
        );
        call.status = self.status.and_then(|status| status.try_into().ok());
        call.bytes = self.bytes;
        call.request_id = self.request_id;
        call.error = self.error;
        call
    }
}

/// What a worker finds out of its profiles while it reads, each told once.
#[derive(Debug, Default)]
pub(super) struct Findings {
    accounts: HashSet<String>,
    regions: HashSet<String>,
}

impl Findings {
    /// Adds to a report what is known by now and was not told before.
    pub(super) fn tell(
        &mut self,
        report: &mut Report,
        record: &Record,
        clients: &Clients,
        profiles: &[Profile],
    ) {
        let read = record.accounts();
        for profile in profiles {
            if !self.accounts.contains(&profile.name)
                && let Some(account) = read.get(profile).cloned().or_else(|| clients.account(profile))
            {
                self.accounts.insert(profile.name.clone());
                report.accounts.push(Entry { key: profile.name.clone(), value: account });
            }
        }
        for profile in profiles {
            if self.regions.contains(&profile.name) {
                continue;
            }
            let Some(regions) = clients.answered_regions(profile) else { continue };
            let name = profile.name.clone();
            self.regions.insert(name.clone());
            match report.regions.iter_mut().find(|told| told.regions == regions) {
                Some(told) => told.profiles.push(name),
                None => report.regions.push(ProfileRegions { regions, profiles: vec![name] }),
            }
        }
    }
}
