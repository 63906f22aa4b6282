"""PEP 249, and pandas.read_sql through it."""

import datetime
import warnings

import pandas
import pytest
from conftest import TODAY

import lightsail_sql
from lightsail_sql import dbapi


@pytest.fixture
def connection():
    with dbapi.connect(demo=True, demo_today=TODAY) as connection:
        yield connection


def test_the_module_is_what_pep_249_wants():
    assert dbapi.apilevel == "2.0" and dbapi.threadsafety == 2
    for name in ("InterfaceError", "DatabaseError"):
        assert issubclass(getattr(dbapi, name), dbapi.Error)
    for name in ("DataError", "OperationalError", "IntegrityError", "InternalError", "ProgrammingError", "NotSupportedError"):
        assert issubclass(getattr(dbapi, name), dbapi.DatabaseError)
    assert issubclass(lightsail_sql.ApiError, dbapi.OperationalError)
    assert issubclass(lightsail_sql.SqlError, dbapi.ProgrammingError)
    assert not issubclass(dbapi.Warning, dbapi.Error)


def test_a_cursor_fetches(connection):
    cursor = connection.cursor()
    assert cursor.description is None and cursor.rowcount == -1
    with pytest.raises(dbapi.InterfaceError):
        cursor.fetchone()
    cursor.execute("SELECT name, created_at, cpu_count, tags FROM instances WHERE region = $1 ORDER BY name", ["us-east-1"])
    assert [column[0] for column in cursor.description] == ["name", "created_at", "cpu_count", "tags"]
    name, created_at, cpu_count, tags = cursor.fetchone()
    assert isinstance(name, str) and isinstance(cpu_count, int) and isinstance(tags, dict)
    assert isinstance(created_at, datetime.datetime) and created_at.tzinfo == datetime.timezone.utc
    some, rest = cursor.fetchmany(3), cursor.fetchall()
    assert len(some) == 3 and rest and cursor.fetchone() is None and cursor.fetchmany() == []
    all_rows = list(connection.execute("SELECT name FROM instances WHERE region = $region", {"region": "us-east-1"}))
    assert len(all_rows) == 1 + len(some) + len(rest)
    cursor.close()
    for wrong in ("name", None):
        with pytest.raises(dbapi.Error):
            connection.execute("SELECT $1", wrong)
    with pytest.raises(dbapi.ProgrammingError):
        connection.execute("SELECT nme FROM instances")
    with pytest.raises(dbapi.NotSupportedError):
        cursor.executemany("SELECT $1", [[1]])
    connection.commit()
    connection.rollback()


def test_pandas_reads_sql(connection):
    sql = "SELECT region, count(*) AS n FROM instances WHERE state = $state GROUP BY region ORDER BY region"
    with warnings.catch_warnings():
        # pandas has tested no other than SQLAlchemy's and sqlite3's.
        warnings.simplefilter("ignore", UserWarning)
        frame = pandas.read_sql(sql, connection, params={"state": "running"})
        chunks = list(pandas.read_sql("SELECT name FROM instances", connection, chunksize=100))
    rows = connection.execute(sql, {"state": "running"}).fetchall()
    assert list(frame.itertuples(index=False, name=None)) == rows and len(rows) > 5
    assert sum(map(len, chunks)) == connection.execute("SELECT count(*) FROM instances").fetchone()[0]


def test_it_has_what_pep_249_names(fleet):
    names = "Date Time Timestamp DateFromTicks TimeFromTicks TimestampFromTicks Binary STRING BINARY NUMBER DATETIME ROWID"
    assert all(name in dbapi.__all__ for name in names.split())
    assert dbapi.TimeFromTicks(0) == dbapi.TimestampFromTicks(0).time() and dbapi.Binary(b"a") == b"a"
    kinds = (dbapi.STRING, dbapi.NUMBER, dbapi.DATETIME, dbapi.BINARY, dbapi.ROWID)
    with dbapi.Connection(fleet) as connection:
        cursor = connection.execute("SELECT 'a', 1, 1.5, count(*), now(), current_date, TIME '01:02:03', x'00', CAST(1 AS DECIMAL(9, 2)), true FROM regions")
        found = [[kind for kind in kinds if column[1] == kind] for column in cursor.description]
    times = [dbapi.DATETIME]
    assert found == [[dbapi.STRING], *[[dbapi.NUMBER]] * 3, times, times, times, [dbapi.BINARY], [dbapi.NUMBER], []]
    assert cursor.description[0][1] != dbapi.NUMBER and dbapi.STRING != dbapi.NUMBER


def test_what_is_closed_says_so(fleet):
    connection = dbapi.Connection(fleet)
    cursor, other = connection.cursor(), connection.execute("SELECT name FROM disks")
    cursor.close()
    cursor.close()
    for use in (lambda: cursor.execute("SELECT 1"), cursor.fetchone, cursor.fetchall):
        with pytest.raises(dbapi.InterfaceError, match="the cursor is closed"):
            use()
    assert other.fetchone()
    connection.close()
    connection.close()
    for use in (connection.cursor, connection.commit, connection.rollback, other.fetchone, lambda: connection.execute("SELECT 1")):
        with pytest.raises(dbapi.Error, match="the connection is closed"):
            use()
