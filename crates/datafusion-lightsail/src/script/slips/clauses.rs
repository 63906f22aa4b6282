//! The parts of a statement: their words, and their order.

use super::{Slip, Typed};

/// The words that begin a part, in the order of the parts.
pub(super) const CLAUSES: [&str; 9] =
    ["SELECT", "FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT", "OFFSET"];

const ORDER: &str =
    "the order is SELECT … FROM … WHERE … GROUP BY … HAVING … QUALIFY … ORDER BY … LIMIT … OFFSET";

/// Words between two queries, each of which has parts of its own.
const BETWEEN_QUERIES: [&str; 4] = ["UNION", "INTERSECT", "EXCEPT", "MINUS"];

impl Typed<'_> {
    /// The place of a token among [`CLAUSES`], if it begins a part.
    pub(super) fn clause(&self, index: usize) -> Option<usize> {
        CLAUSES.iter().position(|clause| self.is(index, &[clause]))
    }

    /// The parts that begin before a token in its own query, the last first, each with its place among [`CLAUSES`].
    pub(super) fn clauses_before(&self, index: usize) -> impl Iterator<Item = (usize, usize)> {
        let depth = self.depths[index.min(self.tokens.len())];
        let before = (0..index.min(self.tokens.len())).rev();
        let own = before.take_while(move |&at| {
            self.depths[at] >= depth && !(self.depths[at] == depth && self.is(at, &BETWEEN_QUERIES))
        });
        own.filter(move |&at| self.depths[at] == depth).filter_map(|at| Some((at, self.clause(at)?)))
    }
}

/// GROUP, ORDER and PARTITION whose BY was forgotten.
pub(super) fn without_by(typed: &Typed<'_>) -> Option<Slip> {
    let word = typed.word(typed.at)?.to_uppercase();
    let has_by = typed.is(typed.at + 1, &["BY"]);
    if !["GROUP", "ORDER", "PARTITION"].contains(&word.as_str()) || has_by {
        return None;
    }
    let of = typed.glued(typed.at + 1);
    let of = if of.is_empty() { "…" } else { &of };
    typed.slip(typed.at, format!("{word} has no BY"), format!("{word} BY {of}"))
}

/// A part that stands behind one that it comes before, or is there already.
pub(super) fn order(typed: &Typed<'_>) -> Option<Slip> {
    let name = |clause: usize| match CLAUSES[clause] {
        word @ ("GROUP" | "ORDER") => format!("{word} BY"),
        word => word.to_owned(),
    };
    let this = typed.clause(typed.at)?;
    let (_, last) = typed.clauses_before(typed.at).find(|(_, other)| *other >= this)?;
    if last > this {
        return typed.slip(typed.at, format!("{} stands behind {}", name(this), name(last)), ORDER);
    }
    let hint = match CLAUSES[this] {
        "WHERE" | "HAVING" | "QUALIFY" => "conditions are joined with AND or OR",
        "FROM" => "tables are joined: FROM a JOIN b ON …",
        "SELECT" => "a query within another is in parentheses",
        "GROUP" | "ORDER" => "columns are separated by commas",
        _ => "leave one of them out",
    };
    typed.slip(typed.at, format!("there are two {}", name(this)), hint)
}

/// A CASE without its END, or a WHEN without its THEN. The parser takes CASE for a name then, and blames what follows.
pub(super) fn case(typed: &Typed<'_>) -> Option<Slip> {
    const HINT: &str = "CASE WHEN … THEN … ELSE … END";
    let mut open: Vec<usize> = Vec::new();
    let mut when: Option<usize> = None;
    for index in 0..typed.tokens.len() {
        if typed.is(index, &["CASE"]) {
            open.push(index);
        } else if open.is_empty() {
            continue;
        } else if typed.is(index, &["THEN"]) {
            when = None;
        } else if typed.is(index, &["WHEN", "ELSE", "END"]) {
            if let Some(when) = when.filter(|&when| when <= typed.at) {
                return typed.slip(when, "WHEN has no THEN", HINT);
            }
            when = typed.is(index, &["WHEN"]).then_some(index);
            if typed.is(index, &["END"]) {
                open.pop();
            }
        }
    }
    let &case = open.last().filter(|&&case| case < typed.at)?;
    typed.slip(case, "CASE has no END", HINT)
}
