//! What the engine says in words of its own making, and what is said in its place.

/// A message from the engine room, and what is said in its place.
pub(super) struct EngineRoom {
    /// How theirs begins.
    pub(super) theirs: &'static str,
    ours: &'static str,
    hint: &'static str,
}

impl EngineRoom {
    pub(super) fn ours(&self) -> (String, String) {
        (self.ours.to_owned(), self.hint.to_owned())
    }
}

/// All of them.
pub(super) const ENGINE_ROOM: &[EngineRoom] = &[
    EngineRoom {
        theirs: "RecursionLimitExceeded",
        ours: "the statement is nested too deeply",
        hint: "write IN (…) for a chain of OR, and name subqueries: WITH a AS (SELECT …)",
    },
    EngineRoom {
        theirs: "Physical plan does not support logical expression",
        ours: "a subquery in this place is not read here",
        hint: "join its table, or name it: WITH a AS (SELECT …)",
    },
    EngineRoom {
        theirs: "Cannot create filter with non-boolean predicate",
        ours: "the condition is neither true nor false",
        hint: "compare it with something: cpu_count > 0",
    },
    EngineRoom {
        theirs: "Min/Max accumulator not implemented for type",
        ours: "a map, a list or a struct has no order, and is no key of a join",
        hint: "take a value of it: tags['env']",
    },
    EngineRoom {
        theirs: "Function 'coalesce' user-defined coercion failed",
        ours: "coalesce takes values of one type",
        hint: "make them texts: coalesce(CAST(created_at AS VARCHAR), 'never')",
    },
    EngineRoom {
        theirs: "Dot access not supported for",
        ours: "a field behind a dot is not read here",
        hint: "write its name in brackets: details[1]['name']",
    },
    EngineRoom {
        theirs: "Unsupported Interval Expression",
        ours: "an interval of this form is not read here",
        hint: "write INTERVAL '1 year 2 months'",
    },
    EngineRoom {
        theirs: "Operator DIV is not yet supported",
        ours: "// and DIV are not read here",
        hint: "/ between integers leaves out the rest",
    },
    EngineRoom {
        theirs: "Operator -> is not yet supported",
        ours: "-> is not read here",
        hint: "write the key in brackets: tags['env']",
    },
    EngineRoom {
        theirs: "Operator ->> is not yet supported",
        ours: "->> is not read here",
        hint: "write the key in brackets: tags['env']",
    },
    EngineRoom {
        theirs: "Unsupported Value ",
        ours: "a value of this form is not read here",
        hint: "a text stands in single quotes: 'abc'; X'1f' are bytes",
    },
    EngineRoom {
        theirs: "Unsupported binary operator",
        ours: "this operator is not read here",
        hint: "SHOW FUNCTIONS lists the functions; \\df does in the shell",
    },
    EngineRoom {
        theirs: "Regular expression did not compile",
        ours: "the regular expression is not well-formed",
        hint: "\\( and \\[ stand for the signs themselves; LIKE knows only % and _",
    },
    EngineRoom {
        theirs: "Io error: The used disk space during the spilling process has exceeded",
        ours: "what the statement spills takes more disk than it may",
        hint: "ask for less, or SET datafusion.runtime.max_temp_directory_size = '200G'",
    },
    EngineRoom {
        theirs: "Unable to cast to DATE",
        ours: "the text is no date",
        hint: "a date is written '2026-01-31'; to_date(text, '%d.%m.%Y') reads another form",
    },
    EngineRoom {
        theirs: "Format error",
        ours: "the format of the time is not well-formed",
        hint: "write '%Y-%m-%d %H:%M'",
    },
    EngineRoom {
        theirs: "invalid digit found in string",
        ours: "the setting takes a whole number",
        hint: "SHOW ALL lists the settings and what they are",
    },
    EngineRoom {
        theirs: "Invalid timezone",
        ours: "there is no such time zone",
        hint: "write its name, such as 'Europe/Berlin', or '+02:00'",
    },
    EngineRoom {
        theirs: "Divide by zero",
        ours: "a division by zero",
        hint: "a / nullif(b, 0) is NULL there",
    },
    EngineRoom {
        theirs: "Expected LIMIT to be an integer or null",
        ours: "LIMIT takes a whole number",
        hint: "LIMIT 10",
    },
    EngineRoom {
        theirs: "Expected OFFSET to be an integer or null",
        ours: "OFFSET takes a whole number",
        hint: "OFFSET 10",
    },
    EngineRoom { theirs: "LIMIT must be >= 0", ours: "LIMIT takes a whole number", hint: "LIMIT 10" },
    EngineRoom { theirs: "OFFSET must be >=0", ours: "OFFSET takes a whole number", hint: "OFFSET 10" },
    EngineRoom {
        theirs: "UNION queries have different number of columns",
        ours: "the queries of a UNION have different numbers of columns",
        hint: "select as many on both sides; NULL fills a place",
    },
    EngineRoom {
        theirs: "Too many columns! The subquery should only return one column",
        ours: "a subquery that is compared has one column",
        hint: "select the one that is meant",
    },
    EngineRoom {
        theirs: "Scalar subquery returned more than one row",
        ours: "the subquery has more than one row",
        hint: "IN (SELECT …) takes all of them, max(…) or LIMIT 1 one",
    },
    EngineRoom {
        theirs: "Unary operator 'NOT' requires a boolean expression",
        ours: "NOT takes a condition",
        hint: "compare with something: NOT cpu_count > 0",
    },
    EngineRoom {
        theirs: "Unary operator '-' only supports",
        ours: "- takes a number or an interval",
        hint: "CAST(… AS DOUBLE) makes a number of a text",
    },
    EngineRoom {
        theirs: "Invalid qualifier ",
        ours: "there is no such table in FROM",
        hint: "name.* are the columns of a table or of its alias",
    },
    EngineRoom {
        theirs: "could not find config namespace",
        ours: "there is no such setting",
        hint: "SHOW ALL lists the settings",
    },
];
