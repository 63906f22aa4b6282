//! Which statements a session runs.

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{DdlStatement, LogicalPlan, Statement};

use crate::error::{Error, Kind};
use crate::options::list;

/// Which statements a session runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Policy {
    /// All that there are: also those that make tables of the session and read or write local files.
    #[default]
    All,
    /// All but those that reach local files: tables and views of the session may be made, but there is no COPY, no
    /// CREATE EXTERNAL TABLE, no `FROM 'file'`, and none but `lightsail.*` settings may be SET.
    NoFiles,
    /// Those that only read Lightsail and the session's tables, EXPLAIN and SHOW, and SET and RESET of `lightsail.*`.
    Queries,
}

/// What refuses whatever reaches files, in every place that does.
const HINT: &str =
    "this session keeps to the service and to its own tables; who began it can begin one without that";

/// The error of what would reach a local file or another program.
pub(super) fn refusal(what: impl std::fmt::Display) -> Error {
    Error::new(Kind::Usage, format!("this session reaches no local files: {what}")).with_hint(HINT)
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
    /// True if statements may read and write the files of whoever runs the session.
    pub fn allows_files(self) -> bool {
        match self {
            Self::All => true,
            Self::NoFiles | Self::Queries => false,
        }
    }

    /// Refuses what reaches a local file or another program, said as `what`, unless statements may.
    ///
    /// For callers that do for a session what it does not do itself, such as write the file of a COPY.
    ///
    /// # Errors
    /// [`Kind::Usage`] when they may not.
    pub fn check_files(self, what: impl std::fmt::Display) -> crate::error::Result<()> {
        if self.allows_files() { Ok(()) } else { Err(refusal(what)) }
    }

    /// Refuses a plan that it does not allow.
    ///
    /// # Errors
    /// [`Kind::Usage`], with what the statement would do.
    pub(super) fn check(self, plan: &LogicalPlan) -> Result<()> {
        if self == Self::All {
            return Ok(());
        }
        let variable = match plan {
            LogicalPlan::Statement(Statement::SetVariable(set)) => Some((&set.variable, set.value.as_str())),
            LogicalPlan::Statement(Statement::ResetVariable(reset)) => Some((&reset.variable, "")),
            _ => None,
        };
        if let Some((name, value)) = variable {
            let name = name.to_ascii_lowercase();
            // The words of the file would stand in the error that there are no such profiles.
            if name == "lightsail.profiles" && list(value).iter().any(|part| part.starts_with('@')) {
                self.check_files("lightsail.profiles reads a file of names")?;
            }
            if name.starts_with("lightsail.") {
                return Ok(());
            }
        }
        match self {
            Self::All => Ok(()),
            Self::NoFiles if variable.is_some() => {
                // Among DataFusion's are the folder of what is spilled, and bounds.
                Err(refusal("only lightsail.* settings may be SET").into())
            }
            Self::NoFiles => no_files(plan),
            Self::Queries => {
                let queries = SQLOptions::new()
                    .with_allow_ddl(false)
                    .with_allow_dml(false)
                    .with_allow_statements(false);
                queries.verify_plan(plan).map_err(|error| {
                    let what = format!("this session only reads: {}", error.strip_backtrace());
                    let error = Error::new(Kind::Usage, what);
                    error.with_hint("ask with SELECT; lightsail.* settings may be SET").into()
                })
            }
        }
    }
}

/// Refuses a plan that reads or writes local files, wherever in it.
fn no_files(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        let what = match node {
            LogicalPlan::Copy(_) => "COPY writes them",
            LogicalPlan::Ddl(DdlStatement::CreateExternalTable(_)) => "CREATE EXTERNAL TABLE reads them",
            // What a function is made of is a host's to say.
            LogicalPlan::Ddl(DdlStatement::CreateFunction(_)) => "CREATE FUNCTION may",
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        Err(refusal(what).into())
    })
    .map(drop)
}
