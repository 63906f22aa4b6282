//! The resources, one file for each kind: what it is made of, and the operations that tell of it.

use crate::demo::call::Operation;

mod instances;

/// Every operation, by what it is about.
pub(super) const OPERATIONS: &[&[Operation]] = &[instances::OPERATIONS];
