"""Where the two sides may differ: what lightsail-sql refuses with a reason, and what DuckDB answers wrongly."""

import re

# What an error says that tells how to write the statement instead.
HONEST = [
    # Of a name that USING makes one of two, in WHERE: the name of either side is asked for.
    "Ambiguous reference to unqualified field",
    "Conflicting ordering requirements in aggregate functions is not supported",
]
# Patterns of DuckDB's text, with the reason why its answer is not the right one.
WRONG = []


def honest(error):
    return any(re.search(pattern, error) for pattern in HONEST)


def of_duckdb(sql):
    return any(re.search(pattern, sql) for pattern, _ in WRONG)
