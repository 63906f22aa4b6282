"""Results: planned and not run, read as often as one likes, with the calls and the errors that they should have."""

import datetime
import decimal
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time
import uuid

import datafusion
import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest

import lightsail_sql
from conftest import BINARY
from lightsail_sql import ApiError, CancelledError, CredentialsError, PartialError, SqlError, UsageError


def requests(connection):
    return connection._session.demo[1]


def test_nothing_is_asked_before_rows_are_wanted(fleet):
    result = fleet.sql("SELECT name, region FROM disks WHERE region = 'us-east-1'")
    assert result.column_names == ["name", "region"] and pyarrow.schema(result).names == ["name", "region"]
    fleet.explain("SELECT * FROM instances")
    assert (requests(fleet), result.api_calls) == (0, 0)
    assert "not read yet" in repr(result)
    rows = result.fetchall()
    assert len(rows) > 5 and result.api_calls == requests(fleet) > 0
    assert result.complete and result.missing == [] and result.error is None
    assert abs(result.as_of - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=1)


@pytest.mark.parametrize(
    "read",
    [
        lambda result: pyarrow.table(result),
        lambda result: polars.DataFrame(result),
        lambda result: pandas.DataFrame.from_arrow(result),
        lambda result: duckdb.sql("SELECT * FROM result").fetchall(),
        lambda result: result.to_pandas(),
        lambda result: result.to_polars(),
        lambda result: result.fetchall(),
    ],
)
def test_a_reading_is_as_many_calls_as_it_wants(read):
    with lightsail_sql.connect(demo=True, cache_ttl=0) as fleet:
        result = fleet.sql("SELECT name FROM instances")
        read(result)
        once = requests(fleet)
        assert once == result.api_calls
        read(result)
        # By then it knows which regions there are.
        assert (requests(fleet), result.api_calls) == (2 * once - 1, once - 1)


def test_a_datafusion_session_takes_a_result(fleet):
    result = fleet.sql("SELECT name, tags FROM disks")
    context = datafusion.SessionContext()
    assert context.from_arrow(result).count() == len(result.fetchall())


def test_a_second_reading_within_the_ttl_is_no_call(fleet):
    result = fleet.sql("SELECT name FROM disks")
    first = pyarrow.table(result)
    asked = requests(fleet)
    assert pyarrow.table(result).equals(first) and polars.DataFrame(result).height == first.num_rows
    assert requests(fleet) == asked and result.api_calls == 0


def test_what_is_left_asks_for_no_more(endpoint):
    made = endpoint("--latency-ms", "50", "--instances", "2000", "--regions", "1")
    fleet = made.connect()
    result = fleet.sql("SELECT name FROM instances")
    for leave in (lambda: next(result.batches()), lambda: next(iter(pyarrow.RecordBatchReader.from_stream(result)))):
        assert leave() is not None
        asked = fleet.api_calls
        time.sleep(0.5)
        # One more was on its way.
        assert fleet.api_calls <= asked + 1 and not result._answer.is_finished


def test_a_statement_without_rows_is_done_at_once(fleet):
    done = fleet.sql("CREATE TABLE stopped AS SELECT name FROM instances WHERE state = 'stopped'")
    assert done.api_calls > 1 and done.complete and done.fetchall() == [] == done.fetchall()
    assert pyarrow.table(done).num_rows == 0
    asked = requests(fleet)
    kept = fleet.sql("SELECT * FROM stopped")
    assert kept.fetchall() and kept.complete and requests(fleet) == asked
    fleet.sql("SET lightsail.regions = 'us-west-2'")
    assert fleet.sql("SELECT DISTINCT region FROM instances").fetchall() == [("us-west-2",)]


def test_what_is_shown_asks_for_no_more(fleet, capsys):
    result = fleet.sql("SELECT name FROM instances WHERE region = 'us-east-1'")
    result.show(5)
    shown = capsys.readouterr().out
    # Which regions there are, and of six pages one or the two that were asked for beside each other.
    assert requests(fleet) <= 3 and "the first 5 rows" in shown and len(shown.splitlines()) == 8
    with pytest.raises(PartialError):
        result.complete
    page = fleet.sql("SELECT '<b>' AS tag, 1 AS n")._repr_html_()
    assert "&lt;b&gt;" in page and "1 row" in page
    assert "SqlError" not in page and "<pre>" not in page


