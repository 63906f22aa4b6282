//! Values over time: smooth, with a rhythm of the day and of the week, and a pure function of what they are of and when.
//! Only the four basic operations are used, whose results are the same on every machine.

use super::fleet::DAY;
use super::random::mix;

const HOUR: u64 = DAY / 24;

/// The ups and downs of one thing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series {
    key: u64,
    /// How busy it is in its best hour: 0 to 1.
    load: f64,
    /// When that is, in ms from midnight.
    peak: u64,
}

impl Series {
    /// The series of the thing with this key. One in five has next to nothing to do.
    pub(super) fn new(key: u64) -> Self {
        let load = unit(mix(key ^ 1));
        Self {
            key,
            load: if load < 0.2 { load / 10.0 } else { load },
            peak: 11 * HOUR + mix(key ^ 2) % (8 * HOUR),
        }
    }

    /// Another series of the same thing, as busy and with the same peak.
    pub(super) fn fork(self, key: u64) -> Self {
        Self { key: mix(self.key ^ key), ..self }
    }

    /// How busy it is at a time: 0 to 1.
    pub(super) fn level(&self, ms: u64) -> f64 {
        let day = wave((ms + DAY - self.peak) % DAY, DAY);
        // 1970 began on a Thursday: the wave is lowest between Saturday and Sunday.
        let week = 1.0 - 0.35 * (1.0 - wave((ms + DAY / 2) % (7 * DAY) + 5 * DAY, 7 * DAY)) * (1.0 - day);
        self.load * (0.3 + 0.55 * day + 0.15 * self.noise(ms, 2 * HOUR)) * week
    }

    /// Something between 0 and 1 that takes about `step` ms to change.
    pub(super) fn noise(&self, ms: u64, step: u64) -> f64 {
        let at = |number: u64| unit(mix(self.key ^ mix(step ^ number)));
        let (number, part) = (ms / step, (ms % step) as f64 / step as f64);
        let (from, to) = (at(number), at(number + 1));
        from + (to - from) * smooth(part)
    }

    /// How busy it is at all: 0 to 1.
    pub(super) fn load(&self) -> f64 {
        self.load
    }
}

/// 1 at the beginning of each period, 0 in its middle.
fn wave(ms: u64, period: u64) -> f64 {
    let part = (ms % period) as f64 / period as f64;
    smooth(if part < 0.5 { 1.0 - 2.0 * part } else { 2.0 * part - 1.0 })
}

/// From 0 to 1 with no corner at either end.
fn smooth(part: f64) -> f64 {
    part * part * (3.0 - 2.0 * part)
}

fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_peak_and_no_jumps() {
        for key in 0..50 {
            let series = Series::new(mix(key));
            let start = 1_767_225_600_000;
            let values: Vec<f64> = (0..288).map(|n| series.level(start + n * 300_000)).collect();
            assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "{key}: {values:?}");
            let largest = values.iter().copied().fold(0.0, f64::max);
            assert!(values.windows(2).all(|pair| (pair[1] - pair[0]).abs() <= 0.05 * largest), "{key}");
            let at = |hours: u64| series.level(start + (series.peak + hours * HOUR) % DAY);
            assert!(at(0) > 1.5 * at(12), "{key}: {} at its peak, {} twelve hours later", at(0), at(12));
        }
    }
}
