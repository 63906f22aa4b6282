//! The types that a statement casts its parameters to: a client that leaves the type of `$1::int` to the server sends an integer.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, CastKind, DataType, Expr, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use pgwire::api::Type;

use super::request::Request;

/// The types of parameters that are cast, by their number; of one that is cast to several, none.
pub(super) fn of(sql: &str) -> BTreeMap<usize, Type> {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize() else { return BTreeMap::new() };
    let tokens: Vec<_> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let is_word = |at: usize, text: &str| {
        tokens.get(at).is_some_and(|token| token.to_string().eq_ignore_ascii_case(text))
    };
    let mut found: BTreeMap<usize, Option<Type>> = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Placeholder(name) = token else { continue };
        let Some(number) = name.strip_prefix('$').and_then(|number| number.parse().ok()) else { continue };
        let is_in_cast =
            is_word(at + 1, "as") && is_word(at.wrapping_sub(1), "(") && is_word(at.wrapping_sub(2), "cast");
        if tokens.get(at + 1) != Some(&Token::DoubleColon) && !is_in_cast {
            continue;
        }
        let rest = tokens[at + 2..].to_vec();
        let parsed = Parser::new(&PostgreSqlDialect {}).with_tokens(rest).parse_data_type();
        let Some(of) = parsed.ok().and_then(|of| pg_type(&of)) else { continue };
        let known = found.entry(number).or_insert_with(|| Some(of.clone()));
        if known.as_ref() != Some(&of) {
            *known = None;
        }
    }
    found.into_iter().filter_map(|(number, of)| Some((number, of?))).collect()
}

/// Casts the parameters that are intervals to what they are: beside a time, DataFusion takes a parameter for a time.
pub(super) fn tell_intervals(request: &mut Request, types: &[Option<Type>]) {
    struct Told<'a>(&'a [Option<Type>]);
    impl VisitorMut for Told<'_> {
        type Break = ();

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Value(value) = expr
                && let Value::Placeholder(name) = &value.value
                && let Some(number) = name.strip_prefix('$').and_then(|number| number.parse::<usize>().ok())
                && let Some(Some(Type::INTERVAL)) = number.checked_sub(1).and_then(|at| self.0.get(at))
            {
                *expr = Expr::Cast {
                    kind: CastKind::Cast,
                    expr: Box::new(expr.clone()),
                    data_type: DataType::Interval { fields: None, precision: None },
                    format: None,
                    array: false,
                };
            }
            ControlFlow::Continue(())
        }
    }
    if !types.contains(&Some(Type::INTERVAL)) {
        return;
    }
    match request {
        Request::Rows(statement) => {
            let mut ast = &mut statement.ast;
            while let Ast::Explain(explain) = ast {
                ast = &mut explain.statement;
            }
            if let Ast::Statement(sql) = ast {
                let _ = sql.visit(&mut Told(types));
            }
        }
        Request::Declare { query, .. } | Request::Copy { query, .. } => tell_intervals(query, types),
        _ => {}
    }
}

/// The type of Postgres that SQL calls so.
fn pg_type(of: &DataType) -> Option<Type> {
    if let DataType::Array(item) = of {
        let item = match item {
            ArrayElemTypeDef::SquareBracket(item, _) => pg_type(item)?,
            _ => return None,
        };
        return Some(match item {
            Type::BOOL => Type::BOOL_ARRAY,
            Type::INT2 => Type::INT2_ARRAY,
            Type::INT4 => Type::INT4_ARRAY,
            Type::INT8 => Type::INT8_ARRAY,
            Type::FLOAT4 => Type::FLOAT4_ARRAY,
            Type::FLOAT8 => Type::FLOAT8_ARRAY,
            Type::NUMERIC => Type::NUMERIC_ARRAY,
            Type::TEXT => Type::TEXT_ARRAY,
            Type::VARCHAR => Type::VARCHAR_ARRAY,
            Type::DATE => Type::DATE_ARRAY,
            Type::TIMESTAMP => Type::TIMESTAMP_ARRAY,
            Type::TIMESTAMPTZ => Type::TIMESTAMPTZ_ARRAY,
            Type::OID => Type::OID_ARRAY,
            _ => return None,
        });
    }
    let name = of.to_string().to_ascii_lowercase();
    // Without its precision: `numeric(10,2)`, `timestamp(3) with time zone`.
    let name = match (name.find('('), name.find(')')) {
        (Some(begin), Some(end)) => format!("{}{}", &name[..begin], &name[end + 1..]),
        _ => name,
    };
    Some(match name.as_str() {
        "bool" | "boolean" => Type::BOOL,
        "smallint" | "int2" => Type::INT2,
        "int" | "integer" | "int4" => Type::INT4,
        "bigint" | "int8" => Type::INT8,
        "real" | "float4" => Type::FLOAT4,
        "double" | "double precision" | "float" | "float8" => Type::FLOAT8,
        "numeric" | "decimal" | "dec" => Type::NUMERIC,
        "text" | "string" => Type::TEXT,
        "varchar" | "character varying" | "char varying" => Type::VARCHAR,
        "date" => Type::DATE,
        "time" | "time without time zone" => Type::TIME,
        "timestamp" | "timestamp without time zone" => Type::TIMESTAMP,
        "timestamptz" | "timestamp with time zone" => Type::TIMESTAMPTZ,
        "interval" => Type::INTERVAL,
        "bytea" => Type::BYTEA,
        "json" => Type::JSON,
        "jsonb" => Type::JSONB,
        "uuid" => Type::UUID,
        "oid" => Type::OID,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_of_the_type_that_it_is_cast_to() {
        let sql = "SELECT $1::int, CAST($2 AS double precision), $3::timestamp(3) with time zone, $4, $5::text::int, \
                   $6::int[], $7::int, $7::text, '$8::int', $9::numeric(10, 2) + 1, $10::nothing, cast($11 as varchar(3))";
        let found = of(sql);
        let expected = [
            (1, Type::INT4),
            (2, Type::FLOAT8),
            (3, Type::TIMESTAMPTZ),
            (5, Type::TEXT),
            (6, Type::INT4_ARRAY),
            (9, Type::NUMERIC),
            (11, Type::VARCHAR),
        ];
        assert_eq!(found, BTreeMap::from(expected));
    }
}
