//! What a WHERE clause means for a scan: targets to leave out, names to look up, and rows to drop from each batch.
//!
//! No I/O: everything here is a function of the expressions and of what is known without asking.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::cast::as_boolean_array;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, Operator};
use datafusion::physical_expr::expressions::{BinaryExpr, Column, InListExpr, Literal};
use datafusion::physical_expr::utils::{
    Guarantee, LiteralGuarantee, collect_columns, conjunction, reassign_expr_columns, split_conjunction,
};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use datafusion::physical_plan::filter::batch_filter;

/// The filters of a scan, all of which must hold; their columns are those of the whole table.
#[derive(Debug, Clone, Default)]
pub struct Predicate {
    conjuncts: Vec<Arc<dyn PhysicalExpr>>,
    keys: Vec<Keys>,
}

/// What a join on several columns says of them: all at once, `struct(name, region) IN (…)`.
#[derive(Debug, Clone)]
struct Keys {
    keys: Vec<Arc<dyn PhysicalExpr>>,
    rows: Vec<Vec<ScalarValue>>,
}

impl Keys {
    fn of(conjunct: &Arc<dyn PhysicalExpr>) -> Option<Self> {
        let list = conjunct.downcast_ref::<InListExpr>().filter(|list| !list.negated())?;
        let keys = list.expr().downcast_ref::<ScalarFunctionExpr>().filter(|keys| keys.name() == "struct")?;
        let row = |item: &Arc<dyn PhysicalExpr>| match item.downcast_ref::<Literal>()?.value() {
            ScalarValue::Struct(row) => {
                row.columns().iter().map(|cell| ScalarValue::try_from_array(cell, 0).ok()).collect()
            }
            _ => None,
        };
        let rows = list.list().iter().map(row).collect::<Option<_>>()?;
        Some(Self { keys: keys.args().to_vec(), rows })
    }

    /// The values of a key in the rows that have these texts in columns that are known, NULL aside, which no join finds.
    fn values<'a>(
        &'a self,
        key: usize,
        known: &'a [(&str, String)],
    ) -> impl Iterator<Item = &'a ScalarValue> {
        let known: Vec<_> =
            known.iter().filter_map(|(name, text)| Some((self.place(name)?, text.as_str()))).collect();
        let is_ours = move |row: &&Vec<ScalarValue>| {
            known.iter().all(|(at, text)| row[*at].try_as_str() == Some(Some(text)))
        };
        self.rows.iter().filter(is_ours).map(move |row| &row[key]).filter(|value| !value.is_null())
    }

    /// Where a column stands among the keys, as it is.
    fn place(&self, column: &str) -> Option<usize> {
        let is_it = |key: &Arc<dyn PhysicalExpr>| {
            key.downcast_ref::<Column>().is_some_and(|found| found.name() == column)
        };
        self.keys.iter().position(is_it)
    }

    /// The texts that a column can have where others are known.
    fn texts(&self, column: &str, known: &[(&str, String)]) -> Option<BTreeSet<String>> {
        let text = |value: &ScalarValue| Some(value.try_as_str()??.to_owned());
        self.values(self.place(column)?, known).map(text).collect()
    }

    /// Which rows of one column have keys that the join found; none if no key is made of that column alone.
    fn allowed(&self, rows: &RecordBatch, known: &[(&str, String)]) -> Option<Vec<bool>> {
        let schema = rows.schema();
        let of_key = |(place, key): (usize, &Arc<dyn PhysicalExpr>)| {
            if !is_about_only(key, schema.field(0).name()) {
                return None;
            }
            let key = reassign_expr_columns(Arc::clone(key), &schema).ok()?;
            let keys = key.evaluate(rows).ok()?.into_array(rows.num_rows()).ok()?;
            let found: HashSet<&ScalarValue> = self.values(place, known).collect();
            let is_found = |row| Some(found.contains(&ScalarValue::try_from_array(&keys, row).ok()?));
            (0..rows.num_rows()).map(is_found).collect()
        };
        self.keys.iter().enumerate().filter_map(of_key).reduce(both)
    }
}

