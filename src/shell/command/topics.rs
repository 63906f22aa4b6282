//! How things are written in SQL: one page for each topic that people ask for. The examples run on the demo fleet.

/// A page of help.
pub(in crate::shell) struct Topic {
    /// What it is called, in lower case.
    pub(in crate::shell) name: &'static str,
    /// Other words that lead to it.
    pub(in crate::shell) words: &'static [&'static str],
    /// What it is about.
    pub(in crate::shell) title: &'static str,
    /// The page; its lines that are indented and end with a `;` are statements.
    pub(in crate::shell) text: &'static str,
}

/// Every topic, in the order of the list.
pub(in crate::shell) static TOPICS: &[Topic] = &[
    Topic {
        name: "select",
        words: &["from", "where", "limit", "order", "top", "distinct", "query"],
        title: "SELECT: rows and columns of tables",
        text: include_str!("topics/select.txt"),
    },
    Topic {
        name: "group",
        words: &["count", "having", "filter", "aggregate", "aggregates"],
        title: "GROUP BY: counts and sums",
        text: include_str!("topics/group.txt"),
    },
    Topic {
        name: "join",
        words: &["on", "using", "left", "joins", "subquery"],
        title: "JOIN: rows of two tables that belong together",
        text: include_str!("topics/join.txt"),
    },
    Topic {
        name: "dates",
        words: &["date", "time", "timestamp", "interval", "times", "now"],
        title: "Dates: ages, days, months, time zones",
        text: include_str!("topics/dates.txt"),
    },
    Topic {
        name: "text",
        words: &["string", "strings", "like", "quotes", "case", "varchar"],
        title: "Text: quotes, patterns, pieces",
        text: include_str!("topics/text.txt"),
    },
    Topic {
        name: "lists",
        words: &["list", "array", "arrays", "unnest", "in"],
        title: "Lists: columns that hold several values",
        text: include_str!("topics/lists.txt"),
    },
    Topic {
        name: "maps",
        words: &["map", "tags", "tag", "struct"],
        title: "Maps: tags and other keys with values",
        text: include_str!("topics/maps.txt"),
    },
    Topic {
        name: "null",
        words: &["nulls", "is", "missing"],
        title: "NULL: what is not there",
        text: include_str!("topics/null.txt"),
    },
    Topic {
        name: "settings",
        words: &["set", "show", "reset", "setting"],
        title: "SET, SHOW, RESET: whom to ask, and how",
        text: include_str!("topics/settings.txt"),
    },
    Topic {
        name: "export",
        words: &["copy", "csv", "json", "parquet", "file", "into"],
        title: "COPY: results into files",
        text: include_str!("topics/export.txt"),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_word_leads_to_one_topic_and_no_line_is_wider_than_a_terminal() {
        let mut words = HashSet::new();
        for topic in TOPICS {
            for word in std::iter::once(&topic.name).chain(topic.words) {
                assert!(words.insert(*word), "{word}");
            }
            for line in topic.text.lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", topic.name);
            }
            assert!(topic.text.contains(';'), "{} has no example", topic.name);
        }
    }
}
