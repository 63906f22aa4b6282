//! `\d`, `\dt`, `\dv`: which tables and views are listed, or the one that is described.

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use datafusion::common::TableReference;
use datafusion::datasource::TableType;
use datafusion::prelude::SessionContext;

use super::command::Relations;
use super::pattern::Pattern;
use super::{describe, names};
use datafusion_lightsail::error::{Error, Kind, Result};

/// The tables and views whose names match a pattern; of one that is named, its columns.
///
/// # Errors
/// [`Kind::Usage`] when none does.
pub(super) fn relations(
    context: &SessionContext,
    relations: Relations,
    pattern: Option<&str>,
) -> Result<RecordBatch> {
    let wanted = pattern.map(Pattern::new);
    if let (Some(name), Some(wanted), Relations::All) = (pattern, &wanted, relations)
        && !wanted.is_glob()
    {
        return describe::columns(context, name);
    }
    let all = describe::tables(context)?;
    let keeps = |name: Option<&str>| {
        let Some(name) = name else { return false };
        wanted.as_ref().is_none_or(|wanted| wanted.matches(name)) && is_of(context, name, relations)
    };
    let kept: BooleanArray = all.column(0).as_string::<i32>().iter().map(|name| Some(keeps(name))).collect();
    let found = filter_record_batch(&all, &kept)?;
    match (found.num_rows(), pattern) {
        (0, Some(pattern)) => Err(Error::new(Kind::Usage, format!("no name matches {pattern}"))
            .with_hint("\\d lists the tables and views; * stands for any letters")),
        _ => Ok(found),
    }
}

fn is_of(context: &SessionContext, name: &str, relations: Relations) -> bool {
    let reference = TableReference::parse_str(name);
    let is_view = || {
        let kind = names::provider(context, &reference).map(|table| table.table_type());
        reference.schema().is_none() && kind == Some(TableType::View)
    };
    match relations {
        Relations::All => true,
        Relations::Views => is_view(),
        Relations::Tables => !is_view(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion_lightsail::aws::{Clients, Settings};
    use datafusion_lightsail::options::LightsailOptions;
    use datafusion_lightsail::session::Session;

    use super::*;

    #[test]
    fn a_pattern_lists_and_a_name_describes() {
        let session =
            Session::new(Arc::new(Clients::new(Settings::default())), LightsailOptions::default()).unwrap();
        let named = |kind, pattern| -> Vec<String> {
            let found = relations(session.context(), kind, pattern).unwrap();
            let names = found.column(0).as_string::<i32>().iter().flatten();
            names.map(ToOwned::to_owned).collect()
        };
        assert_eq!(
            named(Relations::All, Some("inst*s")),
            [
                "instances",
                "instance_snapshots",
                "instance_snapshot_disks",
                "instance_port_states",
                "instance_metrics"
            ]
        );
        assert_eq!(named(Relations::Tables, Some("disks")), ["disks"]);
        let (tables, views) = (named(Relations::Tables, None), named(Relations::Views, None));
        assert_eq!([&tables[..], &views].concat().len(), named(Relations::All, None).len());
        assert!(
            views.contains(&"exposure".to_owned()) && !views.contains(&"instances".to_owned()),
            "{views:?}"
        );
        assert!(named(Relations::All, Some("instances")).contains(&"blueprint_id".to_owned()));
        assert!(relations(session.context(), Relations::Views, Some("instances")).is_err());
    }
}
