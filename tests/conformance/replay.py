"""Replays what clients of Postgres ask, from clients/*.sql: each statement over the simple and the extended protocol, in text
and in binary.

A file has statements that end with `;` and an empty line. Comments before one say what its answer must be:
  -- columns: a | b | **      its columns, by name; ** is any more of them
  -- row: instances | *       a row that begins so, with shell patterns; NULL is NULL
  -- rows: 1                  how many rows it has
  -- empty                    that it has none
  -- answered                 that it is no error, for what is as it may be
  -- tag: SET                 what its command says
  -- nothing                  that there is no statement in it
Comments behind one are its parameters: `-- $1 bigint: (SELECT oid …)`."""

import fnmatch
import pathlib
import re

import psycopg
from psycopg.pq import ExecStatus, Format

CLIENTS = pathlib.Path(__file__).parent / "clients"
EXPECTED = re.compile(r"-- (columns|row|rows|tag|empty|answered|nothing)(?:: (.*))?$")
PARAMETER = re.compile(r"-- \$(\d+) (\w+): (.*)$")
OIDS = {"bigint": 20, "oid": 26, "varchar": 1043, "timestamptz": 1184}


class Statement:
    def __init__(self, sql, expected):
        self.sql, self.expected, self.parameters = sql, expected, []


def statements(path):
    """The statements of a file."""
    found, expected, lines = [], [], []
    for line in path.read_text().splitlines():
        if not lines and (parameter := PARAMETER.match(line)):
            found[-1].parameters.append((parameter[2], parameter[3]))
        elif not lines and (said := EXPECTED.match(line)):
            expected.append((said[1], said[2] or ""))
        elif not lines and not expected and (line.startswith("--") or not line):
            pass
        else:
            lines.append(line)
            if line.endswith(";"):
                assert expected, f"{path.name}: nothing is said of {lines}"
                found.append(Statement("\n".join(lines), expected))
                expected, lines = [], []
    assert not lines, f"{path.name}: no end of {lines}"
    return found


def all_statements():
    """Those of all files."""
    return [statement for path in sorted(CLIENTS.glob("*.sql")) for statement in statements(path)]


def cells(text):
    return [cell.strip() for cell in text.split("|")]


def is_like(cell, pattern):
    if cell is None or pattern == "NULL":
        return cell is None and pattern in ("NULL", "*")
    return fnmatch.fnmatchcase(cell, pattern)


def wrong(statement, result, is_text):
    """What is not as it must be."""
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY):
        return result.get_error_message()
    names = [result.fname(at).decode() for at in range(result.nfields)]
    rows = [[result.get_value(row, at) for at in range(result.nfields)] for row in range(result.ntuples)]
    for what, value in statement.expected:
        if what == "nothing" and result.status != ExecStatus.EMPTY_QUERY:
            return f"{result.status} and not nothing"
        if what == "tag" and result.command_status.decode() != value:
            return f"the tag {result.command_status} and not {value}"
        if what in ("empty", "rows") and len(rows) != int(value or 0):
            return f"{len(rows)} rows and not {value or 0}"
        if what == "columns":
            wanted = cells(value)
            is_open = wanted[-1] == "**"
            wanted = wanted[:-1] if is_open else wanted
            # In binary a result tells of the same columns.
            if [name.split(":")[0] for name in names][: len(wanted) if is_open else None] != wanted:
                return f"the columns {names} and not {wanted}"
        if what == "row" and is_text:
            wanted = cells(value)
            texts = [[None if cell is None else cell.decode() for cell in row] for row in rows]
            if not any(len(row) >= len(wanted) and all(map(is_like, row, wanted)) for row in texts):
                return f"no row {wanted} among {len(rows)}, such as {texts[:3]}"
        if what == "row" and not is_text and not rows:
            return "no rows in binary"
    return None


def replay(connect, names=None):
    """Replays all files; returns how many statements there are, and what is wrong with which."""
    count, failed = 0, []
    for path in sorted(CLIENTS.glob("*.sql")):
        if names and path.stem not in names:
            continue
        for way in ("simple", "text", "binary"):
            with connect() as connection:
                for statement in statements(path):
                    count += way == "simple"
                    values = []
                    for of, expression in statement.parameters:
                        # The way of psycopg, which is not what is looked at here.
                        value = connection.execute(f"SELECT CAST({expression} AS {'bigint' if of == 'oid' else of})".replace("varchar", "text")).fetchone()[0]
                        values.append((of, str(value)))
                    pgconn = connection.pgconn
                    if way == "simple":
                        sql = statement.sql
                        for number, (of, value) in reversed(list(enumerate(values, 1))):
                            literal = value if of in ("bigint", "oid") else "'" + value.replace("'", "''") + "'"
                            sql = sql.replace(f"${number}", literal)
                        result = pgconn.exec_(sql.encode())
                    else:
                        binary = Format.BINARY if way == "binary" else Format.TEXT
                        encoded = [value.encode() for _, value in values]
                        result = pgconn.exec_params(statement.sql.encode(), encoded, [OIDS[of] for of, _ in values], result_format=binary)
                    said = wrong(statement, result, way != "binary")
                    if said:
                        failed.append(f"{path.name}, {way}: {said}\n    {' '.join(statement.sql.split())[:300]}")
    return count, failed


if __name__ == "__main__":
    import sys

    count, failed = replay(lambda: psycopg.connect(sys.argv[1], autocommit=True), sys.argv[2:])
    print("\n".join(failed))
    print(f"{count} statements, {len(failed)} failures")
