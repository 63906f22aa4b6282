//! What a WHERE clause means for a scan: targets to leave out, names to look up, and rows to drop from each batch.
//!
//! No I/O: everything here is a function of the expressions and of what is known without asking.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::cast::as_boolean_array;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::{
    Guarantee, LiteralGuarantee, collect_columns, conjunction, reassign_expr_columns, split_conjunction,
};
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use datafusion::physical_plan::filter::batch_filter;

/// The filters of a scan, all of which must hold; their columns are those of the whole table.
#[derive(Debug, Clone, Default)]
pub struct Predicate {
    conjuncts: Vec<Arc<dyn PhysicalExpr>>,
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
        Self { conjuncts: filters.iter().flat_map(split_conjunction).cloned().collect() }
    }

    /// Both of them.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.conjuncts.extend(other.conjuncts);
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
        self.conjuncts.iter().filter(is_known).all(|conjunct| passes(conjunct, &row).unwrap_or(true))
    }

    /// The only texts that a column can have in a row that passes; none if it can have any.
    pub fn texts(&self, column: &str) -> Option<BTreeSet<String>> {
        self.literals().remove(column)
    }

    /// Whether two conjuncts ask for different values of one column, so that no row can pass.
    pub fn is_contradiction(&self) -> bool {
        self.literals().values().any(BTreeSet::is_empty)
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
            let both = match literals.get(&guarantee.column.name) {
                Some(known) => known.intersection(&texts).cloned().collect(),
                None => texts,
            };
            literals.insert(guarantee.column.name, both);
        }
        literals
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

fn passes(conjunct: &Arc<dyn PhysicalExpr>, row: &RecordBatch) -> Result<bool> {
    let conjunct = reassign_expr_columns(Arc::clone(conjunct), row.schema_ref())?;
    let value = conjunct.evaluate(row)?.into_array(1)?;
    let value = as_boolean_array(&value)?;
    Ok(value.is_valid(0) && value.value(0))
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
            predicate(sql).texts("name").map(|names| names.into_iter().collect::<Vec<_>>().join(","))
        };
        assert_eq!(names("name = 'a'"), Some("a".into()));
        assert_eq!(names("name IN ('a', 'b') AND state = 'running'"), Some("a,b".into()));
        assert_eq!(names("name = 'a' OR name = 'b'"), Some("a,b".into()));
        assert_eq!(names("name IN ('a', 'b') AND name IN ('b', 'c')"), Some("b".into()));
        assert_eq!(names("name = 'a' OR state = 'running'"), None);
        assert_eq!(names("name <> 'a'"), None);
        assert_eq!(names("name LIKE 'a%'"), None);
        assert!(predicate("name = 'a' AND name = 'b'").is_contradiction());
        assert!(!predicate("name = 'a' AND state = 'b'").is_contradiction());
    }
}
