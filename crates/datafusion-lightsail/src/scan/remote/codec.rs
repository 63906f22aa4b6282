//! The nodes of ours that travel. Clients, credentials, endpoints and files never do: a scan is made anew at the worker, of
//! its table, its columns and its predicate, and reads with what the worker has.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::config::ExtensionOptions;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion_proto::physical_plan::{
    PhysicalExtensionCodec, PhysicalPlanDecodeContext, PhysicalProtoConverterExtension,
};
use prost::Message;

use super::failure::crossing;
use super::message::{Entry, Node, PageLease, Patterns, ProfileTask, Scan, ScanTask, TargetNames, number32};
use super::report::ReportExec;
use super::worker_scan::WorkerScanExec;
use super::worker_statement::{StatementScans, Task};
use crate::catalog::TABLES;
use crate::catalog::operation::Known;
use crate::error::Error;
use crate::options::LightsailOptions;
use crate::scan::barrier::Barrier;
use crate::scan::exec::ScanExec;
use crate::scan::plan::names::Said;
use crate::scan::plan::near::{RegionShare, RegionShares};
use crate::scan::plan::predicate::Predicate;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::read::retention::Retention;

/// Writes scans and reports for a worker, and reads them there.
#[derive(Debug)]
pub(crate) struct ScanCodec;

/// What a statement says of a scan that its worker does not find out by itself.
fn said(scan: &Scan) -> Said {
    Said {
        later: Arc::new(scan.later.iter().cloned().collect()),
        is_in_union: scan.is_in_union,
        names: scan.names.clone().map(TargetNames::names).unwrap_or_default(),
    }
}

/// A profile as it is sent to a worker that asks it, or some of its regions.
fn asked(name: &str, near: &RegionShares) -> ProfileTask {
    let regions = near.0.get(name);
    let patterns = |patterns: &Arc<[String]>| Patterns { patterns: patterns.to_vec() };
    ProfileTask {
        profile: name.to_owned(),
        near: regions.iter().flat_map(|regions| regions.near.iter().map(patterns)).collect(),
        mine: regions.map_or(0, |regions| number32(regions.mine)),
    }
}

/// Which targets of the profiles that were sent are asked here.
fn near(profiles: &[ProfileTask]) -> RegionShares {
    let patterns = |sent: &Patterns| Arc::from(sent.patterns.as_slice());
    let shared = profiles.iter().filter(|asked| !asked.near.is_empty());
    let regions = shared.map(|asked| {
        let near = asked.near.iter().map(patterns).collect();
        (asked.profile.clone(), RegionShare { near, mine: asked.mine as usize })
    });
    RegionShares(regions.collect())
}

impl PhysicalExtensionCodec for ScanCodec {
    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buffer: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let message = if node.downcast_ref::<ReportExec>().is_some() {
            Node { reports: true, ..Node::default() }
        } else if Barrier::is_unordered(&node) {
            Node { is_unordered: true, ..Node::default() }
        } else if let Some(sent) = node.downcast_ref::<WorkerScanExec>() {
            Node { scan: Some(self.sent(sent, converter)?), ..Node::default() }
        } else {
            return internal_err!("{} is no node that is sent to workers", node.name());
        };
        message.encode(buffer).map_err(|error| DataFusionError::External(Box::new(error)))
    }

    fn try_decode(
        &self,
        buffer: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let node = Node::decode(buffer).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let decoded: Result<Arc<dyn ExecutionPlan>> = match (node, inputs) {
            (Node { reports: true, is_unordered: false, scan: None }, [input]) => {
                Ok(Arc::new(ReportExec::new(Arc::clone(input), Vec::new())))
            }
            (Node { reports: false, is_unordered: true, scan: None }, [input]) => {
                Ok(Barrier::unordered(Arc::clone(input)))
            }
            (Node { reports: false, is_unordered: false, scan: Some(sent) }, []) => {
                self.scan(sent, context, converter)
            }
            _ => internal_err!("a coordinator sent a node that is none"),
        };
        decoded.map_err(crossing)
    }
}

