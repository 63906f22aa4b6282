//! Functions that a statement calls and the session does not have, or not so.

use datafusion::execution::SessionState;
use datafusion::logical_expr::Documentation;

use crate::error::{Error, Kind};
use crate::nearest::nearest;

/// A function of other databases, and how that is written here.
pub struct WrittenHere {
    /// Its names elsewhere.
    pub names: &'static [&'static str],
    /// Expressions over `instances`, each with what it gives.
    pub here: &'static [(&'static str, &'static str)],
}

/// What other databases have and people ask for.
pub const WRITTEN_HERE: &[WrittenHere] = &[
    WrittenHere {
        names: &["age"],
        here: &[
            ("now() - created_at", "an interval"),
            ("(to_unixtime(now()) - to_unixtime(created_at)) / 86400", "days"),
        ],
    },
    WrittenHere {
        names: &["date_diff", "datediff", "timestampdiff", "days_between"],
        here: &[
            ("(to_unixtime(now()) - to_unixtime(created_at)) / 86400", "days"),
            ("now() - created_at", "an interval"),
        ],
    },
    WrittenHere {
        names: &["date_add", "dateadd", "adddate"],
        here: &[("created_at + INTERVAL '30 days'", "a time")],
    },
    WrittenHere {
        names: &["date_sub", "datesub", "subdate", "ago"],
        here: &[("now() - INTERVAL '7 days'", "a time")],
    },
    WrittenHere {
        names: &[
            "getdate",
            "sysdate",
            "systimestamp",
            "curdate",
            "getutcdate",
            "localtimestamp",
            "clock_timestamp",
        ],
        here: &[("now()", "a time"), ("current_date", "a date")],
    },
    WrittenHere {
        names: &[
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "week",
            "quarter",
            "dayofweek",
            "weekday",
            "extract",
        ],
        here: &[("date_part('year', created_at)", "a number"), ("date_trunc('month', created_at)", "a time")],
    },
    WrittenHere {
        names: &["strftime", "format_date", "formatdatetime", "format"],
        here: &[("to_char(created_at, '%Y-%m-%d')", "a text")],
    },
    WrittenHere { names: &["group_concat", "listagg"], here: &[("string_agg(name, ', ')", "a text")] },
    WrittenHere {
        names: &["countif", "count_if", "sumif", "sum_if"],
        here: &[("count(*) FILTER (WHERE state = 'running')", "a number")],
    },
    WrittenHere {
        names: &["iif", "iff", "if"],
        here: &[("CASE WHEN state = 'running' THEN 1 ELSE 0 END", "one of the two")],
    },
    WrittenHere {
        names: &["isnull"],
        here: &[("state IS NULL", "true or false"), ("coalesce(state, 'none')", "a value")],
    },
    WrittenHere {
        names: &["array"],
        here: &[("array_agg(name ORDER BY name)", "a list of the rows"), ("[1, 2]", "a list of values")],
    },
    WrittenHere { names: &["len"], here: &[("length(name)", "a number")] },
    WrittenHere {
        names: &["cast", "convert", "to_number", "to_integer", "int", "tonumber"],
        here: &[("CAST(tags['size'] AS BIGINT)", "a number"), ("CAST(cpu_count AS VARCHAR)", "a text")],
    },
    WrittenHere {
        names: &["date", "datetime", "timestamp"],
        here: &[("CAST(created_at AS DATE)", "a date"), ("TIMESTAMP '2026-01-31 12:00:00'", "a time")],
    },
    WrittenHere { names: &["unix_timestamp", "epoch"], here: &[("to_unixtime(created_at)", "seconds")] },
    WrittenHere { names: &["explode", "json_each"], here: &[("unnest(ipv6_addresses)", "a row for each")] },
    WrittenHere {
        names: &["count_distinct", "countdistinct", "uniq", "approx_count_distinct"],
        here: &[("count(DISTINCT region)", "a number"), ("approx_distinct(region)", "about as many")],
    },
    WrittenHere {
        names: &["percentile", "quantile", "percentile_disc"],
        here: &[("percentile_cont(0.95) WITHIN GROUP (ORDER BY ram_size_in_gb)", "a number")],
    },
    WrittenHere { names: &["charindex", "locate"], here: &[("strpos(name, 'prod')", "a number")] },
    WrittenHere {
        names: &["startswith", "beginswith"],
        here: &[("starts_with(name, 'web')", "true or false")],
    },
    WrittenHere { names: &["endswith"], here: &[("ends_with(name, '-0001')", "true or false")] },
    WrittenHere { names: &["includes"], here: &[("contains(name, 'prod')", "true or false")] },
    WrittenHere { names: &["ucase", "toupper"], here: &[("upper(name)", "a text")] },
    WrittenHere { names: &["lcase", "tolower"], here: &[("lower(name)", "a text")] },
    WrittenHere { names: &["mid"], here: &[("substr(name, 1, 3)", "a text")] },
    WrittenHere {
        names: &["regexp_extract", "regexp_substr"],
        here: &[("regexp_match(name, '[0-9]+')[1]", "a text")],
    },
    WrittenHere {
        names: &["json_extract", "json_extract_string", "json_value"],
        here: &[("tags['env']", "a value of a map")],
    },
];

