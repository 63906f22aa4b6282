//! What the tests share, a file for each subject.

pub mod cells;
pub mod documents;
mod masked;
pub mod session;

pub use masked::masked;
