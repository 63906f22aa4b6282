//! `diff` for people: what was added, removed and changed, table by table.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};

use crate::output::{Destination, Style, folded, paint};
use datafusion_lightsail::catalog::meaning::Tone;
use datafusion_lightsail::error::Result;
use datafusion_lightsail::visible::visible;

/// How wide a value is shown at most on a terminal; the whole of it is what machines get.
const WIDE: usize = 60;

/// The kinds of changes in the order in which they are counted: the word, the mark before a thing, and how it looks.
const KINDS: [(&str, char, Tone); 3] =
    [("added", '+', Tone::Good), ("removed", '-', Tone::Bad), ("changed", '~', Tone::Warn)];

/// How changes are shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// How many things of a table are shown; `None` is all.
    pub most: Option<usize>,
    /// Whether it is in colours.
    pub has_color: bool,
    /// The width of the screen that a person sees it on, who wants no longer line; none where it goes elsewhere.
    pub width: Option<usize>,
}

/// Writes changes as they come, each table when it is whole.
pub struct Screen {
    look: Look,
    out: Destination,
    table: Option<Table>,
    /// The number of things by what became of them.
    counts: BTreeMap<&'static str, usize>,
    tables: usize,
}

/// The changes of a table so far.
#[derive(Default)]
struct Table {
    name: String,
    counts: BTreeMap<&'static str, usize>,
    /// How many things have a change in each column.
    columns: BTreeMap<String, usize>,
    /// The thing that the last row was about.
    last: Option<String>,
    things: usize,
    lines: String,
}

impl Screen {
    /// Begins.
    pub fn new(out: Destination, look: Look) -> Self {
        Self { look, out, table: None, counts: BTreeMap::new(), tables: 0 }
    }

    /// Writes rows of the table `changes`.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn write(&mut self, changes: &RecordBatch) -> Result<()> {
        let column =
            |name: &str| changes.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let value = |column: Option<&StringArray>, row: usize| {
            column.filter(|column| column.is_valid(row)).map(|column| visible(column.value(row)).into_owned())
        };
        let [table, change, region, key, name, of, before, after] =
            ["table", "change", "region", "key", "name", "column", "before", "after"].map(column);
        for row in 0..changes.num_rows() {
            let table = value(table, row).unwrap_or_default();
            if self.table.as_ref().is_none_or(|open| open.name != table) {
                self.close()?;
                self.table = Some(Table { name: table, ..Table::default() });
            }
            let (look, Some(open)) = (self.look, &mut self.table) else { continue };
            let change = value(change, row).unwrap_or_default();
            let Some(kind) = KINDS.iter().find(|(word, ..)| *word == change) else { continue };
            let key = value(key, row).unwrap_or_default();
            let name = value(name, row).unwrap_or_else(|| key.clone());
            open.thing(*kind, key, &name, value(region, row).as_deref(), look);
            if let Some(column) = value(of, row) {
                open.column(&column, value(before, row), value(after, row), look);
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let Some(table) = self.table.take() else { return Ok(()) };
        for (kind, count) in &table.counts {
            *self.counts.entry(kind).or_default() += count;
        }
        self.tables += 1;
        self.out.send(table.text(self.look).as_bytes())
    }

    /// Writes the sum, and says how many things changed.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn end(mut self) -> Result<usize> {
        self.close()?;
        let all = self.counts.values().sum();
        let sum = match all {
            0 => "nothing changed\n".to_owned(),
            _ => format!("{} in {} table{}\n", counted(&self.counts), self.tables, plural(self.tables)),
        };
        self.out.send(sum.as_bytes())?;
        self.out.commit()?;
        Ok(all)
    }
}

