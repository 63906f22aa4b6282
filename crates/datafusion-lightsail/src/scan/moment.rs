//! When something happened, by two clocks.

use std::time::{Duration, Instant, SystemTime};

/// A moment of this process.
///
/// The clock that people read may be set back, and pages would stay young for ever; the steady one stands still while the
/// machine sleeps, and they would be young after a night. What is older by either is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    steady: Instant,
    /// The time that people read.
    pub time: SystemTime,
}

impl Moment {
    /// This one.
    pub fn now() -> Self {
        Self { steady: Instant::now(), time: SystemTime::now() }
    }

    /// So long ago; `None` before there were clocks.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn ago(age: Duration) -> Option<Self> {
        let Self { steady, time } = Self::now();
        Some(Self { steady: steady.checked_sub(age)?, time: time.checked_sub(age)? })
    }

    /// How long ago it was at a later moment; zero at an earlier one.
    pub fn age_at(self, later: Self) -> Duration {
        let steady = later.steady.saturating_duration_since(self.steady);
        steady.max(later.time.duration_since(self.time).unwrap_or_default())
    }

    /// How long ago it is.
    pub fn age(self) -> Duration {
        self.age_at(Self::now())
    }
}

#[cfg(test)]
impl Moment {
    /// So long from now, by both clocks.
    pub(in crate::scan) fn after(time: Duration) -> Self {
        let Self { steady, time: now } = Self::now();
        Self { steady: steady + time, time: now + time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_young() {
        let hour = Duration::from_secs(3600);
        let before = Moment::now();
        let set_back = Moment { steady: before.steady + hour, time: before.time - 24 * hour };
        assert_eq!(before.age_at(set_back), hour);
        let asleep = Moment { steady: before.steady, time: before.time + 9 * hour };
        assert_eq!(before.age_at(asleep), 9 * hour);
        assert_eq!(Moment::after(hour).age_at(before), Duration::ZERO);
    }
}