impl WrittenHere {
    /// What is called so elsewhere.
    pub fn of(name: &str) -> Option<&'static Self> {
        WRITTEN_HERE.iter().find(|written| written.names.contains(&name))
    }
}

impl std::fmt::Display for WrittenHere {
    /// `now() - created_at (an interval) or … (days)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each: Vec<String> = self.here.iter().map(|(sql, gives)| format!("{sql} ({gives})")).collect();
        f.write_str(&each.join(" or "))
    }
}

/// The error of a function that there is not.
pub(super) fn function(message: &str, state: &SessionState) -> Option<Error> {
    let name = message.strip_prefix("Invalid function '")?.split('\'').next()?;
    if state.window_functions().contains_key(name) {
        return Some(
            Error::new(Kind::Sql, format!("{name} is a function of windows, and has none"))
                .with_hint(format!("write its window behind it: {name}(…) OVER (PARTITION BY … ORDER BY …)"))
                .with_sql_state("42809"),
        );
    }
    let hint = match WrittenHere::of(name) {
        Some(written) => format!("here it is written {written}"),
        None => {
            let names = function_names(state);
            match nearest(name, &names) {
                Some(near) => format!("did you mean {near}?"),
                None => "SHOW FUNCTIONS lists the functions; \\df does in the shell".to_owned(),
            }
        }
    };
    Some(
        Error::new(Kind::Sql, format!("there is no function {name}")).with_hint(hint).with_sql_state("42883"),
    )
}

/// How a function is written whose arguments are not those that it takes, if DataFusion says so.
pub(super) fn arguments(message: &str, state: &SessionState) -> Option<Error> {
    let name = message.split('\'').nth(1)?;
    let is_about_arguments = [
        " expects ",
        " expected ",
        " does not support zero arguments",
        " failed to match any signature",
        "Failed to coerce arguments",
    ]
    .iter()
    .any(|words| message.contains(words));
    let documentation = is_about_arguments.then(|| documentation(name, state)).flatten()?;
    let words: Vec<&str> = documentation.syntax_example.split_whitespace().collect();
    let (_, arguments) =
        words.join(" ").replace("\\_", "_").split_once('(').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    let (what, hint) = super::super::plain::text(message);
    let hint = hint.unwrap_or_else(|| format!("it is written {name}({arguments}"));
    Some(Error::new(Kind::Sql, what).with_hint(hint))
}

fn documentation<'a>(name: &str, state: &'a SessionState) -> Option<&'a Documentation> {
    let of_scalar = state.scalar_functions().get(name).and_then(|function| function.documentation());
    let of_aggregate = || state.aggregate_functions().get(name).and_then(|function| function.documentation());
    of_scalar.or_else(of_aggregate)
}

/// The names of all functions, sorted.
pub fn function_names(state: &SessionState) -> Vec<String> {
    let names = state.scalar_functions().keys();
    let names = names.chain(state.aggregate_functions().keys()).chain(state.window_functions().keys());
    let mut names: Vec<String> = names.chain(state.table_functions().keys()).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::aws::{Clients, Settings};
    use crate::options::LightsailOptions;
    use crate::session::Session;

    #[tokio::test]
    async fn what_is_written_here_can_be_asked_here() {
        let session =
            Session::new(Arc::new(Clients::new(Settings::default())), LightsailOptions::default()).unwrap();
        for (sql, _) in WRITTEN_HERE.iter().flat_map(|written| written.here) {
            let query = format!("SELECT {sql} FROM instances");
            session.context().sql(&query).await.unwrap_or_else(|error| panic!("{query}: {error}"));
        }
        let state = session.context().state();
        let known = function_names(&state);
        for name in WRITTEN_HERE.iter().flat_map(|written| written.names) {
            assert!(!known.iter().any(|known| known == name), "{name} is a function here");
        }
    }
}
