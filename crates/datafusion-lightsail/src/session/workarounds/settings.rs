//! DataFusion's settings that this session does not let go of, for answers would be wrong or would fail.

use datafusion::config::ConfigOptions;

use crate::error::{Error, Kind, Result};

/// A setting of DataFusion's that keeps the value which a session begins with.
#[derive(Debug)]
pub struct Pinned {
    /// Its name.
    pub key: &'static str,
    /// Its value here.
    pub value: &'static str,
    /// What another value does.
    pub why: &'static str,
    /// The issues or pull requests upstream; empty where it is our own tables that need the value.
    pub upstream: &'static [&'static str],
}

/// The settings that `SET` refuses to change.
pub const PINNED: &[Pinned] = &[
    Pinned {
        key: "datafusion.execution.skip_physical_aggregate_schema_check",
        value: "true",
        why: "some aggregates over IS NOT TRUE fail to plan",
        upstream: &["apache/datafusion#13190", "apache/datafusion#24096"],
    },
    Pinned {
        key: "datafusion.optimizer.enable_leaf_expression_pushdown",
        value: "false",
        why: "some computed columns are lost, and some joins that read tags on both sides fail to plan",
        upstream: &["apache/datafusion#24241", "apache/datafusion#25414", "apache/datafusion#25446"],
    },
    Pinned {
        key: "datafusion.optimizer.enable_physical_uncorrelated_scalar_subquery",
        value: "true",
        why: "a subquery with several rows is taken for one value",
        upstream: &["apache/datafusion#22530"],
    },
    Pinned {
        key: "datafusion.optimizer.enable_piecewise_merge_join",
        value: "false",
        why: "joins on < and > claim an order that their rows do not have",
        upstream: &["apache/datafusion#24360"],
    },
    Pinned {
        key: "datafusion.optimizer.enable_unions_to_filter",
        value: "false",
        why: "a UNION loses what its branches compute",
        upstream: &["apache/datafusion#25071"],
    },
    Pinned {
        key: "datafusion.optimizer.max_passes",
        value: "3",
        why: "what takes the optimizer to plan, such as subqueries over aggregates, is not planned",
        upstream: &[],
    },
    Pinned {
        key: "datafusion.optimizer.prefer_hash_join",
        value: "true",
        why: "sort-merge joins claim an order that their rows do not have",
        upstream: &["apache/datafusion#25052"],
    },
    Pinned {
        key: "datafusion.sql_parser.map_string_types_to_utf8view",
        value: "false",
        why: "texts in lists and maps do not compare with literals",
        upstream: &[],
    },
];

/// The settings of which DataFusion makes room for as many as they say, and the most that is of use.
const BOUNDED: [(&str, u64); 3] = [
    ("datafusion.execution.batch_size", 1 << 20),
    ("datafusion.execution.hash_join_buffering_capacity", 1 << 40),
    ("datafusion.execution.target_partitions", 1 << 10),
];

/// Sets them in a session that begins.
///
/// # Errors
/// When DataFusion has no such setting any more.
pub(in crate::session) fn pin(options: &mut ConfigOptions) -> datafusion::common::Result<()> {
    PINNED.iter().try_for_each(|pinned| options.set(pinned.key, pinned.value))
}

/// Refuses another value of a setting that is pinned, and too much of one that has a bound.
///
/// # Errors
/// [`Kind::Usage`], with what it would do.
pub(in crate::session) fn check_set(key: &str, value: &str) -> Result<()> {
    let bounded = BOUNDED.iter().find(|(bounded, _)| bounded.eq_ignore_ascii_case(key));
    if let Some((key, most)) =
        bounded.filter(|(_, most)| value.trim().parse().is_ok_and(|value: u64| value > *most))
    {
        return Err(Error::new(Kind::Usage, format!("{key} is {most} at most here")));
    }
    let pinned = PINNED.iter().find(|pinned| pinned.key.eq_ignore_ascii_case(key));
    let Some(pinned) = pinned.filter(|pinned| !pinned.value.eq_ignore_ascii_case(value.trim())) else {
        return Ok(());
    };
    let upstream = match pinned.upstream {
        [] => String::new(),
        issues => format!(" ({})", issues.join(", ")),
    };
    let what = format!("{key} is {} here: otherwise {}{upstream}", pinned.value, pinned.why);
    Err(Error::new(Kind::Usage, what).with_hint("leave it as it is; SHOW ALL lists what can be set"))
}
