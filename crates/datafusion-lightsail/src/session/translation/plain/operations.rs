//! Operators between types that they do not take together: what is said, and what to write.

/// An operator and the two types that it does not take together, in DataFusion's words.
pub(crate) struct Operation<'a> {
    pub(super) left: &'a str,
    pub(crate) operator: &'a str,
    pub(super) right: &'a str,
}

impl<'a> Operation<'a> {
    /// The operation that a message of DataFusion's, or of the first step of ours, is about.
    pub(crate) fn of(message: &'a str) -> Option<Self> {
        const OPERATORS: [&str; 21] = [
            " >= ",
            " <= ",
            " <> ",
            " != ",
            " = ",
            " > ",
            " < ",
            " + ",
            " - ",
            " * ",
            " / ",
            " % ",
            " | ",
            " & ",
            " ^ ",
            " << ",
            " >> ",
            " BIT_XOR ",
            " @> ",
            " <@ ",
            " || ",
        ];
        if let Some(types) = message.strip_prefix("There isn't a common type to coerce ") {
            let (left, right) = types.strip_suffix(" in LIKE expression")?.rsplit_once(" and ")?;
            return Some(Self { left, operator: "LIKE", right });
        }
        let (_, types) = ["Cannot coerce arithmetic expression ", "operation "]
            .iter()
            .find_map(|begin| message.split_once(begin))?;
        let is_theirs =
            message.starts_with("Cannot coerce arithmetic ") || message.starts_with("Cannot infer common ");
        let types = types.strip_suffix(" to valid types").unwrap_or(types);
        let split = |operator: &&'static str| Some((types.split_once(*operator)?, *operator));
        let ((left, right), operator) = OPERATORS.iter().find_map(split).filter(|_| is_theirs)?;
        Some(Self { left, operator: operator.trim(), right })
    }

    /// Whether a time or an interval stands beside a number or a text.
    pub(crate) fn is_of_time(message: &'a str) -> bool {
        Self::of(message)
            .is_some_and(|operation| kind(operation.left) == "time" || kind(operation.left) == "interval")
    }
}

/// What a type is in a sentence.
pub(super) fn kind(of: &str) -> &str {
    match of.split(['(', ' ']).next().unwrap_or(of) {
        "TIMESTAMP" | "Timestamp" | "DATE" | "Date32" => "time",
        "Duration" | "INTERVAL" | "Interval" => "interval",
        "VARCHAR" | "Utf8" => "text",
        "BIGINT" | "INTEGER" | "DOUBLE" | "Int64" | "Int32" | "UInt64" | "Float64" => "number",
        "Boolean" => "truth value",
        "Map" => "map",
        "List" => "list",
        "Struct" => "row",
        _ => of,
    }
}

/// What is said of two types that an operator does not take together.
pub(super) fn uncombined(left: &str, operator: &str, right: &str) -> (String, Option<String>) {
    let is_comparison = operator.starts_with(['=', '<', '>', '!']);
    let hint = match (kind(left), operator, kind(right)) {
        ("map", "=" | "<>" | "!=" | "LIKE", _) => "take a value of it: tags['env'] = 'prod'",
        ("list", "=" | "<>" | "!=" | "LIKE", _) => "array_has(list, 'x') says whether it has one",
        (_, "LIKE", "row") => "LIKE takes one pattern: name ~ '^(web|api)-', or OR between two LIKE",
        ("map", "@>" | "<@" | "||", _) => "take a value of it: tags['env']",
        ("list", "@>" | "<@", _) => "array_has(list, 'x') says whether it has one",
        (_, "||", _) => "CAST(… AS VARCHAR) makes a text of a value",
        (_, "<<" | ">>", _) => "it takes whole numbers; LIKE '10.%' asks for the beginning of an address",
        (_, "BIT_XOR", _) => "a <> b is true where one of two conditions is",
        ("interval", _, "number" | "text") if is_comparison => "an interval is written INTERVAL '30 days'",
        ("time", _, "number") if is_comparison => "a time is in single quotes: '2026-01-31'",
        ("time", "+" | "-", _) => "an interval is written INTERVAL '7 days'",
        ("time", "LIKE", _) => "a range says which: created_at >= '2026-11-01' AND created_at < '2026-12-01'",
        ("truth value", "=" | "<>" | "!=", _) | (_, "=" | "<>" | "!=", "truth value") => {
            "a truth value is a condition by itself, or behind NOT"
        }
        ("text", "+", "text") => "|| joins texts; CAST(… AS DOUBLE) makes a number of one",
        (_, "|", _) => "OR stands between conditions, || joins texts",
        (_, "&", _) => "AND stands between conditions",
        ("text", ..) | (_, _, "text") => "CAST(… AS DOUBLE) makes a number of a text, || joins texts",
        _ if is_comparison => "both sides are of one type: CAST(… AS VARCHAR)",
        _ => "CAST(… AS DOUBLE) makes a number",
    };
    let article = |kind: &str| match kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => format!("an {kind}"),
        false => format!("a {kind}"),
    };
    let operator = if operator == "BIT_XOR" { "XOR" } else { operator };
    (format!("{operator} takes no {} beside {}", kind(left), article(kind(right))), Some(hint.to_owned()))
}
