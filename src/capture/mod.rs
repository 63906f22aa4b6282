//! `capture`: tables into a folder of captures, which others read later; and `merge`: captures of parts of a fleet into one.
//!
//! What a capture is, and how it is found again, is the engine's ([`datafusion_lightsail::captures`]); here it is written.

mod merge;
mod tables;
mod write;

pub use merge::{Merged, Parts, merge};
pub use tables::chosen;
pub use write::{Captured, Request, capture};
