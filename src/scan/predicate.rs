//! What a WHERE clause means for a scan: targets to leave out, names to look up, and rows to drop from each batch.
//!
//! No I/O: everything here is a function of the expressions and of what is known without asking.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::cast::as_boolean_array;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, Operator};
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, InListExpr, Literal};
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
    /// Each with its place in the rows.
    columns: Vec<(usize, String)>,
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
        let column = |(place, key): (usize, &Arc<dyn PhysicalExpr>)| {
            // A join of numbers of two widths widens the narrower ones.
            let widened = key.downcast_ref::<CastExpr>().filter(|cast| *cast.cast_type() == DataType::Int64);
            let key = widened.map_or(key, CastExpr::expr);
            Some((place, key.downcast_ref::<Column>()?.name().to_owned()))
        };
        let columns = keys.args().iter().enumerate().filter_map(column).collect();
        Some(Self { columns, rows: list.list().iter().map(row).collect::<Option<_>>()? })
    }

    /// The values that a column can have where others are known, NULL aside, which no join finds.
    fn values<'a>(&'a self, column: &str, known: &[(&str, String)]) -> Option<Vec<&'a ScalarValue>> {
        let place = |column: &str| Some(self.columns.iter().find(|(_, name)| name == column)?.0);
        let wanted = place(column)?;
        let known: Vec<_> = known.iter().filter_map(|(name, text)| Some((place(name)?, text))).collect();
        let is_ours = |row: &&Vec<ScalarValue>| {
            known.iter().all(|(at, text)| row[*at].try_as_str() == Some(Some(text.as_str())))
        };
        let values = self.rows.iter().filter(is_ours).map(|row| &row[wanted]);
        Some(values.filter(|value| !value.is_null()).collect())
    }

    fn texts(&self, column: &str, known: &[(&str, String)]) -> Option<BTreeSet<String>> {
        let text = |value: &ScalarValue| Some(value.try_as_str()??.to_owned());
        self.values(column, known)?.into_iter().map(text).collect()
    }

    fn numbers(&self, column: &str, known: &[(&str, String)]) -> Option<BTreeSet<i64>> {
        let number = |value: &ScalarValue| match value {
            ScalarValue::Int32(number) => number.map(i64::from),
            ScalarValue::Int64(number) => *number,
            _ => None,
        };
        self.values(column, known)?.into_iter().map(number).collect()
    }
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
        let row = || -> Result<RecordBatch> {
            let names: Vec<usize> =
                known.iter().map(|(name, _)| schema.index_of(name)).collect::<Result<_, _>>()?;
            let values = known.iter().map(|(_, value)| Arc::new(StringArray::from(vec![*value])) as ArrayRef);
            Ok(RecordBatch::try_new(Arc::new(schema.project(&names)?), values.collect())?)
        };
        let Ok(row) = row() else { return true };
        let is_known = |conjunct: &&Arc<dyn PhysicalExpr>| {
            collect_columns(conjunct)
                .iter()
                .all(|column| known.iter().any(|(name, _)| *name == column.name()))
        };
        // What cannot be evaluated here is left to the rows, which will tell the error if there are any.
        self.conjuncts
            .iter()
            .filter(is_known)
            .all(|conjunct| pass(conjunct, &row).map_or(true, |rows| rows == [true]))
    }

    /// The only texts that a column can have in a row that passes and has these texts in others; none if it can have any.
    pub fn texts(&self, column: &str, known: &[(&str, String)]) -> Option<BTreeSet<String>> {
        let of_joins = self.keys.iter().filter_map(|keys| keys.texts(column, known));
        of_joins.chain(self.literals().remove(column)).reduce(|some, others| &some & &others)
    }

    /// The only numbers that a join leaves of a column in a row that has these texts in others; none if it can have any.
    pub fn numbers(&self, column: &str, known: &[(&str, String)]) -> Option<BTreeSet<i64>> {
        let of_joins = self.keys.iter().filter_map(|keys| keys.numbers(column, known));
        of_joins.reduce(|some, others| &some & &others)
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

    /// Which of some values a column can have in a row that passes; none if no conjunct is about it alone.
    pub fn allowed(&self, column: &Field, values: ArrayRef) -> Option<Vec<bool>> {
        let schema = Arc::new(Schema::new(vec![column.clone()]));
        let rows = RecordBatch::try_new(schema, vec![cast(&values, column.data_type()).ok()?]).ok()?;
        let is_about_it = |conjunct: &&Arc<dyn PhysicalExpr>| {
            let columns = collect_columns(conjunct);
            !columns.is_empty() && columns.iter().all(|found| found.name() == column.name())
        };
        let conjuncts = self.conjuncts.iter().filter(is_about_it);
        conjuncts
            .filter_map(|conjunct| pass(conjunct, &rows).ok())
            .reduce(|some, others| some.into_iter().zip(others).map(|(one, other)| one && other).collect())
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
