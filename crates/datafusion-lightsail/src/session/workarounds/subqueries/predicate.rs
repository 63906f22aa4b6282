//! Truth values: subqueries inside of expressions, and where NULL need not be told from false.

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, ScalarValue};
use std::sync::Arc;

use datafusion::logical_expr::expr::{Alias, Case, Exists, InList, InSubquery, SetComparison, SetQuantifier};
use datafusion::logical_expr::{BinaryExpr, Expr, JoinType, LogicalPlan, Operator, lit};

use super::source::outer_refs;
use super::{Joins, has_subquery};

/// How much of a truth value is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// All three values are told apart.
    Exact,
    /// NULL is as good as false, as at the top of WHERE.
    NullIsFalse,
    /// NULL is as good as true, as below the NOT of a WHERE.
    NullIsTrue,
}

impl Truth {
    fn negated(self) -> Self {
        match self {
            Truth::Exact => Truth::Exact,
            Truth::NullIsFalse => Truth::NullIsTrue,
            Truth::NullIsTrue => Truth::NullIsFalse,
        }
    }
}

/// A question whether a row of a subquery compares with an expression: `expr IN (…)`, `expr < ANY (…)` and the like.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) expr: Expr,
    pub(super) op: Operator,
    pub(super) subquery: Arc<LogicalPlan>,
    pub(super) negated: bool,
}

impl Member {
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Not(inner) => Self::of(inner).map(|member| Self { negated: !member.negated, ..member }),
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => Some(Self {
                expr: expr.as_ref().clone(),
                op: Operator::Eq,
                subquery: Arc::clone(&subquery.subquery),
                negated: *negated,
            }),
            // Parentheses more than needed: DataFusion's simplifier takes it for a subquery as well.
            Expr::InList(InList { expr, list, negated }) => match list.as_slice() {
                [Expr::ScalarSubquery(subquery)] => Some(Self {
                    expr: expr.as_ref().clone(),
                    op: Operator::Eq,
                    subquery: Arc::clone(&subquery.subquery),
                    negated: *negated,
                }),
                _ => None,
            },
            Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
                let is_all = *quantifier == SetQuantifier::All;
                // `> ALL` is `NOT <= ANY`, with the same NULLs.
                let opposite = match op {
                    Operator::Eq => Operator::NotEq,
                    Operator::NotEq => Operator::Eq,
                    Operator::Lt => Operator::GtEq,
                    Operator::LtEq => Operator::Gt,
                    Operator::Gt => Operator::LtEq,
                    Operator::GtEq => Operator::Lt,
                    _ => return None,
                };
                Some(Self {
                    expr: expr.as_ref().clone(),
                    op: if is_all { opposite } else { *op },
                    subquery: Arc::clone(&subquery.subquery),
                    negated: is_all,
                })
            }
            _ => None,
        }
    }
}

/// Moves NOT down to the subqueries, so that each stands in a conjunct of its own if it can.
pub(super) fn normal_form(expr: Expr, truth: Truth) -> Expr {
    if !has_subquery(&expr) {
        return match truth {
            Truth::NullIsFalse if is_null(&expr) => lit(false),
            Truth::NullIsTrue if is_null(&expr) => lit(true),
            _ => expr,
        };
    }
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
            connect(normal_form(*left, truth), op, normal_form(*right, truth))
        }
        Expr::Not(inner) => match *inner {
            Expr::Not(inner) => normal_form(*inner, truth),
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let op = if op == Operator::And { Operator::Or } else { Operator::And };
                let negated = |side: Box<Expr>| normal_form(Expr::Not(side), truth);
                connect(negated(left), op, negated(right))
            }
            Expr::Exists(Exists { subquery, negated }) => {
                Expr::Exists(Exists { subquery, negated: !negated })
            }
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                Expr::InSubquery(InSubquery { expr, subquery, negated: !negated })
            }
            other => Expr::Not(Box::new(other)),
        },
        other => other,
    }
}

