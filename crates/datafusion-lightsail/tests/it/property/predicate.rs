//! Predicates as text, and the terms and literals that they are made of.

use std::sync::Arc;

use super::fleet::{Column, Kind, Role, quoted};
use super::query::{Literal, Pick, Predicate, Sub, Term};
use super::text::{Scope, Writer, choose, close, is_scalar, links, scope};

const OPERATORS: [&str; 10] =
    ["=", "=", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"];

/// Functions of one value: what they take, how they are written, what they give.
const FUNCTIONS: [(Kind, &str, Kind); 27] = [
    (Kind::Text, "upper({})", Kind::Text),
    (Kind::Text, "lower({})", Kind::Text),
    (Kind::Text, "reverse({})", Kind::Text),
    (Kind::Text, "substr({}, 1, 4)", Kind::Text),
    (Kind::Text, "split_part({}, '-', 2)", Kind::Text),
    (Kind::Text, "coalesce({}, 'none')", Kind::Text),
    (Kind::Text, "nullif({}, 'us-east-1')", Kind::Text),
    (Kind::Text, "({} || '!')", Kind::Text),
    (Kind::Text, "length({})", Kind::Number),
    (Kind::Number, "({} + 1)", Kind::Number),
    (Kind::Number, "({} % 3)", Kind::Number),
    (Kind::Number, "(- {})", Kind::Number),
    (Kind::Number, "coalesce({}, 0)", Kind::Number),
    (Kind::Number, "CAST({} AS VARCHAR)", Kind::Text),
    (Kind::Flag, "(NOT {})", Kind::Flag),
    (Kind::Flag, "coalesce({}, false)", Kind::Flag),
    (Kind::Time, "date_trunc('month', {})", Kind::Time),
    (Kind::Time, "CAST({} AS DATE)", Kind::Time),
    (Kind::Texts, "array_length({})", Kind::Number),
    (Kind::Texts, "array_to_string({}, ' ')", Kind::Text),
    (Kind::Texts, "{}[1]", Kind::Text),
    (Kind::Tags, "{}['env']", Kind::Text),
    (Kind::Tags, "{}['owner']", Kind::Text),
    (Kind::Tags, "{}['protected']", Kind::Text),
    (Kind::Tags, "cardinality({})", Kind::Number),
    (Kind::Details, "array_length({})", Kind::Number),
    (Kind::Details, "{}[1]['status']", Kind::Text),
];

const ODD_TEXTS: [&str; 16] = [
    "''",
    "'us-east-1'",
    "'US-EAST-1'",
    "'us-east-1 '",
    "'mars'",
    "'default'",
    "'web-prod-0001'",
    "'%'",
    "'_'",
    "'it''s'",
    "'\\'",
    "'東京 🗼'",
    "'e\u{301}'",
    "'\u{130}'",
    "'\u{fb00}'",
    "'\u{202e}x'",
];
const ODD_NUMBERS: [&str; 9] =
    ["0", "-1", "16", "2147483648", "-9223372036854775808", "0.5", "1e300", "'16'", "CAST('NaN' AS DOUBLE)"];
const ODD_TIMES: [&str; 5] = [
    "'2025-06-01'",
    "TIMESTAMP '2024-01-01 00:00:00'",
    "'1970-01-01T00:00:00Z'",
    "TIMESTAMP '2262-04-11T23:47:16Z'",
    "DATE '2025-01-01'",
];

/// A term as text, and what it can be compared with.
pub struct Value {
    pub sql: String,
    pub kind: Kind,
    pub values: Arc<[String]>,
    /// The function that was applied to a column, and is to a value of it.
    pub function: Option<&'static str>,
}

impl Value {
    fn of(column: &Column) -> Self {
        let Column { name, kind, values, .. } = column;
        Self { sql: name.clone(), kind: *kind, values: Arc::clone(values), function: None }
    }

    pub fn literal(&self, literal: &Literal) -> String {
        let odd: &[&str] = match self.kind {
            Kind::Number => &ODD_NUMBERS,
            Kind::Flag => &["true", "false"],
            Kind::Time => &ODD_TIMES,
            _ => &ODD_TEXTS,
        };
        match literal {
            Literal::Value(pick) if !self.values.is_empty() => {
                let value = choose(*pick, &self.values);
                self.function.map_or_else(|| value.clone(), |function| function.replace("{}", value))
            }
            Literal::Value(pick) | Literal::Odd(pick) => (*choose(*pick, odd)).to_owned(),
            Literal::Null => "NULL".to_owned(),
        }
    }
}

/// A term over the columns in scope, of a kind that fits; a column of text if there is none.
pub fn value(term: &Term, scope: &Scope, fits: &dyn Fn(Kind) -> bool) -> Value {
    let fitting = |is_wanted: &dyn Fn(&Column) -> bool| -> Vec<&Column> {
        scope.iter().filter(|column| fits(column.kind) && is_wanted(column)).collect()
    };
    let column = |pick: Pick, columns: &[&Column]| match columns {
        [] => Value::of(&scope[0]),
        columns => {
            let column: &&Column = choose(pick, columns);
            Value::of(column)
        }
    };
    match term {
        Term::Key(pick) => column(*pick, &fitting(&|column| column.role.is_some())),
        Term::Column(pick) => column(*pick, &fitting(&|_| true)),
        Term::Function { function, column: pick } => {
            let argument = choose(*pick, scope);
            let is_fitting = |(from, _, to): &&(Kind, &str, Kind)| *from == argument.kind && fits(*to);
            let functions: Vec<_> = FUNCTIONS.iter().filter(is_fitting).collect();
            if functions.is_empty() {
                return column(*pick, &fitting(&|_| true));
            }
            let &&(from, text, kind) = choose(*function, &functions);
            let sql = text.replace("{}", &argument.name);
            match (is_scalar(from), kind) {
                (true, _) => Value { sql, kind, function: Some(text), values: Arc::clone(&argument.values) },
                (false, Kind::Number) => {
                    let values = ["0", "1", "2", "3"].map(str::to_owned).into();
                    Value { sql, kind, function: None, values }
                }
                (false, _) => Value { sql, kind, function: None, values: Arc::clone(&argument.values) },
            }
        }
    }
}

impl Writer<'_> {
    /// A predicate in parentheses.
    pub fn predicate(&mut self, predicate: &Predicate, scope: &Scope) -> String {
        format!("({})", self.bare(predicate, scope))
    }

    fn bare(&mut self, predicate: &Predicate, scope: &Scope) -> String {
        let scalar = |term: &Term| value(term, scope, &is_scalar);
        let not = |not: &bool| if *not { "NOT " } else { "" };
        match predicate {
            Predicate::From { role, column, literals } => {
                let role = *choose(*role, &[Role::Name, Role::Name, Role::Region, Role::Profile, Role::Arn]);
                let columns: Vec<_> = scope.iter().filter(|column| column.role == Some(role)).collect();
                let value = columns.is_empty().then(|| Value::of(&scope[0]));
                let value = value.unwrap_or_else(|| {
                    let column: &&Column = choose(*column, &columns);
                    Value::of(column)
                });
                match &literals[..] {
                    [one] => format!("{} = {}", value.sql, value.literal(one)),
                    several => {
                        let several: Vec<String> = several.iter().map(|one| value.literal(one)).collect();
                        format!("{} IN ({})", value.sql, several.join(", "))
                    }
                }
            }
            Predicate::Compare { term, operator, literal } => {
                let value = scalar(term);
                let (literal, name) = (value.literal(literal), choose(*operator, &OPERATORS));
                match operator % 4 {
                    0 => format!("{literal} {name} {}", value.sql),
                    _ => format!("{} {name} {literal}", value.sql),
                }
            }
            Predicate::In { term, not: is_not, literals } => {
                let value = scalar(term);
                let literals: Vec<String> = literals.iter().map(|literal| value.literal(literal)).collect();
                format!("{} {}IN ({})", value.sql, not(is_not), literals.join(", "))
            }
            Predicate::Like { term, operator, value: literal, pattern } => {
                let text = value(term, scope, &|kind| kind == Kind::Text);
                let sample = Value { function: None, ..text };
                let operator =
                    choose(*operator, &["LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "~", "!~", "~*"]);
                let pattern = like(&sample.literal(literal), *pattern, operator.contains('~'));
                format!("{} {operator} {pattern}", sample.sql)
            }
            Predicate::IsNull { term, not: is_not } => {
                format!("{} IS {}NULL", value(term, scope, &|_| true).sql, not(is_not))
            }
            Predicate::Between { term, not: is_not, low, high } => {
                let value = scalar(term);
                let (low, high) = (value.literal(low), value.literal(high));
                format!("{} {}BETWEEN {low} AND {high}", value.sql, not(is_not))
            }
            Predicate::Columns { left, operator, right } => {
                let left = scalar(left);
                let right = value(&Term::Column(*right), scope, &|kind| kind == left.kind);
                if right.kind != left.kind {
                    return format!("{} IS NOT NULL", left.sql);
                }
                format!("{} {} {}", left.sql, choose(*operator, &OPERATORS), right.sql)
            }
            Predicate::Has { column, form, literal } => has(scope, *column, *form, literal),
            Predicate::Flag { column, test } => {
                let flag = value(&Term::Column(*column), scope, &|kind| kind == Kind::Flag);
                let tests = ["{}", "NOT {}", "{} IS TRUE", "{} IS NOT TRUE", "{} IS FALSE", "{} IS UNKNOWN"];
                match flag.kind {
                    Kind::Flag => choose(*test, &tests).replace("{}", &flag.sql),
                    _ => format!("{} IS NOT NULL", flag.sql),
                }
            }
            Predicate::Constant(pick) => {
                let constants = ["TRUE", "FALSE", "1 = 0", "1 = 1", "NULL = 1", "'a' < 'b'", "NULL"];
                (*choose(*pick, &constants)).to_owned()
            }
            Predicate::Exists { not: is_not, sub } => {
                self.features.insert(if *is_not { "NOT EXISTS" } else { "EXISTS" });
                let (from, condition) = self.correlated(sub, scope);
                format!("{}EXISTS (SELECT 1 FROM {from} WHERE {condition})", not(is_not))
            }
            Predicate::InSelect { not: is_not, sub } => {
                self.features.insert(if *is_not { "NOT IN (SELECT)" } else { "IN (SELECT)" });
                let (from, outer, inner, condition) = self.loose(sub, scope);
                format!("{outer} {}IN (SELECT {inner} FROM {from}{condition})", not(is_not))
            }
            Predicate::Count { sub, operator, count } => {
                self.features.insert("scalar subquery");
                format!("{} {} {count}", self.count(sub, scope), choose(*operator, &OPERATORS))
            }
            Predicate::Extreme { term, operator, function, sub } => {
                self.features.insert("scalar subquery");
                let operator: &&str = choose(*operator, &OPERATORS);
                self.extreme(&scalar(term), operator, *function, sub, scope)
            }
            Predicate::Not(inner) => format!("NOT {}", self.predicate(inner, scope)),
            Predicate::And(all) => self.joined(all, " AND ", scope),
            Predicate::Or(all) => self.joined(all, " OR ", scope),
        }
    }

    fn joined(&mut self, all: &[Predicate], by: &str, scope: &Scope) -> String {
        all.iter().map(|one| self.predicate(one, scope)).collect::<Vec<_>>().join(by)
    }

    /// A table in a subquery that is not tied to the query around it: FROM, the two columns that go together, WHERE.
    fn loose(&mut self, sub: &Sub, outer: &Scope) -> (String, String, String, String) {
        let (table, alias) = (self.table(sub.table), self.alias());
        let inner = scope(table, &alias);
        let (left, right) = choose(sub.link, &links(outer, &inner, |_| true)).clone();
        let condition = sub.predicate.as_ref().map(|predicate| self.predicate(predicate, &inner));
        let condition = condition.map(|text| format!(" WHERE {text}")).unwrap_or_default();
        (format!("{} AS {alias}", table.name), left, right, condition)
    }

    /// A comparison with the least or greatest of another table, or of its rows that hang together with this one.
    fn extreme(&mut self, left: &Value, operator: &str, function: Pick, sub: &Sub, outer: &Scope) -> String {
        let (table, alias) = (self.table(sub.table), self.alias());
        let inner = scope(table, &alias);
        let right = value(&Term::Column(sub.link), &inner, &|kind| kind == left.kind);
        if right.kind != left.kind {
            return format!("{} IS NOT NULL", left.sql);
        }
        let mut conditions: Vec<String> =
            sub.predicate.iter().map(|predicate| self.predicate(predicate, &inner)).collect();
        if function % 2 == 1 {
            let (from, to) = choose(sub.link, &close(outer, &inner)).clone();
            conditions.push(format!("{to} = {from}"));
        }
        let condition = match conditions.join(" AND ") {
            none if none.is_empty() => none,
            some => format!(" WHERE {some}"),
        };
        let function = choose(function, &["min", "max"]);
        format!(
            "{} {operator} (SELECT {function}({}) FROM {} AS {alias}{condition})",
            left.sql, right.sql, table.name
        )
    }
}

/// A pattern that has something of a text in it.
fn like(literal: &str, form: Pick, is_regex: bool) -> String {
    let text = literal.trim_matches('\'').replace("''", "'");
    let chars: Vec<char> = text.chars().filter(|c| !is_regex || c.is_alphanumeric() || *c == '-').collect();
    let part =
        |from: usize, to: usize| chars[from.min(chars.len())..to.min(chars.len())].iter().collect::<String>();
    let end = chars.len();
    let (head, tail, middle) = (part(0, 4), part(end.saturating_sub(3), end), part(2, 5));
    let form = usize::from(form) % 6;
    quoted(&match (is_regex, form) {
        (false, 0) => format!("{head}%"),
        (false, 1) => format!("%{tail}"),
        (false, 2) => format!("%{middle}%"),
        (false, 3) => format!("_{}", part(1, end)),
        (false, 4) => text,
        (false, _) => "%".to_owned(),
        (true, 0) => format!("^{head}"),
        (true, 1) => format!("{tail}$"),
        (true, 2) => format!("{middle}.*"),
        (true, 3) => format!("^{}$", part(0, end)),
        (true, _) => format!("({head}|{tail})"),
    })
}

/// A question about what is inside of a list or a map.
fn has(scope: &Scope, column: Pick, form: Pick, literal: &Literal) -> String {
    let value = value(&Term::Column(column), scope, &|kind| !is_scalar(kind));
    let (name, literal) = (&value.sql, value.literal(literal));
    let forms = match value.kind {
        Kind::Texts => vec![
            format!("array_has({name}, {literal})"),
            format!("{literal} = ANY({name})"),
            format!("array_has_any({name}, make_array('0.0.0.0/0', {literal}))"),
            format!("{name}[1] = {literal}"),
            format!("array_length({name}) > 1"),
            format!("cardinality({name}) = 0"),
            format!("{name} IS NULL"),
        ],
        Kind::Tags => vec![
            format!("{name}['env'] = {literal}"),
            format!("{name}['team'] IS NULL"),
            format!("{name}['owner'] LIKE 'Zo%'"),
            format!("array_has(map_keys({name}), 'protected')"),
            format!("array_has(map_values({name}), {literal})"),
            format!("cardinality({name}) > 2"),
        ],
        Kind::Details => vec![
            format!("{name}[1]['status'] = {literal}"),
            format!("array_length({name}) = 1"),
            format!("{name}[1]['impaired_since'] IS NULL"),
        ],
        _ => vec![format!("{name} = {literal}")],
    };
    choose(form, &forms).clone()
}