/// Whether an expression is made of one column and no other.
fn is_about_only(expr: &Arc<dyn PhysicalExpr>, column: &str) -> bool {
    let columns = collect_columns(expr);
    !columns.is_empty() && columns.iter().all(|found| found.name() == column)
}

fn both(some: Vec<bool>, others: Vec<bool>) -> Vec<bool> {
    some.into_iter().zip(others).map(|(one, other)| one && other).collect()
}

/// Whether a filter can be evaluated on a batch, the same way each time.
pub fn is_evaluable(filter: &Expr) -> bool {
    use datafusion::common::tree_node::TreeNode;
    let needs_more = |expr: &Expr| {
        matches!(
            expr,
            Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::Placeholder(_)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
        )
    };
    !filter.is_volatile() && !filter.exists(|expr| Ok(needs_more(expr))).unwrap_or(true)
}

impl Predicate {
    /// A predicate of filters over the whole table's schema.
    pub fn new(filters: impl IntoIterator<Item = Arc<dyn PhysicalExpr>>) -> Self {
        let filters: Vec<_> = filters.into_iter().collect();
        let conjuncts: Vec<_> = filters.iter().flat_map(split_conjunction).map(without_null).collect();
        let keys = conjuncts.iter().filter_map(Keys::of).collect();
        Self { conjuncts, keys }
    }

    /// Both of them.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.conjuncts.extend(other.conjuncts);
        self.keys.extend(other.keys);
        self
    }

    /// The filters, one by one.
    pub fn conjuncts(&self) -> &[Arc<dyn PhysicalExpr>] {
        &self.conjuncts
    }

    /// Whether every row passes.
    pub fn is_empty(&self) -> bool {
        self.conjuncts.is_empty()
    }

    /// The columns it reads, by their place in the table.
    pub fn columns(&self) -> BTreeSet<usize> {
        self.conjuncts.iter().flat_map(collect_columns).map(|column| column.index()).collect()
    }

    /// Whether a row can pass of which these columns are known to be these texts, or NULL.
    pub fn is_possible(&self, schema: &Schema, known: &[(&str, Option<&str>)]) -> bool {
        let rows = known.iter().map(|(name, text)| (*name, vec![*text])).collect::<Vec<_>>();
        self.are_possible(schema, &rows) == [true]
    }

    /// Which of some rows can pass, of which these columns are known to be these texts, or NULL. All are looked at in one
    /// go: to look at each of the values of a long list by itself takes as many times as long.
    pub fn are_possible(&self, schema: &Schema, known: &[(&str, Vec<Option<&str>>)]) -> Vec<bool> {
        let count = known.first().map_or(1, |(_, texts)| texts.len());
        let rows = || -> Result<RecordBatch> {
            let names: Vec<usize> =
                known.iter().map(|(name, _)| schema.index_of(name)).collect::<Result<_, _>>()?;
            let texts = known.iter().map(|(_, texts)| Arc::new(StringArray::from(texts.clone())) as ArrayRef);
            let rows = RecordBatchOptions::new().with_row_count(Some(count));
            let schema = Arc::new(schema.project(&names)?);
            Ok(RecordBatch::try_new_with_options(schema, texts.collect(), &rows)?)
        };
        let Ok(rows) = rows() else { return vec![true; count] };
        let is_known = |conjunct: &&Arc<dyn PhysicalExpr>| {
            collect_columns(conjunct)
                .iter()
                .all(|column| known.iter().any(|(name, _)| *name == column.name()))
        };
        // What cannot be evaluated here is left to the rows, which will tell the error if there are any.
        let passing =
            self.conjuncts.iter().filter(is_known).filter_map(|conjunct| pass(conjunct, &rows).ok());
        passing.reduce(both).unwrap_or_else(|| vec![true; count])
    }

    /// The only texts that a column can have in a row that passes and has these texts in others; none if it can have any.
    pub fn texts(&self, column: &str, known: &[(&str, String)]) -> Option<BTreeSet<String>> {
        let of_joins = self.keys.iter().filter_map(|keys| keys.texts(column, known));
        of_joins.chain(self.literals().remove(column)).reduce(|some, others| &some & &others)
    }

    /// The columns that can have only some texts.
    pub fn named(&self) -> BTreeSet<String> {
        self.literals().into_keys().collect()
    }

    fn literals(&self) -> HashMap<String, BTreeSet<String>> {
        let mut literals: HashMap<String, BTreeSet<String>> = HashMap::new();
        // One by one: for a contradiction DataFusion's analysis of the whole has no guarantee to offer.
        let guarantees = self.conjuncts.iter().flat_map(LiteralGuarantee::analyze);
        for guarantee in guarantees.filter(|guarantee| guarantee.guarantee == Guarantee::In) {
            let texts: Option<BTreeSet<String>> = guarantee
                .literals
                .iter()
                .filter(|literal| !literal.is_null())
                .map(|literal| match literal {
                    ScalarValue::Utf8(text) | ScalarValue::Utf8View(text) | ScalarValue::LargeUtf8(text) => {
                        text.clone()
                    }
                    _ => None,
                })
                .collect();
            let Some(texts) = texts else { continue };
            leave(&mut literals, guarantee.column.name, texts);
        }
        for (column, texts) in self.conjuncts.iter().filter_map(list_with_null) {
            leave(&mut literals, column, texts);
        }
        literals
    }

    /// Which of some values a column can have in a row that passes and has these texts in others; none if nothing is said
    /// of it.
    pub fn allowed(&self, column: &Field, values: ArrayRef, known: &[(&str, String)]) -> Option<Vec<bool>> {
        let schema = Arc::new(Schema::new(vec![column.clone()]));
        let rows = RecordBatch::try_new(schema, vec![cast(&values, column.data_type()).ok()?]).ok()?;
        let conjuncts = self.conjuncts.iter().filter(|conjunct| is_about_only(conjunct, column.name()));
        let by_conjuncts = conjuncts.filter_map(|conjunct| pass(conjunct, &rows).ok());
        let by_joins = self.keys.iter().filter_map(|keys| keys.allowed(&rows, known));
        by_conjuncts.chain(by_joins).reduce(both)
    }

    /// The same for batches that have only some of the table's columns.
    ///
    /// # Errors
    /// When they lack one that it reads.
    pub fn over(&self, schema: &SchemaRef) -> Result<Arc<dyn PhysicalExpr>> {
        reassign_expr_columns(conjunction(self.conjuncts.iter().cloned()), schema)
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, conjunct) in self.conjuncts.iter().enumerate() {
            let and = if index > 0 { " AND " } else { "" };
            write!(f, "{and}{}", fmt_sql(conjunct.as_ref()))?;
        }
        Ok(())
    }
}

