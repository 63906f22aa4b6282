//! The rows of all workers as those of one node of the coordinator's plan.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::stream::{RecordBatchReceiverStreamBuilder, RecordBatchStreamAdapter};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::stream::{BoxStream, select_all};
use futures::{StreamExt, stream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::crew::{AbsentWorker, Share, shared_account};
use super::message::profile;
use super::receiver::Receiver;
use crate::aws::target::Profile;
use crate::aws::{Clients, Target};
use crate::error::{Error, Kind};
use crate::options::{LightsailOptions, list};
use crate::scan::plan::spec::ScanSpec;
use crate::scan::plan::unasked::Asked;
use crate::scan::read::retention::Retention;
use crate::scan::record::{Reading, Record};

/// A part of a plan that runs at workers, as the coordinator knows it.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) record: Arc<Record>,
    pub(super) clients: Arc<Clients>,
    pub(super) options: LightsailOptions,
    /// Who runs it, one for each task.
    pub(super) shares: Vec<Share>,
    /// The scans in it, each with its place in the plan.
    pub(super) scans: Vec<(usize, ScanSpec)>,
    /// Whether rows come in the order of workers, targets and pages.
    pub(super) in_order: bool,
    /// The workers that could not be reached, whose rows are missing.
    pub(super) absent: Vec<AbsentWorker>,
    /// For how long workers keep its pages.
    pub(super) keep: Retention,
    /// Whether a join in it is right only if no two workers ask the same account.
    pub(super) is_by_account: bool,
}

/// Hands on the rows of all workers as one partition.
#[derive(Debug, Clone)]
pub(super) struct ReceiveExec {
    input: Arc<dyn ExecutionPlan>,
    stage: Arc<Stage>,
    properties: Arc<PlanProperties>,
}

impl ReceiveExec {
    /// Receives rows of this schema.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, schema: SchemaRef, stage: Arc<Stage>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Self { input, stage, properties: Arc::new(properties) }
    }

    fn receive(&self, context: &Arc<TaskContext>) -> Result<All> {
        let stage = &self.stage;
        stage.record.start();
        let reading = stage.record.reading();
        stage.warn(false);
        let ends = Ends::default();
        stage.miss_absent(&ends);
        let receiver = |(task, share): (usize, &Share)| {
            let rows = self.input.execute(task, Arc::clone(context))?;
            let receiver = Receiver::new(rows, self.schema(), Arc::clone(stage), share.clone(), ends.clone());
            let rows = stream::try_unfold(receiver, async |mut receiver| {
                let batch = receiver.next().await?;
                Ok(batch.map(|batch| (batch, receiver)))
            });
            Ok(rows.boxed())
        };
        let all = stage.shares.iter().enumerate().map(receiver).collect::<Result<Vec<_>>>()?;
        let (failing, failed) = unbounded_channel();
        let rows = match stage.in_order {
            true => {
                let all: Vec<_> = all.into_iter().map(|rows| self.ahead(rows, &failing)).collect();
                stream::iter(all).flatten().boxed()
            }
            false => select_all(all).boxed(),
        };
        Ok(All { rows, failed, ends, stage: Arc::clone(stage), _reading: reading })
    }

    /// The rows of a worker, which begins now although others come first, and whose failure does not wait for them.
    fn ahead(
        &self,
        mut rows: BoxStream<'static, Result<RecordBatch>>,
        failing: &UnboundedSender<DataFusionError>,
    ) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(self.schema(), AHEAD);
        let (sender, failing) = (builder.tx(), failing.clone());
        builder.spawn(async move {
            while let Some(batch) = rows.next().await {
                match batch {
                    Ok(batch) => {
                        if sender.send(Ok(batch)).await.is_err() {
                            break;
                        }
                    }
                    Err(error) => {
                        // With the receiver gone no rows are wanted either.
                        let _ = failing.send(error);
                        std::future::pending::<()>().await;
                    }
                }
            }
            Ok(())
        });
        builder.build()
    }
}

/// How many batches of a worker wait for those of the workers before it.
const AHEAD: usize = 16;

/// The rows of all workers.
struct All {
    rows: BoxStream<'static, Result<RecordBatch>>,
    /// What failed at workers whose rows come later.
    failed: UnboundedReceiver<DataFusionError>,
    ends: Ends,
    stage: Arc<Stage>,
    _reading: Reading,
}

impl All {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let batch = tokio::select! {
            biased;
            Some(error) = self.failed.recv() => return Err(error),
            batch = self.rows.next() => batch,
        };
        if batch.is_none() {
            self.ends.reach();
            self.stage.check_accounts()?;
        }
        batch.transpose()
    }
}

impl Drop for All {
    fn drop(&mut self) {
        self.stage.warn(true);
    }
}

/// The scans that workers have read to their end. The statement has when it has taken all rows of all workers: what failed
/// at one is not missing where a LIMIT had enough of the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends(Arc<Mutex<Vec<Arc<AtomicBool>>>>);

impl Ends {
    /// Takes in the flag of a scan's record that says so.
    pub(super) fn push(&self, is_read: &Arc<AtomicBool>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(is_read));
    }

    fn reach(&self) {
        let flags = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        flags.iter().for_each(|is_read| is_read.store(true, Ordering::Relaxed));
    }
}

impl DisplayAs for ReceiveExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = self.stage.shares.iter().filter(|share| !share.profiles.is_empty());
        let workers: Vec<String> = asked.map(ToString::to_string).collect();
        match kind {
            DisplayFormatType::TreeRender => write!(f, "{}", workers.join(", ")),
            _ => write!(f, "ReceiveExec: workers=[{}]", workers.join(", ")),
        }?;
        match &self.stage.absent[..] {
            [] => Ok(()),
            absent => {
                let names: Vec<&str> = absent.iter().map(|absent| absent.name.as_str()).collect();
                write!(f, ", not reached=[{}]", names.join(", "))
            }
        }
    }
}

