//! Whole tables at once: what several of them need of the API is asked for once.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::physical_plan::execute_stream;

use super::deadline::Deadline;
use super::{Answer, Session, watched};
use crate::catalog::everything::Everything;
use crate::catalog::{TABLES, Table};
use crate::panics;
use crate::scan::{LightsailTable, Mode, Needless, Record, RowOrder, Statement};

impl Session {
    /// Reads tables whole, each page once and one after the other, so that memory does not grow with the fleet.
    ///
    /// The rows of the answer are pages; [`rows`](crate::catalog::everything::rows) takes the rows of the tables out of them.
    ///
    /// # Errors
    /// When DataFusion cannot plan it; [`Kind::Usage`](crate::error::Kind) where a bound on items is set.
    pub async fn read_tables(&self, record: Arc<Record>, tables: &[&'static dyn Table]) -> Result<Answer> {
        let needless = Arc::<Needless>::default();
        let (mode, order) = (Mode::Run, RowOrder::Target);
        let state = self.state_of(Statement {
            record: Arc::clone(&record),
            mode,
            order,
            needless: Arc::clone(&needless),
        });
        let is_wanted = |at: &usize| tables.iter().any(|table| table.name() == TABLES[*at].name());
        let columns = (0..TABLES.len()).filter(is_wanted).collect();
        let source = provider_as_source(Arc::new(LightsailTable::new(&Everything)));
        let plan = LogicalPlanBuilder::scan("everything", source, Some(columns))?.build()?;
        let plan = state.create_physical_plan(&plan).await?;
        let rows = execute_stream(plan, state.task_ctx())?;
        let stream = panics::watch(watched(rows, Arc::clone(&record), None, needless));
        let stream = match self.options().query_timeout.and_then(Deadline::in_time) {
            None => stream,
            Some(deadline) => deadline.watch(stream),
        };
        Ok(Answer { schema: stream.schema(), stream, record })
    }
}