def test_parameters_are_values(fleet):
    one = fleet.sql("SELECT $text AS a, $number AS b, $none AS c, $yes AS d", text="it's", number=7, none=None, yes=True)
    assert one.fetchall() == [("it's", 7, None, True)]
    since = datetime.datetime(2020, 1, 1)
    text = "SELECT count(*) FROM instances WHERE created_at >= $since AND state = $state"
    (count,) = fleet.sql(text, since=since, state="stopped").fetchall()[0]
    assert count == fleet.sql("SELECT count(*) FROM instances WHERE state = 'stopped'").fetchall()[0][0] > 0
    assert fleet.sql(text, since=datetime.date(2999, 1, 1), state="stopped").fetchall() == [(0,)]
    for wrong in ({"since": since}, {"since": since, "state": "x", "stat": 1}, {"since": since, "state": ["a"]}):
        with pytest.raises(UsageError) as raised:
            fleet.sql(text, **wrong)
        assert raised.value.hint


def test_parameters_of_other_packages_are_values(fleet):
    numbers = [numpy.int64(7), numpy.float32(1.5), numpy.bool_(True), numpy.str_("a"), numpy.array(3)]
    found = fleet.sql("SELECT $a, $b, $c, $d, $e", **dict(zip("abcde", numbers))).fetchall()
    assert found == [(7, 1.5, True, "a", 3)] and found[0][2] is True
    number = uuid.UUID(int=5)
    assert fleet.sql("SELECT $a", a=number).fetchall() == [(str(number),)]
    for since in (pandas.Timestamp("2020-01-01"), numpy.datetime64("2020-01-01T00:00:00", "ns"), numpy.datetime64("2020-01-01")):
        assert fleet.sql("SELECT count(*) > 0 FROM instances WHERE created_at > $since", since=since).fetchall() == [(True,)]
    for wrong in (2**70, datetime.timedelta(days=1), [1], numpy.array([1, 2])):
        with pytest.raises(UsageError) as raised:
            fleet.sql("SELECT $a", a=wrong)
        assert raised.value.hint
    with pytest.raises(UsageError, match="there is no statement"):
        fleet.sql(" -- nothing")


def test_values_have_the_types_of_python(fleet):
    row = fleet.sql("SELECT x'616200', TIME '03:04:05', TIMESTAMP '2026-01-02' - TIMESTAMP '2026-01-01', DATE '9999-12-31', CAST(1 AS DECIMAL(38, 2))").fetchall()
    expected = (b"ab\0", datetime.time(3, 4, 5), datetime.timedelta(days=1), datetime.date(9999, 12, 31), decimal.Decimal("1.00"))
    assert row == [expected]
    with pytest.raises(SqlError) as raised:
        fleet.sql("SELECT DATE '9999-12-31' + INTERVAL '1 year'").fetchall()
    assert "VARCHAR" in raised.value.hint
    result = fleet.sql("SELECT INTERVAL '1 month' AS a")
    assert result.fetchall() == [("1 mons",)] and len(result.to_pandas()) == 1
    with pytest.raises(UsageError, match="polars"):
        result.to_polars()


