//! Plans that run on several machines: what of a statement runs at workers, how it gets there, and what they tell of it.
//!
//! | where | what |
//! |---|---|
//! | coordinator | `crew` says which worker asks what; `cut` which part of a plan runs at the workers; `receive` hands on its rows, `receiver` takes in what a worker tells, `stage` says what is missing or not asked |
//! | between | `codec` and `message`: the nodes of ours that travel; `partition`, `records` and `failure`: rows, and what is told beside them |
//! | worker | `ready` refuses what is no plan of ours; `worker_statement` gives scans what they share, `page_store` what other statements have read; `report` tells of what they read, among the rows |
//!
//! What runs is DataFusion's, and so are the nodes that send plans and bring rows (`datafusion-distributed`).

mod codec;
mod crew;
mod cut;
mod failure;
mod message;
mod page_store;
mod partition;
mod ready;
mod receive;
mod receiver;
mod records;
mod refuse;
mod report;
mod stage;
mod within;
mod worker_scan;
mod worker_statement;

pub(crate) use codec::ScanCodec;
pub(crate) use crew::{AbsentWorker, Crew, Member, ProfileOffer};
pub(crate) use cut::{CutAtWorkers, Push};
pub(crate) use page_store::PageStore;
pub(crate) use ready::ready;
pub(crate) use receiver::status;
pub(crate) use report::ReportExec;
pub(crate) use worker_scan::scan_of;
pub(crate) use worker_statement::{Task, WorkerStatements};