/// Whether an expression is NULL in all rows, cast or negated as it may be.
fn is_null(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(value, _) => value.is_null(),
        Expr::Cast(cast) => is_null(&cast.expr),
        Expr::Not(inner) => is_null(inner),
        _ => false,
    }
}

/// `left AND right` or `left OR right`, without what is always true or always false.
fn connect(left: Expr, op: Operator, right: Expr) -> Expr {
    let (absorbing, neutral) = (lit(op == Operator::Or), lit(op == Operator::And));
    if left == absorbing || right == absorbing {
        absorbing
    } else if left == neutral {
        right
    } else if right == neutral {
        left
    } else {
        Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
    }
}

impl Joins {
    /// An expression whose subqueries are columns that are joined to `plan`.
    pub(super) fn embed(&mut self, plan: &mut LogicalPlan, expr: Expr, truth: Truth) -> Result<Expr> {
        if !has_subquery(&expr) {
            return Ok(expr);
        }
        if let Some(mut member) = Member::of(&expr) {
            member.expr = self.embed(plan, member.expr, Truth::Exact)?;
            let truth = if member.negated { truth.negated() } else { truth };
            let is_in = self.membership(plan, &member, truth)?;
            return Ok(if member.negated { Expr::Not(Box::new(is_in)) } else { is_in });
        }
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let left = self.embed(plan, *left, truth)?;
                Ok(connect(left, op, self.embed(plan, *right, truth)?))
            }
            Expr::Not(inner) => Ok(Expr::Not(Box::new(self.embed(plan, *inner, truth.negated())?))),
            Expr::IsTrue(inner) => {
                Ok(Expr::IsTrue(Box::new(self.embed(plan, *inner, Truth::NullIsFalse)?)))
            }
            Expr::IsNotTrue(inner) => {
                Ok(Expr::IsNotTrue(Box::new(self.embed(plan, *inner, Truth::NullIsFalse)?)))
            }
            Expr::Alias(Alias { expr, relation, name, metadata, .. }) => {
                let expr = self.embed(plan, *expr, truth)?;
                Ok(Expr::Alias(Alias::new(expr, relation, name).with_metadata(metadata)))
            }
            Expr::Exists(Exists { subquery, negated }) => {
                let source = self.source(plan, &subquery.subquery, false)?;
                let mark = source.mark();
                *plan = source.joined(plan.clone(), JoinType::LeftMark)?;
                Ok(if negated { Expr::Not(Box::new(mark)) } else { mark })
            }
            Expr::ScalarSubquery(subquery) if !outer_refs(&subquery).is_empty() => self.value(plan, subquery),
            other => {
                let child = |child: Expr| self.embed(plan, child, Truth::Exact).map(Transformed::yes);
                other.map_children(child).data()
            }
        }
    }

    /// Whether a row compares, by marks: true if one does, else NULL if one may, else false.
    fn membership(&mut self, plan: &mut LogicalPlan, member: &Member, truth: Truth) -> Result<Expr> {
        let found = self.matches(plan, member)?;
        let is_found = found.mark();
        *plan = found.joined(plan.clone(), JoinType::LeftMark)?;
        if truth == Truth::NullIsFalse {
            return Ok(is_found);
        }
        let mut is_unknown = None;
        for source in self.unknown(plan, member)? {
            let mark = source.mark();
            *plan = source.joined(plan.clone(), JoinType::LeftMark)?;
            is_unknown = Some(is_unknown.map_or_else(|| mark.clone(), |known: Expr| known.or(mark.clone())));
        }
        let Some(is_unknown) = is_unknown else { return Ok(is_found) };
        if truth == Truth::NullIsTrue {
            return Ok(is_found.or(is_unknown));
        }
        let null = Expr::Literal(ScalarValue::Boolean(None), None);
        let cases = vec![(Box::new(is_found), Box::new(lit(true))), (Box::new(is_unknown), Box::new(null))];
        Ok(Expr::Case(Case::new(None, cases, Some(Box::new(lit(false))))))
    }
}
