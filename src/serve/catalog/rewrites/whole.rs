//! Statements of clients that are written anew as a whole: DataFusion plans no part of them.

/// What a statement begins with, and what answers it.
const WHOLE: &[(&str, &str)] = &[(
    // asyncpg asks so for types that it has no codec for, such as `int4[]`. There are no domains, ranges or rows of tables here;
    // a list in the answer would be a type that it asks for again.
    "WITH RECURSIVE typeinfo_tree(",
    "SELECT t.oid, n.nspname AS ns, t.typname AS name, t.typtype AS kind, CAST(NULL AS INT) AS basetype, t.typelem AS elemtype, \
     e.typdelim AS elemdelim, CAST(NULL AS INT) AS range_subtype, CAST(NULL AS TEXT) AS attrtypoids, \
     CAST(NULL AS TEXT) AS attrnames, CASE WHEN t.typelem = 0 THEN 1 ELSE 0 END AS depth, \
     CAST(NULL AS TEXT) AS basetype_name, CASE WHEN t.typelem = 0 THEN NULL ELSE format_type(t.typelem, NULL) END AS elemtype_name, \
     CAST(NULL AS TEXT) AS range_subtype_name \
     FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
     LEFT JOIN pg_catalog.pg_type e ON t.typelem <> 0 AND t.typelem = e.oid \
     WHERE t.oid = ANY($1) OR t.oid IN (SELECT typelem FROM pg_catalog.pg_type WHERE oid = ANY($1)) \
     ORDER BY depth DESC",
)];

/// The statement that answers another one, if that is one of those.
pub(in crate::serve::catalog) fn anew(sql: &str) -> &str {
    let begins = |begin: &str| {
        sql.trim_start().get(..begin.len()).is_some_and(|text| text.eq_ignore_ascii_case(begin))
    };
    WHOLE.iter().find(|(begin, _)| begins(begin)).map_or(sql, |(_, answer)| answer)
}