impl ExecutionPlan for ReceiveExec {
    fn name(&self) -> &'static str {
        "ReceiveExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match <[_; 1]>::try_from(children) {
            Ok([input]) => Ok(Arc::new(Self { input, ..self.as_ref().clone() })),
            Err(_) => internal_err!("rows are received of one plan"),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("rows of workers are one partition");
        }
        // A join that finds nothing on its first side does not want the second: workers begin when rows are wanted.
        let receive = self.clone();
        let rows = stream::once(async move { receive.receive(&context) }).map(|all| match all {
            Ok(all) => stream::try_unfold(all, async |mut all| {
                let batch = all.next().await?;
                Ok(batch.map(|batch| (batch, all)))
            })
            .left_stream(),
            Err(error) => stream::once(async { Err(error) }).right_stream(),
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows.flatten())))
    }
}

impl Stage {
    /// Says that the rows are missing of workers that could not be reached.
    fn miss_absent(&self, ends: &Ends) {
        for AbsentWorker { name, error } in &self.absent {
            let regions = |scan: &ScanSpec| scan.regions(&list(&self.options.regions));
            let asks = |scan: &ScanSpec| {
                let targets = self.clients.known_targets(&profile(name), &regions(scan));
                targets.is_none_or(|targets| !scan.places(&targets, None).is_empty())
            };
            for (_, scan) in self.scans.iter().filter(|(_, scan)| asks(scan)) {
                // Which profiles it has is not known: it stands for them itself.
                let target = Target { profile: profile(name), region: "*".to_owned() };
                let is_read = Arc::default();
                let place =
                    self.record.open(scan.table.name(), scan.first_operation().name, target, &is_read);
                self.record.update(place, |scan| scan.error = Some(Arc::clone(error)));
                ends.push(&is_read);
            }
        }
    }

    /// The targets that a worker asks for a scan; of a profile whose regions are not known all of them as one.
    pub(super) fn targets(&self, scan: &ScanSpec, share: &Share) -> Vec<Target> {
        let regions = scan.regions(&list(&self.options.regions));
        let scope = scan.first_operation().scope;
        let of_profile = |name: &String| {
            let profile = profile(name);
            match self.clients.known_targets(&profile, &regions) {
                Some(targets) => {
                    let account = self.clients.account(&profile);
                    let mut places = scan.places(&targets, account.as_deref());
                    places.retain(|target| share.near.asks(target, scope));
                    places
                }
                None => vec![Target { profile, region: share.near.regions(name) }],
            }
        };
        share.profiles.iter().flat_map(of_profile).collect()
    }

    /// How many of the profiles have not been heard of yet.
    pub(super) fn unfound(&self) -> usize {
        let scans = self.record.scans();
        let heard: HashSet<&str> = scans.iter().map(|scan| scan.target.profile.name.as_str()).collect();
        let names: HashSet<&str> =
            self.shares.iter().flat_map(|share| share.profiles.iter().map(String::as_str)).collect();
        names.difference(&heard).count()
    }

    /// Checks that the workers asked the accounts that they were planned to ask.
    ///
    /// # Errors
    /// [`Kind::Usage`] if two asked one account, for joins by account have missed pairs of their rows: a worker was started
    /// again with other keys, or its configuration names another account than the keys are of.
    fn check_accounts(&self) -> Result<(), Error> {
        match shared_account(&self.clients, &self.shares).filter(|_| self.is_by_account) {
            None => Ok(()),
            Some(shared) => Err(Error::new(
                Kind::Usage,
                format!(
                    "{shared}, which was not known when the statement was planned: its rows are not all there"
                ),
            )
            .with_hint("ask again: it is known now")),
        }
    }

    /// Says which of the targets that the statement names are not asked, as far as is known by now.
    fn warn(&self, is_read: bool) {
        let options = &self.options;
        let read = self.record.scans();
        let (heard, regions_said) = (self.record.heard(), self.record.regions_said());
        let mut of_profiles: HashMap<&Profile, Vec<&Target>> = HashMap::new();
        for target in read.iter().map(|scan| &scan.target).filter(|target| target.region != "*") {
            of_profiles.entry(&target.profile).or_default().push(target);
        }
        let profiles = self.clients.profiles(&list(&options.profiles));
        for (place, scan) in self.scans.iter().filter(|(_, scan)| !scan.constraints.is_contradiction()) {
            let names = scan.names_at(&scan.constraints);
            let names =
                heard.get(place).map_or_else(|| names.clone(), |heard| names.clone().and_heard(heard));
            let regions = scan.regions(&list(&options.regions));
            let targets = profiles.iter().flat_map(|profile| {
                self.clients.known_targets(profile, &regions).unwrap_or_else(|| {
                    of_profiles.get(profile).into_iter().flatten().copied().cloned().collect()
                })
            });
            let targets: Vec<Target> = targets.collect();
            let asked = Asked { clients: &self.clients, targets: &targets, options };
            let mut unasked = scan.unasked_profiles(&names, &self.clients, options);
            unasked.extend(scan.unasked_regions(&names, &asked));
            let said =
                regions_said.get(place).filter(|_| !scan.said.is_in_union && !names.regions.is_empty());
            unasked.extend(
                said.filter(|said| !said.is_empty() && said.is_disjoint(&names.regions))
                    .map(|said| scan.of_another_region(said, &names.regions)),
            );
            // Before they have read it is not known of which accounts they are.
            unasked.extend(scan.unasked_accounts(&names, &self.clients, options).filter(|_| is_read));
            self.record.note(|notes| notes.unasked.extend(unasked));
        }
    }
}
