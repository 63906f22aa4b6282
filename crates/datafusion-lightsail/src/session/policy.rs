//! Which statements a session runs.

use datafusion::common::Result;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{LogicalPlan, Statement};

use crate::error::{Error, Kind};

/// Which statements a session runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Policy {
    /// All that there are: also those that make tables of the session and read or write local files.
    #[default]
    All,
    /// Those that only read Lightsail and the session's tables, EXPLAIN and SHOW, and SET and RESET of `lightsail.*`.
    Queries,
}

/// Refuses COPY, also under EXPLAIN ANALYZE: DataFusion's own files would not say which rows are missing.
///
/// # Errors
/// [`Kind::Usage`], with what to do instead.
pub(super) fn check_copy(plan: &LogicalPlan) -> Result<()> {
    let is_copy = match plan {
        LogicalPlan::Analyze(analyze) => matches!(*analyze.input, LogicalPlan::Copy(_)),
        plan => matches!(plan, LogicalPlan::Copy(_)),
    };
    if !is_copy {
        return Ok(());
    }
    let what = "COPY is not the session's to run: its file would not say which rows are missing";
    Err(Error::new(Kind::Usage, what)
        .with_hint("ask for the rows of its query: the caller writes them, with what their record says")
        .into())
}

impl Policy {
    /// Refuses a plan that it does not allow.
    ///
    /// # Errors
    /// [`Kind::Usage`], with what the statement would do.
    pub(super) fn check(self, plan: &LogicalPlan) -> Result<()> {
        let variable = match plan {
            LogicalPlan::Statement(Statement::SetVariable(set)) => Some(&set.variable),
            LogicalPlan::Statement(Statement::ResetVariable(reset)) => Some(&reset.variable),
            _ => None,
        };
        let is_ours = variable.is_some_and(|name| name.to_ascii_lowercase().starts_with("lightsail."));
        if self == Self::All || is_ours {
            return Ok(());
        }
        let queries =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        queries.verify_plan(plan).map_err(|error| {
            let what = format!("this session only reads: {}", error.strip_backtrace());
            Error::new(Kind::Usage, what).with_hint("ask with SELECT; lightsail.* settings may be SET").into()
        })
    }
}
