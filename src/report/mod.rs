//! `report`: the state of a fleet at a glance. The saved queries that are findings, asked of one snapshot, and totals.
//!
//! The model is computed once ([`ask`]); a screen, HTML, Markdown and JSON are ways to write it.

mod ask;
mod example;
mod figures;
mod html;
mod json;
mod markdown;
mod model;
mod plan;
mod screen;
mod totals;
mod trends;

pub use ask::{Request, ask};
pub use html::html;
pub use json::json;
pub use markdown::markdown;
pub use model::{Example, Figure, Findings, LeftOut, Outcome, Question, Report, Status, Total, Trend};
pub use screen::screen;
pub use trends::trends;
