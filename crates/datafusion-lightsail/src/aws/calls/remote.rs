//! Calls that a worker made, in the log of the statement that it made them for.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::{Call, Caller};
use crate::aws::route::Seen;
use crate::aws::target::Target;

impl Call {
    /// A call that a worker made, which gets its number when it is relayed.
    pub(crate) fn remote(
        operation: &'static str,
        target: Target,
        page: usize,
        started_at: SystemTime,
        latency: Duration,
        attempts: u32,
    ) -> Self {
        Self {
            sequence: 0,
            statement: 0,
            operation,
            target,
            page,
            started_at,
            latency,
            attempts,
            status: None,
            bytes: None,
            request_id: None,
            error: None,
            seen: Seen::default(),
        }
    }
}

impl Caller {
    /// Counts so many calls, bytes and throttled answers of a worker's.
    pub(crate) fn relay(&self, calls: u64, bytes: u64, throttled: u64) {
        self.calls.fetch_add(calls, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.throttling.total.fetch_add(throttled, Ordering::Relaxed);
    }

    /// Writes down a call of a worker's, which the statement has counted already.
    pub(crate) fn write_down(&self, call: Call) {
        let sequence = self.log.total.fetch_add(1, Ordering::Relaxed) + 1;
        self.log.push(Call { sequence, statement: self.statement, ..call });
    }
}