impl Table {
    /// Begins a thing, unless the row before was about it.
    fn thing(
        &mut self,
        (kind, mark, tone): (&'static str, char, Tone),
        key: String,
        name: &str,
        region: Option<&str>,
        look: Look,
    ) {
        if self.last.as_ref() == Some(&key) {
            return;
        }
        self.last = Some(key);
        self.things += 1;
        *self.counts.entry(kind).or_default() += 1;
        if self.is_shown(look) {
            let place = region.map(|region| format!(" ({region})")).unwrap_or_default();
            self.lines.push_str("  ");
            paint(&format!("{mark} {name}"), Style::Tone(tone), look.has_color, &mut self.lines);
            self.lines.push_str(&place);
            self.lines.push('\n');
        }
    }

    fn is_shown(&self, look: Look) -> bool {
        look.most.is_none_or(|most| self.things <= most)
    }

    fn column(&mut self, column: &str, before: Option<String>, after: Option<String>, look: Look) {
        *self.columns.entry(column.to_owned()).or_default() += 1;
        if self.is_shown(look) {
            let [before, after] = [before, after].map(|value| shown(value, look));
            self.lines.push_str(&line(&format!("      {column}: {before} → {after}"), look));
        }
    }

    fn text(self, look: Look) -> String {
        let mut text = String::new();
        paint(&self.name, Style::Bold, look.has_color, &mut text);
        text.push_str(&format!(": {}\n", counted(&self.counts)));
        let columns: Vec<String> =
            self.columns.iter().map(|(column, count)| format!("{column} ({count})")).collect();
        if self.things > 1 && !columns.is_empty() {
            text.push_str(&line(&format!("  columns that changed: {}", columns.join(", ")), look));
        }
        text.push_str(&self.lines);
        if let Some(more) = look.most.map(|most| self.things.saturating_sub(most)).filter(|more| *more > 0) {
            text.push_str(&format!("  … and {more} more: --maxrows 0 shows all\n"));
        }
        text.push('\n');
        text
    }
}

/// `1 added, 2 changed`
fn counted(counts: &BTreeMap<&'static str, usize>) -> String {
    let parts = KINDS.iter().filter_map(|(kind, ..)| Some(format!("{} {kind}", counts.get(kind)?)));
    parts.collect::<Vec<_>>().join(", ")
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A line that fits the screen, or several.
fn line(text: &str, look: Look) -> String {
    folded(text, look.width).join("\n") + "\n"
}

/// A value as it is shown: NULL, nothing, or as much of it as is shown.
fn shown(value: Option<String>, look: Look) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(value) if value.is_empty() => "''".to_owned(),
        Some(value) if look.width.is_some() && value.chars().count() > WIDE => {
            value.chars().take(WIDE - 1).chain(['…']).collect()
        }
        Some(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;

    use super::*;

    fn screen(rows: &[[Option<&str>; 8]], most: Option<usize>) -> (String, usize) {
        let names = ["table", "change", "region", "key", "name", "column", "before", "after"];
        let column = |at: usize| rows.iter().map(|row| row[at]).collect::<StringArray>();
        let columns = names.iter().enumerate().map(|(at, name)| (*name, Arc::new(column(at)) as ArrayRef));
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)));
        let (out, bytes) = crate::output::buffer();
        let mut screen = Screen::new(out, Look { most, has_color: false, width: Some(80) });
        screen.write(&batch.unwrap()).unwrap();
        let count = screen.end().unwrap();
        (bytes.text(), count)
    }

    #[test]
    fn things_are_listed_by_table() {
        let at = Some("us-east-1");
        let rows = [
            [Some("disks"), Some("added"), at, Some("a1"), Some("data-1"), None, None, None],
            [
                Some("instances"),
                Some("changed"),
                at,
                Some("b1"),
                Some("web-1"),
                Some("state"),
                Some("running"),
                Some("stopped"),
            ],
            [
                Some("instances"),
                Some("changed"),
                at,
                Some("b1"),
                Some("web-1"),
                Some("ip"),
                Some("1.2.3.4"),
                None,
            ],
            [Some("instances"), Some("removed"), at, Some("b2"), None, None, None, None],
        ];
        let (text, count) = screen(&rows, None);
        assert_eq!(count, 3);
        let expected = "disks: 1 added\n  + data-1 (us-east-1)\n\ninstances: 1 removed, 1 changed\n  columns that changed: \
                        ip (1), state (1)\n  ~ web-1 (us-east-1)\n      state: running → stopped\n      ip: 1.2.3.4 → NULL\n  \
                        - b2 (us-east-1)\n\n1 added, 1 removed, 1 changed in 2 tables\n";
        assert_eq!(text, expected);
        let (text, count) = screen(&rows, Some(1));
        assert!(text.contains("… and 1 more") && !text.contains("- b2"), "{text}");
        assert_eq!(count, 3);
        assert_eq!(screen(&[], None), ("nothing changed\n".to_owned(), 0));
    }
}
