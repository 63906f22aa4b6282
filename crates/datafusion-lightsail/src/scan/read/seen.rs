//! Which resources a listing has named: none may come twice.
//!
//! A token says where a page begins. If the fleet changes while it is listed, a resource may be on two pages, and another
//! one on none: rows that are counted are then wrong by one, and nothing else says so.

use std::collections::HashSet;

use super::pages::Read;
use crate::catalog::TABLES;
use crate::catalog::operation::Operation;

/// The resources on the pages of a listing that were read.
#[derive(Debug, Default)]
pub(in crate::scan) struct Seen {
    /// Hashes of arns, which nobody chooses: that two of a million share one of 64 bits happens once in 10^7.
    arns: HashSet<u64>,
}

impl Seen {
    /// Takes note of the page number `index`, and says how many of its resources were on a page before.
    pub(in crate::scan) fn note(&mut self, index: usize, read: &Read, operation: &Operation) -> usize {
        let is_only_page = index == 0 && read.next.is_none();
        // What is asked about one item is no list of what there is: its arn is the item's.
        if is_only_page || operation.is_log || !operation.parents.is_empty() {
            return 0;
        }
        let arns =
            TABLES.iter().find_map(|table| table.identities(operation, &read.items, self.arns.hasher()));
        arns.into_iter().flatten().filter(|arn| !self.arns.insert(*arn)).count()
    }
}
