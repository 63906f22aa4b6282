//! The functions of a session: their signatures, descriptions and examples, as DataFusion documents them.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::execution::SessionState;
use datafusion::logical_expr::Documentation;
use datafusion::prelude::SessionContext;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;
use datafusion_lightsail::session::translation::unknown::function_names;

use crate::pattern::Pattern;

/// A function under one of its names.
pub(in crate::shell) struct Function {
    pub(in crate::shell) name: String,
    /// How it is written, such as `date_trunc(precision, expression)`.
    pub(in crate::shell) signature: String,
    /// What it does; empty if nobody says.
    pub(in crate::shell) description: String,
    /// A query with it.
    pub(in crate::shell) example: Option<String>,
}

impl Function {
    /// The function of a name, which is in lower case.
    pub(in crate::shell) fn of(state: &SessionState, name: &str) -> Option<Self> {
        let (documentation, own) = if let Some(function) = state.scalar_functions().get(name) {
            (function.documentation(), function.name())
        } else if let Some(function) = state.aggregate_functions().get(name) {
            (function.documentation(), function.name())
        } else if let Some(function) = state.window_functions().get(name) {
            (function.documentation(), function.name())
        } else {
            state.table_functions().get(name)?;
            (None, name)
        };
        let said = SAID.iter().find(|said| said.function == own);
        let arguments = said.and_then(|said| said.arguments.map(ToOwned::to_owned));
        let arguments =
            arguments.or_else(|| Some(arguments_of(documentation?))).unwrap_or_else(|| "…)".to_owned());
        let description = said.and_then(|said| said.description.map(ToOwned::to_owned));
        let description =
            description.or_else(|| Some(one_line(&documentation?.description))).unwrap_or_default();
        let description = if own == name { description } else { format!("{own}: {description}") };
        let example = documentation.and_then(|text| text.sql_example.as_deref()).map(query);
        let example = said.map(|said| said.example.to_owned()).or(example);
        Some(Self { name: name.to_owned(), signature: format!("{name}({arguments}"), description, example })
    }
}

/// What DataFusion does not say of a function, or says of another.
struct Said {
    function: &'static str,
    /// The arguments and the parenthesis behind them; `None` if DataFusion's are right.
    arguments: Option<&'static str>,
    /// What it does; `None` if DataFusion is right.
    description: Option<&'static str>,
    example: &'static str,
}

impl Said {
    const fn example(function: &'static str, example: &'static str) -> Self {
        Self { function, arguments: None, description: None, example }
    }
}

/// Every function of which something is to be said here.
const SAID: &[Said] = &[
    Said {
        function: "covers_internet",
        arguments: Some("networks)"),
        description: Some(
            "Whether these networks together hold every public IPv4 or every public IPv6 address.",
        ),
        example: "SELECT name, from_port FROM instances i JOIN ports p ON p.instance_arn = i.arn WHERE covers_internet(p.cidrs)",
    },
    Said {
        function: "covar_pop",
        arguments: None,
        description: Some("Returns the population covariance of a set of number pairs."),
        example: "SELECT covar_pop(cpu_count, ram_size_in_gb) FROM instances",
    },
    Said {
        function: "bool_or",
        arguments: None,
        description: Some("Returns true if any non-null input value is true, otherwise false."),
        example: "SELECT region, bool_or(state = 'stopped') FROM instances GROUP BY region",
    },
    Said::example("bit_and", "SELECT bit_and(cpu_count) FROM instances"),
    Said::example("bit_or", "SELECT bit_or(cpu_count) FROM instances"),
    Said::example("bit_xor", "SELECT bit_xor(cpu_count) FROM instances"),
    Said::example("decode", "SELECT CAST(decode('bGlnaHRzYWls', 'base64') AS VARCHAR)"),
    Said::example("encode", "SELECT encode('lightsail', 'base64')"),
    Said::example("pi", "SELECT pi()"),
    Said::example("sqrt", "SELECT sqrt(2)"),
    Said::example("var", "SELECT var(size_in_gb) FROM disks"),
    Said::example("var_pop", "SELECT var_pop(size_in_gb) FROM disks"),
];

/// The arguments of a function and the parenthesis behind them: its documents may be those of another name of it.
fn arguments_of(documentation: &Documentation) -> String {
    let written = one_line(&documentation.syntax_example);
    written.split_once('(').map_or_else(|| ")".to_owned(), |(_, arguments)| arguments.to_owned())
}

/// As much of a description as a list has room for.
fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    without_links(&words.join(" ").replace("\\_", "_"))
}

