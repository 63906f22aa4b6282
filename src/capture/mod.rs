//! `capture`: tables into a folder of captures, which others read later.
//!
//! What a capture is, and how it is found again, is the engine's ([`datafusion_lightsail::captures`]); here it is written.

mod tables;
mod write;

pub use tables::chosen;
pub use write::{Captured, Request, capture};