/// `x OR NULL`, which `x IN (1, NULL)` becomes, is true where x is.
fn without_null(conjunct: &Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
    let is_null = |side: &Arc<dyn PhysicalExpr>| {
        side.downcast_ref::<Literal>().is_some_and(|literal| literal.value().is_null())
    };
    match conjunct.downcast_ref::<BinaryExpr>() {
        Some(either) if *either.op() == Operator::Or && is_null(either.right()) => {
            without_null(either.left())
        }
        Some(either) if *either.op() == Operator::Or && is_null(either.left()) => {
            without_null(either.right())
        }
        _ => Arc::clone(conjunct),
    }
}

/// What `x IN ('a', NULL)` leaves of x: no row passes for the NULL, but DataFusion's analysis takes it for a value.
fn list_with_null(conjunct: &Arc<dyn PhysicalExpr>) -> Option<(String, BTreeSet<String>)> {
    let list = conjunct.downcast_ref::<InListExpr>().filter(|list| !list.negated())?;
    let column = list.expr().downcast_ref::<Column>()?.name().to_owned();
    let literals = list.list().iter().map(|item| item.downcast_ref::<Literal>().map(Literal::value));
    let text = |value: Option<&'_ ScalarValue>| match value? {
        null if null.is_null() => Some(None),
        value => Some(Some(value.try_as_str()??.to_owned())),
    };
    let texts: Vec<Option<String>> = literals.map(text).collect::<Option<_>>()?;
    texts.contains(&None).then(|| (column, texts.into_iter().flatten().collect()))
}

