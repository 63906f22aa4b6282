//! Random queries before they are text: what they are made of, and how often.
//!
//! A [`Pick`] stands for one of however many things there are where it is used: the columns in scope, the values that a
//! column has, the functions that take it. So a query is made without knowing a fleet, and shrinks to first choices.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;

pub type Pick = u16;

#[derive(Debug, Clone)]
pub struct Query {
    /// `WITH r AS (…)`, which then stands in for the first two tables.
    pub common: Option<(Pick, Option<Predicate>)>,
    pub body: Body,
    /// Sort keys and their directions, before those that make the order total; none for no ORDER BY.
    pub order: Option<Vec<(Pick, Pick)>>,
    /// LIMIT and OFFSET.
    pub limit: Option<(usize, usize)>,
}

#[derive(Debug, Clone)]
pub enum Body {
    Select(Select),
    Union { all: bool, arms: Vec<Select> },
}

#[derive(Debug, Clone)]
pub struct Select {
    pub distinct: bool,
    pub source: Source,
    pub joins: Vec<Join>,
    pub predicate: Option<Predicate>,
    pub output: Output,
}

#[derive(Debug, Clone)]
pub enum Source {
    Table(Pick),
    /// `(SELECT * FROM … WHERE … ORDER BY … LIMIT …)`.
    Derived {
        table: Pick,
        predicate: Option<Predicate>,
        limit: Option<usize>,
    },
    /// `(VALUES …)`, a list of regions, names or arns that one of the other columns has.
    Values {
        column: Pick,
        literals: Vec<Literal>,
    },
    /// `(SELECT DISTINCT … FROM … WHERE …)`, such a list out of another table.
    List {
        table: Pick,
        column: Pick,
        predicate: Predicate,
    },
}

#[derive(Debug, Clone)]
pub struct Join {
    pub source: Source,
    pub kind: Pick,
    pub link: Pick,
    pub using: bool,
    /// What ON asks beyond the link.
    pub extra: Option<Predicate>,
}

#[derive(Debug, Clone)]
pub enum Output {
    Star,
    Items(Vec<Item>),
    /// The columns of all tables that say where a row is from: those that have the same names.
    Keys,
    /// So many columns of text: what the arms of a union have in common.
    Texts([Pick; 2]),
    Grouped {
        by: Vec<Term>,
        aggregates: Vec<(Pick, Term)>,
        having: Option<Pick>,
    },
}

#[derive(Debug, Clone)]
pub enum Item {
    Term(Term),
    Case(Predicate, Term),
    Truth(Predicate),
    Window(Term),
    /// A correlated `(SELECT count(*) …)`.
    Count(Sub),
}

/// Something with a value: a column, or a function of one.
#[derive(Debug, Clone)]
pub enum Term {
    /// A column that says where a row is from: profile, region, a name, an arn. These are what a scan can use.
    Key(Pick),
    Column(Pick),
    Function {
        function: Pick,
        column: Pick,
    },
}

#[derive(Debug, Clone)]
pub enum Literal {
    /// One that the column has.
    Value(Pick),
    /// One that it has not, most likely.
    Odd(Pick),
    Null,
}

/// A table in a subquery, how it hangs together with the query around it, and which of its rows count.
#[derive(Debug, Clone)]
pub struct Sub {
    pub table: Pick,
    pub link: Pick,
    pub predicate: Option<Box<Predicate>>,
}

#[derive(Debug, Clone)]
pub enum Predicate {
    /// A column of one role is one of a few values: what a scan takes for targets and names to look up.
    From {
        role: Pick,
        column: Pick,
        literals: Vec<Literal>,
    },
    Compare {
        term: Term,
        operator: Pick,
        literal: Literal,
    },
    In {
        term: Term,
        not: bool,
        literals: Vec<Literal>,
    },
    Like {
        term: Term,
        operator: Pick,
        value: Literal,
        pattern: Pick,
    },
    IsNull {
        term: Term,
        not: bool,
    },
    Between {
        term: Term,
        not: bool,
        low: Literal,
        high: Literal,
    },
    Columns {
        left: Term,
        operator: Pick,
        right: Pick,
    },
    Has {
        column: Pick,
        form: Pick,
        literal: Literal,
    },
    Flag {
        column: Pick,
        test: Pick,
    },
    Constant(Pick),
    Exists {
        not: bool,
        sub: Sub,
    },
    InSelect {
        not: bool,
        sub: Sub,
    },
    Count {
        sub: Sub,
        operator: Pick,
        count: u8,
    },
    Extreme {
        term: Term,
        operator: Pick,
        function: Pick,
        sub: Sub,
    },
    Not(Box<Predicate>),
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
}