/// A text of Markdown with the words of its links, without their addresses.
fn without_links(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, link)) = rest.split_once("](http")
        && let (Some((before, words)), Some((_, behind))) = (before.rsplit_once('['), link.split_once(')'))
    {
        plain.extend([before, words]);
        rest = behind;
    }
    plain + rest
}

/// An example as it is typed: DataFusion's are in Markdown, some with their answers, which name columns as DataFusion does.
fn query(example: &str) -> String {
    let is_typed =
        |line: &&str| !["```", "+-", "| "].iter().any(|begin| line.trim_start().starts_with(begin));
    let lines = example.lines().filter(is_typed);
    let typed = lines.map(|line| line.trim_start_matches("> "));
    typed.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The functions whose names match a pattern, a row each.
///
/// # Errors
/// [`Kind::Usage`] when none does.
pub(in crate::shell) fn functions(context: &SessionContext, pattern: Option<&str>) -> Result<RecordBatch> {
    let state = context.state();
    let names = function_names(&state);
    let wanted = pattern.map(Pattern::new);
    let found = names.iter().filter(|name| wanted.as_ref().is_none_or(|wanted| wanted.matches(name)));
    let found: Vec<Function> = found.filter_map(|name| Function::of(&state, name)).collect();
    if let (true, Some(pattern)) = (found.is_empty(), pattern) {
        return Err(Error::new(Kind::Usage, format!("no function matches {pattern}"))
            .with_hint(near(pattern, &names)));
    }
    let column = |text: fn(&Function) -> &str| -> ArrayRef {
        Arc::new(found.iter().map(|function| Some(text(function))).collect::<StringArray>())
    };
    Ok(RecordBatch::try_from_iter([
        ("function", column(|function| &function.name)),
        ("written", column(|function| &function.signature)),
        ("description", column(|function| first_sentence(&function.description))),
    ])?)
}

/// What to write instead of a pattern that no function matches.
fn near(pattern: &str, names: &[String]) -> String {
    let begun = pattern.to_lowercase();
    let longer: Vec<&str> =
        names.iter().filter(|name| name.starts_with(&begun)).map(String::as_str).collect();
    match (&longer[..], nearest(&begun, names)) {
        ([one], _) => format!("did you mean {one}?"),
        ([first, ..], _) => format!("\\df {begun}* lists {first} and {} more", longer.len() - 1),
        ([], Some(near)) => format!("did you mean {near}?"),
        ([], None) => "\\df lists the functions; * stands for any letters".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use datafusion_lightsail::aws::{Clients, Settings};
    use datafusion_lightsail::options::LightsailOptions;
    use datafusion_lightsail::session::Session;

    use super::*;

    fn session() -> Session {
        Session::new(Arc::new(Clients::new(Settings::default())), LightsailOptions::default()).unwrap()
    }

    #[test]
    fn all_functions_are_listed_with_how_they_are_written() {
        let session = session();
        let all = functions(session.context(), None).unwrap();
        assert_eq!(all.num_rows(), function_names(&session.context().state()).len());
        let one = functions(session.context(), Some("array_has")).unwrap();
        assert_eq!(one.column(1).as_string::<i32>().value(0), "array_has(array, element)");
        assert!(!one.column(2).as_string::<i32>().value(0).is_empty());
        let dates = functions(session.context(), Some("date_*")).unwrap();
        let names: Vec<_> = dates.column(0).as_string::<i32>().iter().flatten().collect();
        assert!(
            names.contains(&"date_trunc") && names.iter().all(|name| name.starts_with("date_")),
            "{names:?}"
        );
        for (pattern, hint) in [
            ("array_h", "\\df array_h* lists array_has and 2 more"),
            ("array_inters", "did you mean array_intersect?"),
            ("cout", "did you mean count?"),
            ("nothing_like_it", "\\df lists the functions; * stands for any letters"),
        ] {
            let error = functions(session.context(), Some(pattern)).unwrap_err();
            assert_eq!(error.hint(), Some(hint), "{pattern}");
        }
        let described = all.column(2).as_string::<i32>();
        assert!(described.iter().flatten().all(|text| !text.contains("](")), "{described:?}");
        let written = all.column(1).as_string::<i32>();
        for (name, written) in
            all.column(0).as_string::<i32>().iter().zip(written).map(|(a, b)| (a.unwrap(), b.unwrap()))
        {
            assert!(written.starts_with(&format!("{name}(")) && written.ends_with(')'), "{name}: {written}");
        }
    }

    #[tokio::test]
    async fn what_is_said_here_is_of_functions_that_there_are() {
        let session = session();
        for said in SAID {
            assert!(Function::of(&session.context().state(), said.function).is_some(), "{}", said.function);
            assert!(session.context().sql(said.example).await.is_ok(), "{}", said.example);
        }
    }
}
