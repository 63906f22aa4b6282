//! The newest of many: what was not used for long makes room.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key, of which about the last `most` that were used are kept.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    most: usize,
    uses: u64,
    values: HashMap<K, (V, u64)>,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// Nothing yet, and never more than `most`, which is at least 2.
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(2), uses: 0, values: HashMap::new() }
    }

    /// The value of a key, which counts as used.
    pub(super) fn get(&mut self, key: &K) -> Option<V> {
        let (value, used) = self.values.get_mut(key)?;
        self.uses += 1;
        *used = self.uses;
        Some(value.clone())
    }

    /// Keeps a value. If there are too many, the half that was not used for longer goes: a pass over all of them is
    /// then paid for by as many insertions.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.values.len() >= self.most {
            let mut uses: Vec<u64> = self.values.values().map(|(_, used)| *used).collect();
            uses.sort_unstable();
            let oldest = uses[uses.len() - self.most / 2];
            self.values.retain(|_, (_, used)| *used >= oldest);
        }
        self.uses += 1;
        self.values.insert(key, (value, self.uses));
    }

    /// Drops the values of some keys.
    pub(super) fn retain(&mut self, keeps: impl Fn(&K) -> bool) {
        self.values.retain(|key, _| keeps(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays() {
        let mut recent = Recent::new(4);
        for key in 0..1000 {
            recent.insert(key, key);
            assert_eq!(recent.get(&0), Some(0), "used every time");
            assert!(recent.values.len() <= 4);
        }
        assert_eq!((recent.get(&999), recent.get(&500)), (Some(999), None));
        recent.retain(|key| *key == 0);
        assert_eq!(recent.values.len(), 1);
    }
}
