//! Plans that run on several machines: what of a statement runs at workers, how it gets there, and what they tell of it.
//!
//! | where | what |
//! |---|---|
//! | coordinator | `cut` says which part of a plan runs at the workers; `receive` hands on its rows, `receiver` takes in what a worker tells |
//! | between | `codec` and `message`: the nodes of ours that travel; `partition` and `told`: rows, and what is told beside them |
//! | worker | `run` gives scans what they share; `report` tells of what they read, among the rows |
//!
//! What runs is DataFusion's, and so are the nodes that send plans and bring rows (`datafusion-distributed`).

mod codec;
mod cut;
mod message;
mod partition;
mod receive;
mod receiver;
mod refuse;
mod report;
mod run;
mod sent;
mod told;
mod within;

pub(crate) use codec::ScanCodec;
pub(crate) use cut::{CutAtWorkers, Push};
pub(crate) use report::ReportExec;
pub(crate) use run::{Runs, Task, ready};
pub(crate) use sent::scan_of;

/// The workers of a session, as its plans know them.
#[derive(Debug)]
pub(crate) struct Crew {
    /// Each with what it said of itself.
    pub(crate) members: Vec<Member>,
    /// The build of this program, which must be theirs.
    pub(crate) build: String,
}

/// A worker.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Its address, as it was given.
    pub(crate) name: String,
    /// Where it is reached.
    pub(crate) url: url::Url,
    /// The profiles that it asks, each with the region that it is at home in.
    pub(crate) profiles: Vec<(String, Option<String>)>,
}
