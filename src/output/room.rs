//! What the files of a folder, which are written at the same time, may hold together.

use std::collections::BTreeMap;

/// What they hold at most of rows that wait for others, in bytes: a file alone may hold as much as a row group, and of sixty
/// tables, or of a thousand partitions, that would be more than anything else takes.
const MOST: usize = 8 * 1024 * 1024;

/// How many bytes each of several files holds of rows that are not written yet.
#[derive(Debug)]
pub struct Room<K> {
    held: BTreeMap<K, usize>,
    total: usize,
    most: usize,
}

impl<K> Default for Room<K> {
    fn default() -> Self {
        Self { held: BTreeMap::new(), total: 0, most: MOST }
    }
}

impl<K: Ord + Clone> Room<K> {
    /// Takes note of what a file holds by now, and says which is to write its rows: the one that holds most, where all
    /// together hold too much.
    pub fn holds(&mut self, file: &K, bytes: usize) -> Option<K> {
        match self.held.get_mut(file) {
            Some(held) => {
                self.total = self.total - *held + bytes;
                *held = bytes;
            }
            None => {
                self.total += bytes;
                self.held.insert(file.clone(), bytes);
            }
        }
        let fullest = || self.held.iter().max_by_key(|(_, held)| **held).map(|(file, _)| file.clone());
        (self.total > self.most).then(fullest).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_makes_room() {
        let mut room = Room { most: 10, ..Room::default() };
        assert_eq!(room.holds(&"a", 4), None);
        assert_eq!(room.holds(&"b", 6), None);
        assert_eq!(room.holds(&"a", 5), Some("b"), "not the one that grew");
        assert_eq!(room.holds(&"b", 0), None);
        assert_eq!(room.holds(&"a", 11), Some("a"), "one alone too");
        assert_eq!((room.holds(&"a", 0), room.total), (None, 0));
    }
}
