//! Plans that run on several machines: what of a statement runs at workers, how it gets there, and what they tell of it.
//!
//! | where | what |
//! |---|---|
//! | coordinator | `crew` says who asks what; `cut` which part of a plan runs at the workers; `receive` hands on its rows, `receiver` takes in what a worker tells |
//! | between | `codec` and `message`: the nodes of ours that travel; `partition`, `told` and `failure`: rows, and what is told beside them |
//! | worker | `ready` refuses what is no plan of ours; `run` gives scans what they share, `kept` what other statements have read; `report` tells of what they read, among the rows |
//!
//! What runs is DataFusion's, and so are the nodes that send plans and bring rows (`datafusion-distributed`).

mod codec;
mod crew;
mod cut;
mod failure;
mod kept;
mod message;
mod partition;
mod ready;
mod receive;
mod receiver;
mod refuse;
mod report;
mod run;
mod sent;
mod told;
mod within;

pub(crate) use codec::ScanCodec;
pub(crate) use crew::{Absent, Crew, Member, Offered};
pub(crate) use cut::{CutAtWorkers, Push};
pub(crate) use kept::KeptPages;
pub(crate) use ready::ready;
pub(crate) use receiver::status;
pub(crate) use report::ReportExec;
pub(crate) use run::{Runs, Task};
pub(crate) use sent::scan_of;
