"""Where the two sides may differ: what lightsail-sql refuses with a reason, and what DuckDB answers wrongly."""

import re

# What an error of ours says where the statement is refused for a reason; its hint says how to write it.
HONEST = [
    # Of a name that USING makes one of two, in WHERE: the name of either side is asked for.
    r"Ambiguous reference to unqualified field",
    r"Conflicting ordering requirements in aggregate functions is not supported",
    # `false <> x IS NOT NULL` is `(false <> x) IS NOT NULL`, as PostgreSQL reads it.
    r"Cannot infer common argument type for comparison operation",
    r"\bhint: write\b",
    # With parse_float_as_decimal: a decimal that a reader of JSON would round is refused with the cast to write.
    r"has more digits than readers of JSON keep of a number; write it as text",
]
# Patterns of DuckDB's text, each with the reason why its answer is not the right one. None is known.
WRONG = []
# Features of the generator whose queries are left out unless `--without` says otherwise.
LEFT_OUT = ""


def honest(error):
    return any(re.search(pattern, error) for pattern in HONEST)


def of_duckdb(sql):
    return any(re.search(pattern, sql) for pattern, _ in WRONG)