impl ScanCodec {
    fn sent(
        &self,
        sent: &WorkerScanExec,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<ScanTask> {
        let statement = &sent.statement;
        let entries = statement.options.entries().into_iter();
        let settings =
            entries.filter_map(|entry| Some(Entry { key: entry.key, value: entry.value? })).collect();
        let scans = statement.scans.iter().map(|scan| self.encoded(scan, converter));
        Ok(ScanTask {
            build: statement.build.clone(),
            statement: statement.id.as_bytes().to_vec(),
            settings,
            profiles: sent.share.profiles.iter().map(|name| asked(name, &sent.share.near)).collect(),
            in_order: statement.in_order,
            scans: scans.collect::<Result<_>>()?,
            place: number32(sent.place),
            kept: statement.retention.lease().map(|lease| PageLease {
                lease: lease.id.as_bytes().to_vec(),
                is_batch: matches!(statement.retention, Retention::Batch(_)),
                is_held: lease.is_held_by(&sent.share.worker),
            }),
            foreseen: statement
                .foreseen
                .iter()
                .map(|scan| self.encoded(scan, converter))
                .collect::<Result<_>>()?,
        })
    }

    fn encoded(&self, scan: &ScanSpec, converter: &dyn PhysicalProtoConverterExtension) -> Result<Scan> {
        let conjuncts = scan.predicate.conjuncts().iter();
        Ok(Scan {
            table: scan.table.name().to_owned(),
            projection: scan.columns[..scan.projection.len()].iter().map(|index| number32(*index)).collect(),
            conjuncts: conjuncts
                .map(|conjunct| converter.physical_expr_to_proto(conjunct, self))
                .collect::<Result<_>>()?,
            fetch: scan.fetch.map(|fetch| fetch as u64),
            now: scan.constraints.now(),
            only: scan.only.map(|only| only.name.to_owned()),
            later: scan.said.later.iter().cloned().collect(),
            is_in_union: scan.said.is_in_union,
            names: Some(TargetNames::of(0, &scan.said.names)),
        })
    }

    fn scan(
        &self,
        sent: ScanTask,
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(task) = context.session_config().get_extension::<Task>() else {
            return internal_err!("a scan was sent to a session that is no worker's");
        };
        let names = sent.profiles.iter().map(|asked| asked.profile.as_str());
        let profiles = task.check(&sent.build, names).map_err(DataFusionError::from)?;
        let decoded = |scans: &[Scan]| {
            scans.iter().map(|scan| self.decoded(scan, context, converter)).collect::<Result<Vec<ScanExec>>>()
        };
        let (scans, foreseen) = (decoded(&sent.scans)?, decoded(&sent.foreseen)?);
        let Some(scan) = scans.get(sent.place as usize) else {
            return internal_err!("a coordinator sent a scan without itself");
        };
        if profiles.is_empty() {
            return Ok(Arc::new(EmptyExec::new(scan.schema())));
        }
        let mut options = LightsailOptions::default();
        for Entry { key, value } in &sent.settings {
            options.set(key, value)?;
        }
        // A profile that no name of the files stands for is asked by not naming any.
        let names: Vec<&str> = profiles
            .iter()
            .filter(|profile| profile.is_explicit)
            .map(|profile| profile.name.as_str())
            .collect();
        options.profiles = names.join(",");
        let specs =
            |scans: &[ScanExec]| scans.iter().map(|scan| scan.spec().clone()).collect::<Vec<ScanSpec>>();
        let reads = StatementScans { scans: specs(&scans), foreseen: specs(&foreseen), kept: sent.kept };
        let part = task.begin(&sent.statement, reads, options, profiles, sent.in_order);
        let part = part.map_err(DataFusionError::from)?;
        Ok(Arc::new(
            scan.sharing(scan.spec().said.clone(), part.shared(near(&sent.profiles), sent.place as usize)),
        ))
    }

    fn decoded(
        &self,
        scan: &Scan,
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<ScanExec> {
        let unknown = |what: &str, name: &str| Error::bug(format!("a coordinator names {what} {name}"));
        let table = TABLES.iter().find(|table| table.name() == scan.table);
        let table = *table.ok_or_else(|| unknown("the table", &scan.table))?;
        let schema = table.schema();
        let context = PhysicalPlanDecodeContext::new(context, self);
        let conjuncts = scan.conjuncts.iter();
        let conjuncts =
            conjuncts.map(|conjunct| converter.proto_to_physical_expr(conjunct, &schema, &context));
        let predicate = Predicate::new(conjuncts.collect::<Result<Vec<_>>>()?);
        let projection: Vec<usize> = scan.projection.iter().map(|index| *index as usize).collect();
        if let Some(index) = projection.iter().find(|index| **index >= schema.fields().len()) {
            return Err(unknown("the column", &index.to_string()).into());
        }
        let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(scan.now).unwrap_or_default());
        let fetch = scan.fetch.map(|fetch| usize::try_from(fetch).unwrap_or(usize::MAX));
        let exec = ScanExec::try_new(table, &schema, &projection, predicate, fetch, now)?;
        let exec = match &scan.only {
            None => exec,
            Some(name) => {
                let sources = table.sources();
                let only = sources.iter().find(|source| source.operation.name == name);
                exec.narrowed(only.ok_or_else(|| unknown("the operation", name))?.operation)
            }
        };
        Ok(exec.saying(said(scan)))
    }
}
