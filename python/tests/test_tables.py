"""Every table has the same values in every library as in the program's own JSON."""

import datetime
import decimal
import json
import math
import subprocess

import duckdb
import pandas
import polars
import pyarrow
import pytest
from conftest import BINARY, TODAY

import lightsail_sql

with lightsail_sql.connect(demo=True, demo_today=TODAY) as _fleet:
    TABLES = [name for name, *_ in _fleet.tables()]


@pytest.fixture(scope="module")
def fleet():
    # Each library reads the pages that the first has asked for.
    with lightsail_sql.connect(demo=True, demo_today=TODAY, cache_ttl="1h") as connection:
        yield connection


def statement(table):
    # One region, whose rows come in the order of pages: two readings have the same.
    # A hundred instances have a million values: one will do.
    some = " AND instance_name = 'db-prod-0001'" if table == "instance_metrics" else ""
    # What is asked by default ends at the time of day, which goes on between two readings.
    day = " AND timestamp >= '2025-12-30T00:00:00Z' AND timestamp < '2025-12-31T00:00:00Z'" if table.endswith("_metrics") else ""
    return f"SELECT * FROM {table} WHERE region = 'us-east-1'{some}{day}"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The rows of each table as the program writes them."""
    folder = tmp_path_factory.mktemp("json")
    queries = folder / "queries"
    queries.mkdir()
    for table in TABLES:
        (queries / f"{table}.sql").write_text(statement(table) + ";\n")
    command = [BINARY, "--demo", "--demo-today", TODAY, "-q", "--format", "json", "-o", str(folder / "out"), str(queries)]
    (folder / "out").mkdir()
    subprocess.run(command, check=True, capture_output=True)
    return {table: json.loads((folder / "out" / f"{table}.json").read_text()) for table in TABLES}


def plain(value):
    """A value as JSON has it."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=None)
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def maps(rows, schema):
    """Maps that come as lists of pairs, or of keys and values, as dicts."""
    names = [field.name for field in schema if pyarrow.types.is_map(field.type)]
    for row in rows:
        for name in names:
            value = row[name]
            if value is not None and not isinstance(value, dict):
                pairs = [(entry["key"], entry["value"]) if isinstance(entry, dict) else entry for entry in value]
                row[name] = dict(pairs)
    return rows


def test_there_are_71_tables_and_6_views():
    assert len(TABLES) == 71 + 6


def test_most_tables_have_rows(written):
    assert sum(1 for rows in written.values() if rows) > 70, [table for table, rows in written.items() if not rows]


@pytest.mark.parametrize("table", TABLES)
def test_every_library_has_the_same_values(fleet, written, table):
    result = fleet.sql(statement(table))
    expected = written[table]
    schema = pyarrow.schema(result)

    def same(rows):
        rows = [{name: plain(value) for name, value in row.items()} for row in maps(rows, schema)]
        assert rows == expected

    same([dict(zip(result.column_names, row)) for row in result.fetchall()])
    same(pyarrow.table(result).to_pylist())
    same(result.to_arrow().to_pylist())
    same(polars.DataFrame(result).to_dicts())
    same(result.to_polars().to_dicts())
    relation = duckdb.connect().from_arrow(result)
    same([dict(zip(relation.columns, row)) for row in relation.fetchall()])
    assert duckdb.sql("SELECT count(*) FROM result").fetchall() == [(len(expected),)]
    same(objects(pandas.DataFrame.from_arrow(result)))
    same(objects(result.to_pandas()))


def objects(frame):
    """The rows of a frame; what pandas has no value for is None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{name: unboxed(value) for name, value in row.items()} for row in rows]


def unboxed(value):
    if isinstance(value, pandas.Timestamp):
        return value.to_pydatetime()
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        return unboxed(value.tolist())
    if isinstance(value, dict):
        return {key: unboxed(item) for key, item in value.items()}
    return [unboxed(item) for item in value] if isinstance(value, (list, tuple)) else value