def test_pandas_is_imported_while_pages_are_on_their_way(endpoint):
    made = endpoint("--latency-ms", "1000", "--instances", "20", "--regions", "1")
    program = f"""
        import sys, threading, lightsail_sql
        fleet = lightsail_sql.connect(region="us-east-1", endpoint_url="{made.url}")
        seen = []
        result = fleet.sql("SELECT name FROM instances")
        result._progress = lambda *state: seen.append("pandas" in sys.modules)
        assert "pandas" not in sys.modules and len(result.to_pandas()) == 20
        print(seen[-1], threading.active_count())
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("True 1\n", ""), ran


def test_a_table_is_described_as_it_is_written(fleet):
    expected = fleet.describe("disks").fetchall()
    assert len(expected) > 10
    for name in ("Disks", '"disks"', "DISKS"):
        assert fleet.describe(name).fetchall() == expected, name
    for name in ("system.tables", '"system"."tables"', "System.Tables"):
        assert len(fleet.describe(name).fetchall()) > 3, name


def test_every_saved_query_runs(fleet):
    assert len(fleet.queries()) > 40
    for name in fleet.queries():
        assert fleet.run(name).to_arrow().column_names, name
    assert fleet.run("instances_by_age", days=1).fetchall() != fleet.run("instances_by_age", days=100000).fetchall()
    with pytest.raises(UsageError, match="did you mean stopped_instances"):
        fleet.run("stoped_instances")
    with pytest.raises(UsageError, match="did you mean days"):
        fleet.run("instances_by_age", dais=1)
    with pytest.raises(UsageError, match="is not an integer"):
        fleet.run("instances_by_age", days="soon")


def test_tables_and_columns_are_described(fleet):
    assert len(fleet.tables().fetchall()) == 71 + 6
    assert ("disks",) in [row[:1] for row in fleet.tables("disk")]
    columns = fleet.describe("instances").fetchall()
    assert [name for name, *_ in columns] == fleet.sql("SELECT * FROM instances").column_names
    assert fleet.describe("system.tables").fetchall() and fleet.describe("exposure").fetchall()
    with pytest.raises(SqlError, match="instances"):
        fleet.describe("instnaces")
    explained = fleet.explain("SELECT * FROM instances WHERE region = $region", region="us-east-1")
    assert explained.calls >= 1 and "instances" in str(explained)
    assert requests(fleet) == 0


def test_the_sql_is_to_blame(fleet):
    with pytest.raises(SqlError) as raised:
        fleet.sql("SELECT\n  nme FROM instances")
    assert (raised.value.line, raised.value.column) == (2, 3) and "name" in raised.value.hint
    with pytest.raises(SqlError):
        fleet.sql("SELEC 1")
    with pytest.raises(UsageError, match="one statement"):
        fleet.sql("SELECT 1; SELECT 2")
    result = fleet.sql("SELECT 1 / (cpu_count - cpu_count) FROM instances")
    with pytest.raises(SqlError):
        result.fetchall()
    assert isinstance(result.error, SqlError) and "failed" in repr(result)
    with pytest.raises(SqlError):
        result.complete


def test_arguments_are_to_blame():
    for wrong, hint in [({"max_itms": 3}, "max_items"), ({"region": "US EAST"}, None), ({"cache_ttl": "soon"}, None)]:
        with pytest.raises(UsageError) as raised:
            lightsail_sql.connect(**wrong)
        assert hint is None or hint in raised.value.hint
    with pytest.raises(UsageError, match="demo_today"):
        lightsail_sql.connect(demo=True, demo_today="tomorrow")


@pytest.mark.parametrize(
    "fault, kind, code",
    [
        ("403 operation=GetInstances", ApiError, "AccessDeniedException"),
        ("expired_credentials operation=GetInstances", CredentialsError, "ExpiredTokenException"),
        ("ThrottlingException operation=GetInstances", ApiError, "ThrottlingException"),
        ("malformed_json operation=GetInstances", ApiError, None),
        ("closed operation=GetInstances", ApiError, None),
    ],
)
def test_the_service_is_to_blame(endpoint, fault, kind, code):
    fleet = endpoint(faults=fault).connect()
    result = fleet.sql("SELECT name FROM disks")
    with pytest.raises(kind) as raised:
        result.fetchall()
    error = raised.value
    assert (type(error), error.operation, error.region, error.code) == (kind, "GetInstances", "us-east-1", code)
    if code:
        assert error.request_id
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.code, again.region) == (str(error), code, "us-east-1")
    # Consumers that know no exceptions of ours raise their own with the text, and the result keeps the whole.
    for read in (pyarrow.table, polars.DataFrame, pandas.DataFrame.from_arrow):
        with pytest.raises(Exception, match="GetInstances in us-east-1"):
            read(result)
        assert (type(result.error), result.error.code) == (kind, code)
    with pytest.raises(Exception, match="GetInstances in us-east-1"):
        duckdb.sql("SELECT * FROM result").fetchall()


def test_no_credentials(endpoint, monkeypatch):
    made = endpoint()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CredentialsError) as raised:
        made.connect().sql("SELECT name FROM disks").fetchall()
    assert raised.value.hint
    with pytest.raises(CredentialsError):
        made.connect(profile="nobody").sql("SELECT name FROM disks").fetchall()


def test_captures_answer_without_a_call(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for day in ("2026-01-01", "2026-01-02"):
        flags = ["--tables", "instances", "-q", "--demo", "--demo-today", day]
        subprocess.run([BINARY, "capture", tmp_path, *flags], check=True)
    captured = lightsail_sql.connect(captures=tmp_path, at="2026-01-01")
    result = captured.sql("SELECT count(*), max(captured_at)::date::text FROM instances")
    assert result.fetchall() == [(400, "2026-01-01")]
    assert (result.complete, result.api_calls, str(result.as_of.date())) == (True, 0, "2026-01-01")
    assert captured.sql("SELECT count(*) FROM history.instances").fetchall() == [(800,)]
    captured.close()
    for wrong in ({"at": "yesterday"}, {"captures": tmp_path, "demo": True}, {"captures": tmp_path, "region": "all"}):
        with pytest.raises(UsageError):
            lightsail_sql.connect(**wrong)
    with pytest.raises(UsageError, match="captures"):
        lightsail_sql.connect(captures=tmp_path / "none")


def test_partial_answers_never_look_whole(endpoint):
    made = endpoint(faults="403 region=eu-west-1 operation=GetInstances")
    regions = ["us-east-1", "eu-west-1"]
    with pytest.raises(ApiError, match="eu-west-1"):
        made.connect(region=regions).sql("SELECT name FROM disks").fetchall()
    result = made.connect(region=regions, allow_partial=True).sql("SELECT name, region FROM disks")
    for early in ("complete", "missing"):
        with pytest.raises(PartialError):
            getattr(result, early)
    assert {region for _, region in result.fetchall()} == {"us-east-1"}
    assert result.complete is False
    (missing,) = result.missing
    assert (missing.region, missing.code) == ("eu-west-1", "AccessDeniedException")
    counted = made.connect(region=regions, allow_partial=True).sql("SELECT count(*) FROM disks")
    assert "PARTIAL" in counted._repr_html_() and "AccessDeniedException" in counted._repr_html_()
    table = pyarrow.table(result)
    assert table.num_rows and result.complete is False
    # A partial answer of nothing is none.
    with pytest.raises(ApiError):
        made.connect(region="eu-west-1", allow_partial=True).sql("SELECT name FROM disks").fetchall()


def test_a_result_can_be_cancelled_by_another_thread(endpoint):
    made = endpoint("--latency-ms", "300", "--instances", "100", "--regions", "1")
    result = made.connect().sql("SELECT name FROM instances")
    threading.Timer(0.5, result.cancel).start()
    begun = time.monotonic()
    with pytest.raises(CancelledError):
        result.fetchall()
    assert time.monotonic() - begun < 0.5 + 1
    assert isinstance(result.error, CancelledError)
    assert result.fetchall(), "another reading is another run"


def test_a_closed_connection_says_so(endpoint):
    made = endpoint("--latency-ms", "300", "--instances", "2000", "--regions", "1")
    fleet = made.connect()
    result = fleet.sql("SELECT name FROM instances")
    threading.Timer(0.5, fleet.close).start()
    with pytest.raises(CancelledError):
        result.fetchall()
    with pytest.raises(UsageError, match="closed"):
        result.fetchall()
    with pytest.raises(UsageError, match="closed"):
        fleet.sql("SELECT 1")
    with pytest.raises(UsageError, match="another process"):
        pickle.dumps(fleet)