fn pick() -> impl Strategy<Value = Pick> + Clone {
    any::<Pick>()
}

fn term() -> impl Strategy<Value = Term> + Clone {
    prop_oneof![
        5 => pick().prop_map(Term::Key),
        4 => pick().prop_map(Term::Column),
        2 => (pick(), pick()).prop_map(|(function, column)| Term::Function { function, column }),
    ]
}

fn literal() -> impl Strategy<Value = Literal> + Clone {
    prop_oneof![
        8 => pick().prop_map(Literal::Value),
        2 => pick().prop_map(Literal::Odd),
        1 => Just(Literal::Null),
    ]
}

/// A predicate on the columns in scope.
fn plain() -> BoxedStrategy<Predicate> {
    let leaf = prop_oneof![
        8 => (term(), pick(), literal())
            .prop_map(|(term, operator, literal)| Predicate::Compare { term, operator, literal }),
        5 => (term(), any::<bool>(), vec(literal(), 1..6))
            .prop_map(|(term, not, literals)| Predicate::In { term, not, literals }),
        3 => (term(), pick(), literal(), pick())
            .prop_map(|(term, operator, value, pattern)| Predicate::Like { term, operator, value, pattern }),
        2 => (term(), any::<bool>()).prop_map(|(term, not)| Predicate::IsNull { term, not }),
        2 => (term(), any::<bool>(), literal(), literal())
            .prop_map(|(term, not, low, high)| Predicate::Between { term, not, low, high }),
        1 => (term(), pick(), pick())
            .prop_map(|(left, operator, right)| Predicate::Columns { left, operator, right }),
        2 => (pick(), pick(), literal())
            .prop_map(|(column, form, literal)| Predicate::Has { column, form, literal }),
        1 => (pick(), pick()).prop_map(|(column, test)| Predicate::Flag { column, test }),
        1 => pick().prop_map(Predicate::Constant),
    ];
    nested(leaf.boxed())
}

fn nested(leaf: BoxedStrategy<Predicate>) -> BoxedStrategy<Predicate> {
    let several = |inner: BoxedStrategy<Predicate>| vec(inner, 2..4);
    leaf.prop_recursive(2, 4, 2, move |inner| {
        prop_oneof![
            1 => inner.clone().prop_map(|predicate| Predicate::Not(Box::new(predicate))),
            3 => several(inner.clone()).prop_map(Predicate::And),
            3 => several(inner).prop_map(Predicate::Or),
        ]
    })
    .boxed()
}

fn sub() -> impl Strategy<Value = Sub> {
    (pick(), pick(), weighted(0.7, prop_oneof![plain(), from().boxed()].prop_map(Box::new)))
        .prop_map(|(table, link, predicate)| Sub { table, link, predicate })
}

fn from() -> impl Strategy<Value = Predicate> {
    (pick(), pick(), vec(literal(), 1..6)).prop_map(|(role, column, literals)| Predicate::From {
        role,
        column,
        literals,
    })
}

/// A predicate that may ask other tables too.
fn predicate() -> BoxedStrategy<Predicate> {
    let asking = prop_oneof![
        (any::<bool>(), sub()).prop_map(|(not, sub)| Predicate::Exists { not, sub }),
        (any::<bool>(), sub()).prop_map(|(not, sub)| Predicate::InSelect { not, sub }),
        (sub(), pick(), 0u8..4).prop_map(|(sub, operator, count)| Predicate::Count { sub, operator, count }),
        (term(), pick(), pick(), sub()).prop_map(|(term, operator, function, sub)| Predicate::Extreme {
            term,
            operator,
            function,
            sub
        }),
    ]
    .boxed();
    let and = |one, other| (one, other).prop_map(|(one, other)| Predicate::And(vec![one, other]));
    prop_oneof![
        5 => plain(),
        2 => from(),
        1 => and(from().boxed(), plain()),
        1 => and(from().boxed(), asking.clone()),
        1 => and(asking.clone(), plain()),
        1 => (asking, plain(), any::<bool>()).prop_map(|(asking, plain, not)| {
            let either = Predicate::Or(vec![asking, plain]);
            if not { Predicate::Not(Box::new(either)) } else { either }
        }),
    ]
    .boxed()
}

