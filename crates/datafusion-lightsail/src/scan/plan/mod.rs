//! What is decided before any call: what a scan is to read, what is known of its rows, and which requests follow from that.

pub(in crate::scan) mod constraints;
pub(in crate::scan) mod groups;
pub(in crate::scan) mod mentions;
pub(in crate::scan) mod names;
#[cfg(feature = "cluster")]
pub(in crate::scan) mod near;
pub(in crate::scan) mod predicate;
pub(in crate::scan) mod ranges;
pub(in crate::scan) mod requests;
pub(in crate::scan) mod spec;
pub(in crate::scan) mod unasked;
mod values;