/// Leaves only these texts of a column.
fn leave(literals: &mut HashMap<String, BTreeSet<String>>, column: String, texts: BTreeSet<String>) {
    let left = match literals.get(&column) {
        Some(known) => known & &texts,
        None => texts,
    };
    literals.insert(column, left);
}

/// Which rows pass.
fn pass(conjunct: &Arc<dyn PhysicalExpr>, rows: &RecordBatch) -> Result<Vec<bool>> {
    let conjunct = reassign_expr_columns(Arc::clone(conjunct), rows.schema_ref())?;
    let values = conjunct.evaluate(rows)?.into_array(rows.num_rows())?;
    Ok(as_boolean_array(&values)?.iter().map(|value| value == Some(true)).collect())
}

/// The rows of a batch that pass.
///
/// # Errors
/// What the expression finds wrong with a value, such as a division by zero.
pub fn filter(batch: &RecordBatch, predicate: &Arc<dyn PhysicalExpr>) -> Result<RecordBatch> {
    batch_filter(batch, predicate)
}

#[cfg(test)]
mod tests {
    use datafusion::common::DFSchema;
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::catalog::Table;
    use crate::catalog::resources::instances::INSTANCES;

    fn predicate(sql: &str) -> Predicate {
        let context = SessionContext::new();
        let schema = DFSchema::try_from(INSTANCES.schema()).unwrap();
        let expr = context.parse_sql_expr(sql, &schema).unwrap();
        Predicate::new([context.create_physical_expr(expr, &schema).unwrap()])
    }

    fn regions(sql: &str) -> Vec<&'static str> {
        let predicate = predicate(sql);
        let schema = INSTANCES.schema();
        let is_possible = |region: &&str| {
            predicate.is_possible(&schema, &[("profile", Some("prod")), ("region", Some(region))])
        };
        ["us-east-1", "us-west-2", "eu-west-1"].into_iter().filter(is_possible).collect()
    }

    #[test]
    fn predicates_leave_targets_out() {
        for (sql, possible) in [
            ("region = 'us-east-1'", vec!["us-east-1"]),
            ("region IN ('us-east-1', 'eu-west-1', 'x')", vec!["us-east-1", "eu-west-1"]),
            ("region LIKE 'us-%' AND region <> 'us-west-2'", vec!["us-east-1"]),
            ("region = 'us-east-1' OR region = 'eu-west-1'", vec!["us-east-1", "eu-west-1"]),
            ("region = 'us-east-1' OR name = 'x'", vec!["us-east-1", "us-west-2", "eu-west-1"]),
            ("upper(region) LIKE 'EU%' AND name = 'x'", vec!["eu-west-1"]),
            ("profile = 'prod' AND region = 'eu-west-1'", vec!["eu-west-1"]),
            ("profile = 'test'", vec![]),
            ("region = NULL", vec![]),
            ("region IS NULL", vec![]),
            ("name IS NULL", vec!["us-east-1", "us-west-2", "eu-west-1"]),
        ] {
            assert_eq!(regions(sql), possible, "{sql}");
        }
    }

    #[test]
    fn equality_and_in_are_names_to_look_up() {
        let names = |sql: &str| {
            predicate(sql).texts("name", &[]).map(|names| names.into_iter().collect::<Vec<_>>().join(","))
        };
        assert_eq!(names("name = 'a'"), Some("a".into()));
        assert_eq!(names("name IN ('a', 'b') AND state = 'running'"), Some("a,b".into()));
        assert_eq!(names("name = 'a' OR name = 'b'"), Some("a,b".into()));
        assert_eq!(names("name IN ('a', 'b') AND name IN ('b', 'c')"), Some("b".into()));
        assert_eq!(names("name = 'a' OR state = 'running'"), None);
        assert_eq!(names("name <> 'a'"), None);
        assert_eq!(names("name LIKE 'a%'"), None);
        assert_eq!(names("name = 'a' AND name = 'b'"), Some(String::new()));
    }
}