fn source() -> impl Strategy<Value = Source> {
    let size = prop_oneof![0usize..4, 4usize..50];
    prop_oneof![
        8 => pick().prop_map(Source::Table),
        2 => (pick(), weighted(0.7, prop_oneof![plain(), from().boxed()]), weighted(0.6, size))
            .prop_map(|(table, predicate, limit)| Source::Derived { table, predicate, limit }),
        1 => values(6),
        1 => list(),
    ]
}

fn values(most: usize) -> impl Strategy<Value = Source> {
    (pick(), vec(literal(), 1..=most)).prop_map(|(column, literals)| Source::Values { column, literals })
}

fn list() -> impl Strategy<Value = Source> {
    (pick(), pick(), prop_oneof![plain(), from().boxed()])
        .prop_map(|(table, column, predicate)| Source::List { table, column, predicate })
}

fn join() -> impl Strategy<Value = Join> {
    (source(), pick(), pick(), any::<bool>(), weighted(0.25, plain()))
        .prop_map(|(source, kind, link, using, extra)| Join { source, kind, link, using, extra })
}

/// Two joins to four, most of them to tables, the last to a list of what a column may be: a filter that every other table
/// might be left rows out by.
fn chain() -> impl Strategy<Value = Select> {
    let table = || pick().prop_map(Source::Table);
    let join = |source: BoxedStrategy<Source>| {
        // Most of them inner joins: the others have rows where nothing fits.
        let kind = prop_oneof![4 => Just(0), 1 => pick()];
        (source, kind, pick(), any::<bool>(), weighted(0.05, plain()))
            .prop_map(|(source, kind, link, using, extra)| Join { source, kind, link, using, extra })
    };
    let middle = prop_oneof![4 => table().boxed(), 1 => source().boxed()].boxed();
    let end = prop_oneof![3 => values(40).boxed(), 1 => list().boxed(), 1 => source().boxed()].boxed();
    let output = prop_oneof![3 => Just(Output::Keys), 1 => output()];
    (table(), vec(join(middle), 1..=3), join(end), weighted(0.1, predicate()), output).prop_map(
        |(source, mut joins, end, predicate, output)| {
            joins.push(end);
            Select { distinct: false, source, joins, predicate, output }
        },
    )
}

fn output() -> impl Strategy<Value = Output> {
    let item = prop_oneof![
        8 => term().prop_map(Item::Term),
        1 => (plain(), term()).prop_map(|(predicate, term)| Item::Case(predicate, term)),
        1 => plain().prop_map(Item::Truth),
        1 => term().prop_map(Item::Window),
        1 => sub().prop_map(Item::Count),
    ];
    let aggregates = vec((pick(), term()), 1..4);
    prop_oneof![
        1 => Just(Output::Star),
        5 => vec(item, 1..5).prop_map(Output::Items),
        2 => (vec(term(), 0..3), aggregates, weighted(0.3, pick()))
            .prop_map(|(by, aggregates, having)| Output::Grouped { by, aggregates, having }),
    ]
}

fn select(output: impl Strategy<Value = Output>, most_joins: usize) -> impl Strategy<Value = Select> {
    (any::<u8>(), source(), vec(join(), 0..=most_joins), weighted(0.75, predicate()), output).prop_map(
        |(distinct, source, joins, predicate, output)| Select {
            distinct: distinct >= 220,
            source,
            joins,
            predicate,
            output,
        },
    )
}

/// Any query.
pub fn query() -> impl Strategy<Value = Query> {
    let texts = || [pick(), pick()].prop_map(Output::Texts);
    let body = prop_oneof![
        4 => select(output(), 0).prop_map(Body::Select),
        3 => select(output(), 1).prop_map(Body::Select),
        1 => select(output(), 2).prop_map(Body::Select),
        3 => chain().prop_map(Body::Select),
        1 => (any::<bool>(), vec(select(texts(), 1), 1..4)).prop_map(|(all, arms)| Body::Union { all, arms }),
    ];
    let common = weighted(0.1, (pick(), weighted(0.8, plain())));
    let order = weighted(0.35, vec((pick(), pick()), 0..3));
    let limit =
        weighted(0.4, (prop_oneof![0usize..5, 5usize..70], prop_oneof![2 => Just(0), 1 => 0usize..30]));
    (common, body, order, limit).prop_map(|(common, body, order, limit)| Query { common, body, order, limit })
}
