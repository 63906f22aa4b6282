"""What `lightsail-sql serve` answers: rows, types, errors, notes, settings, cursors, COPY, and that nothing is written."""

import datetime
import decimal
import subprocess
import uuid

import psycopg
from psycopg.pq import DiagnosticField
from psycopg.types.json import Json, Jsonb

from serving import BINARY, HOME, TODAY, UTC, as_json, check, environment, fails, is_same, ordered, plain


def tables(server):
    """All tables and views, in text and in binary, have the values that --format json has."""
    with server.connect() as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM system.tables WHERE name NOT LIKE 'system.%' ORDER BY name")]
        check(len(names) >= 60, names)
        found = {}
        for name in names:
            # What is measured "in the last 24 hours" is not the same a moment later.
            is_fixed = not (name.endswith("_metrics") or "log" in name or name == "cost_estimates")
            sql = f"SELECT * FROM {name}" + ("" if is_fixed else " LIMIT 200")
            try:
                for binary in (False, True):
                    cursor = connection.cursor(binary=binary)
                    rows = cursor.execute(sql).fetchall()
                    rows = ordered([[plain(value) for value in row] for row in rows])
                    check(not is_fixed or name not in found or found[name][1] == rows, name, "text and binary differ")
                    if is_fixed:
                        found[name] = ([column.name for column in cursor.description], rows)
            except psycopg.Error as error:
                # Some want to be told of which item; the command line says the same.
                run = subprocess.run([BINARY, "--demo", "--demo-today", TODAY, "-q", "-c", sql], capture_output=True, text=True, env=environment(LIGHTSAIL_SQL_CONFIG="/dev/null"))
                check(run.returncode != 0, name, str(error))
        check(len(found) > 50, len(found))
        for (name, (columns, theirs)), ours in zip(found.items(), as_json(*[f"SELECT * FROM {name}" for name in found])):
            ours = ordered([[row.get(column) for column in columns] for row in ours])
            check(len(ours) == len(theirs), name, len(ours), len(theirs))
            for mine, other in zip(ours, theirs):
                for column, one, two in zip(columns, mine, other):
                    check(is_same(one, two), name, column, one, two)
    return len(found)


def values(server):
    with server.connect() as connection:
        for binary in (False, True):
            cursor = connection.cursor(binary=binary)
            row = cursor.execute("SELECT name, tags, ipv6_addresses, created_at, cpu_count, is_static_ip FROM instances ORDER BY name LIMIT 1").fetchone()
            check(isinstance(row[1], dict) and isinstance(row[2], list), row)
            check(row[3].tzinfo is not None and isinstance(row[4], int) and isinstance(row[5], bool), row)
            odd = cursor.execute("SELECT NULL, CAST(NULL AS INTERVAL), INTERVAL '1 day', 1.10, CAST(1 AS DECIMAL(38,2)), [1,2], [[1],[2]], {'a': 1}, DATE '2026-01-02', CAST('NaN' AS DOUBLE), true, ''").fetchone()
            check(odd[0] is None and odd[1] is None and "1 day" in odd[2], odd)
            check(str(odd[4]) == "1.00" and odd[5] == [1, 2] and odd[6] == [[1], [2]] and odd[7] == {"a": 1}, odd)
            check(odd[8] == datetime.date(2026, 1, 2) and odd[9] != odd[9] and odd[10] is True and odd[11] == "", odd)
        one = connection.execute("SELECT count(*) FROM instances WHERE region = %s AND created_at > %s AND cpu_count >= %s", ["us-east-1", datetime.datetime(2020, 1, 1, tzinfo=UTC), 1]).fetchone()[0]
        check(one == as_json("SELECT count(*) AS n FROM instances WHERE region = 'us-east-1' AND created_at > '2020-01-01' AND cpu_count >= 1")[0]["n"], one)
        names = [row[0] for row in connection.execute("SELECT name FROM instances ORDER BY name LIMIT 3").fetchall()]
        check(connection.execute("SELECT count(*) FROM instances WHERE name = ANY(%s)", [names]).fetchone()[0] >= 3)
        check(connection.execute("SELECT count(*) FROM instances WHERE cpu_count = ANY(%s)", [[1, 2]]).fetchone()[0] > 10)
        check(connection.execute("SELECT %s", ["x"]).fetchone() == ("x",))
        check(connection.execute("SELECT name FROM instances LIMIT %s", [0]).fetchall() == [])
        fails(lambda: connection.execute("SELECT 'a' || chr(0) AS bad"), "42000", "NUL")
        fails(lambda: connection.execute("SELECT name FROM instances WHERE cpu_count = %b", ["many"]), "42000")


def errors(server):
    with server.connect() as connection:
        error = fails(lambda: connection.execute("SELECT name,\n  nme FROM instances"), "42703", "did you mean name?")
        check(error.diag.statement_position == "16", error.diag.statement_position)
        fails(lambda: connection.execute("SELECT * FROM instnces"), "42P01", "instances")
        fails(lambda: connection.execute("SELEC 1"), "42601")
        fails(lambda: connection.execute("SELECT foo(1)"), "42883")
        fails(lambda: connection.execute("SELECT repeat('a', 70000000)"), "54000", "MiB")
        fails(lambda: connection.execute("SELECT $1 AS a"), "42P02")
        fails(lambda: connection.execute("SELECT 1/0"), "22012")
        fails(lambda: connection.execute("SET lightsail.regoins = 'all'"), "42704", "lightsail.regions")
        fails(lambda: connection.execute("SET nothing = 1"), "42704")
        fails(lambda: connection.execute("SET timezone = 'Europe/Berlin'"), "22023", "UTC")
        fails(lambda: connection.execute("SET lightsail.profiles = '@/etc/passwd'"), "0A000")
        fails(lambda: connection.execute("SELECT pg_class.relname, i.name FROM pg_class, instances i"), "0A000", "ask twice")
        # What fails in a transaction fails until it is rolled back.
        connection.execute("BEGIN")
        fails(lambda: connection.execute("SELECT 1/0"), "22012")
        fails(lambda: connection.execute("SELECT 1"), "25P02")
        connection.execute("ROLLBACK")
        check(connection.execute("SELECT 1").fetchone() == (1,))


WRITES = [sql.replace("{HOME}", str(HOME)) for sql in [
    "INSERT INTO instances VALUES (1)", "UPDATE instances SET name = 'x'", "DELETE FROM instances", "CREATE TABLE t AS SELECT 1",
    "CREATE VIEW v AS SELECT 1", "DROP TABLE instances", "TRUNCATE instances", "ALTER TABLE instances ADD COLUMN a INT",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'", "COPY instances TO '{HOME}/x.csv'", "COPY instances FROM STDIN",
    "COPY (SELECT 1) TO PROGRAM 'id'", "COPY instances FROM '/etc/passwd'", "SELECT * FROM '/etc/passwd'", "SELECT * FROM read_csv('/etc/passwd')",
    "EXPLAIN ANALYZE INSERT INTO instances VALUES (1)", "EXPLAIN ANALYZE COPY (SELECT 1) TO '{HOME}/x.csv'", "SELECT 1 INTO t",
    "WITH x AS (DELETE FROM instances RETURNING *) SELECT * FROM x", "PREPARE p AS DELETE FROM instances", "CREATE FUNCTION f() RETURNS INT RETURN 1",
    "SET datafusion.runtime.temp_directory = '/tmp'", "SET datafusion.execution.batch_size = 1", "SET lightsail.profiles = 'a,@/etc/passwd'",
    "DO $$ BEGIN END $$", "CALL f()", "GRANT ALL ON instances TO app", "LISTEN a", "NOTIFY a", "VACUUM", "LOAD 'x'", "CREATE SCHEMA s", "CREATE DATABASE d",
    "SELECT pg_read_file('/etc/passwd')", "SELECT pg_ls_dir('/')", "SELECT lo_import('/etc/passwd')", "CREATE TABLE pg_x AS SELECT 1", "DROP TABLE pg_class",
    "INSERT INTO pg_class SELECT * FROM pg_class", "COPY pg_class TO '{HOME}/x.csv'", "CREATE EXTERNAL TABLE pg_t STORED AS CSV LOCATION '/etc/passwd'",
]]


def writes(server):
    with server.connect() as connection:
        for sql in WRITES:
            for run in (lambda: connection.execute(sql), lambda: connection.execute(sql, prepare=True)):
                try:
                    run()
                except psycopg.Error as error:
                    check(error.sqlstate and not error.sqlstate.startswith("XX"), sql, error.sqlstate, str(error))
                    check("root:" not in str(error), sql)
                    continue
                raise SystemExit(f"not refused: {sql}")
        check(not (HOME / "x.csv").exists())
        check(connection.execute("SELECT 1").fetchone() == (1,))


def settings(server):
    with server.connect() as one, server.connect() as other:
        one.execute("SET lightsail.regions = 'us-east-1'")
        check(one.execute("SHOW lightsail.regions").fetchone() == ("us-east-1",))
        check(other.execute("SHOW lightsail.regions").fetchone() != ("us-east-1",))
        check(one.execute("SELECT count(DISTINCT region) FROM instances").fetchone() == (1,))
        check(other.execute("SELECT count(DISTINCT region) FROM instances").fetchone()[0] > 1)
        one.execute("RESET ALL")
        check(one.execute("SELECT count(DISTINCT region) FROM instances").fetchone()[0] > 1)
        one.execute("SET lightsail.regions = 'us-east-1'")
        one.execute("DISCARD ALL")
        check(one.execute("SELECT count(DISTINCT region) FROM instances").fetchone()[0] > 1)
        one.execute("SET extra_float_digits = 3; SET application_name TO 'x'")
        check(one.execute("SHOW application_name").fetchone() == ("x",))
        check(one.execute("SELECT current_setting('application_name')").fetchone() == ("x",))
    with server.connect(options="-c lightsail.regions=us-east-1,eu-west-1 -c statement_timeout=5s") as connection:
        check(connection.execute("SELECT count(DISTINCT region) FROM instances").fetchone() == (2,))
        check(connection.execute("SHOW statement_timeout").fetchone() == ("5s",))
    for options in ("-c lightsail.region=all", "-c lightsail.regions=mars", "-x"):
        try:
            with server.connect(options=options) as connection:
                # That there is no such region is found when it is asked.
                connection.execute("SELECT 1 FROM instances")
        except psycopg.Error as error:
            check(error is not None)
            continue
        raise SystemExit(f"not refused: {options}")


def transactions(server):
    """Nothing is written; what transactions hold are savepoints, and settings that end with them."""
    with server.connect() as connection:
        def shown(name="statement_timeout"):
            return connection.execute(f"SHOW {name}").fetchone()[0]
        def tag(sql):
            return connection.execute(sql).statusmessage
        for sql, expected in (("BEGIN", "BEGIN"), ("COMMIT", "COMMIT"), ("START TRANSACTION READ ONLY", "START TRANSACTION"), ("ROLLBACK", "ROLLBACK"), ("DISCARD PLANS", "DISCARD PLANS"), ("DISCARD TEMP", "DISCARD TEMP"), ("DEALLOCATE ALL", "DEALLOCATE ALL"), ("CLOSE ALL", "CLOSE CURSOR ALL"), ("SET ROLE NONE", "SET"), ("RESET ROLE", "RESET"), ("SET SESSION AUTHORIZATION DEFAULT", "SET"), ("RESET SESSION AUTHORIZATION", "RESET")):
            check(tag(sql) == expected, sql, tag(sql))
        fails(lambda: connection.execute("SET ROLE admin"), "22023", "roles")
        said = []
        connection.add_notice_handler(lambda diag: said.append(diag.message_primary))
        connection.execute("SET LOCAL statement_timeout = '5s'")
        check(said == ["SET LOCAL can only be used in transaction blocks"] and shown() == "0", said)
        connection.execute("BEGIN; SET LOCAL statement_timeout = '5s'; SET lightsail.regions = 'us-east-1'")
        check(shown() == "5s" and connection.execute("SELECT count(DISTINCT region) FROM instances").fetchone() == (1,))
        connection.execute("COMMIT")
        check(shown() == "0" and shown("lightsail.regions") == "us-east-1", shown())
        connection.execute("RESET lightsail.regions")
        before = shown("lightsail.regions")
        connection.execute("BEGIN; SET statement_timeout = '5s'; SAVEPOINT a; SET statement_timeout = '6s'; SET lightsail.regions = 'us-east-1'")
        fails(lambda: connection.execute("SELECT 1/0"), "22012")
        connection.execute("ROLLBACK TO SAVEPOINT a")
        check(shown() == "5s" and shown("lightsail.regions") == before)
        connection.execute("RELEASE SAVEPOINT a")
        fails(lambda: connection.execute("ROLLBACK TO SAVEPOINT a"), "3B001")
        connection.execute("ROLLBACK")
        check(shown() == "0")
        fails(lambda: connection.execute("SAVEPOINT a"), "25P01")
        for sql in ("COMMIT AND CHAIN", "PREPARE a AS SELECT 1", "EXECUTE a"):
            fails(lambda: connection.execute(sql), "0A000")
        for value, is_time in (("5s", True), ("5000", True), ("1.5 min", True), ("500us", True), ("-1", False), ("1 year", False)):
            run = lambda: connection.execute(f"SET statement_timeout = '{value}'")
            run() if is_time else fails(run, "22023")
        for sql in ("SET work_mem = '64MB'", "SET synchronous_commit TO off", "SET plan_cache_mode = force_custom_plan"):
            check(tag(sql) == "SET", sql)
        names = {row[0]: row[1] for row in connection.execute("SHOW ALL").fetchall()}
        check(names["TimeZone"] == "UTC" and "lightsail.regions" in names and not any(name.startswith("datafusion") for name in names), names)
        check(connection.execute("SHOW TIME ZONE").description[0].name == "TimeZone")


def formats(server):
    """Formats of times are Postgres', in any letters, as a text of the statement and as a parameter."""
    with server.connect() as connection:
        time = "TIMESTAMP '2026-01-02 03:04:05.678'"
        for form, written in (("YYYY-MM-DD HH24:MI:SS.MS", "2026-01-02 03:04:05.678"), ("yyyy-mm-dd hh24:mi:ss", "2026-01-02 03:04:05"), ("FMMonth FMDD, HH12 pm", "January 2, 03 am"), ("IYYY-\"W\"IW", "2026-W01"), ("%Y", "2026")):
            check(connection.execute(f"SELECT to_char({time}, '{form}')").fetchone() == (written,), form)
            check(connection.execute(f"SELECT to_char({time}, %s)", [form]).fetchone() == (written,), form)
        for text, form in (("2026-01-02 03:04:05.6", "yyyy-mm-dd hh24:mi:ss.ms"), ("2026-01-02 03:04:05.600000", "YYYY-MM-DD HH24:MI:SS.US"), ("2 January 2026 3:04:05.6", "DD Month YYYY HH24:MI:SS.MS")):
            check(connection.execute("SELECT to_timestamp(%s, %s)", [text, form]).fetchone()[0] == datetime.datetime(2026, 1, 2, 3, 4, 5, 600000, UTC), text)
        check(connection.execute("SELECT to_date('2026-01-02', 'yyyy-mm-dd')").fetchone() == (datetime.date(2026, 1, 2),))
        for form in ("Month", "YYYY-MM-DDTHH24", "Q"):
            for run in (lambda: connection.execute(f"SELECT to_char({time}, '{form}')"), lambda: connection.execute(f"SELECT to_char({time}, %s)", [form])):
                fails(run, "0A000", "not known here")


def parameters(server):
    """Values of every type that drivers bind, in text and in binary, and the types that casts say."""
    number = uuid.UUID(int=5)
    values = [
        ("{} = 1", 1), ("{} = 4611686018427387904", 2**62), ("{} = 1.5", 1.5), ("{}::double precision = 'Infinity'::double precision", float("inf")), ("{} = true", True), ("{} IS NULL", None), ("{} = 'é'", "é"), ("{} = ''", ""),
        ("{}::decimal(10, 2) = 1.10", decimal.Decimal("1.10")), ("{} = DATE '2026-01-02'", datetime.date(2026, 1, 2)), ("{} = TIMESTAMP '2026-01-02 03:04:05'", datetime.datetime(2026, 1, 2, 3, 4, 5)),
        ("{} = TIMESTAMPTZ '2026-01-02 03:04:05Z'", datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)), ("{} = TIME '03:04:05'", datetime.time(3, 4, 5)), ("TIMESTAMP '2026-01-02' + {} = TIMESTAMP '2026-01-03 00:00:03'", datetime.timedelta(days=1, seconds=3)),
        (f"{{}} = '{number}'", number), ("encode({}, 'hex') = '616200'", b"ab\0"), ("""{} = '{{"a": 1}}'""", Json({"a": 1})), ("""{} = '{{"a": 1}}'""", Jsonb({"a": 1})),
        ("2 = ANY({})", [1, 2]), ("'a' = ANY({})", ["a", None]), ("true = ANY({})", [True]), ("1.5 = ANY({})", [1.5]), ("1.5 = ANY({})", [decimal.Decimal("1.5")]), ("DATE '2026-01-02' = ANY({})", [datetime.date(2026, 1, 2)]),
        ("TIMESTAMPTZ '2026-01-02T00:00:00Z' = ANY({})", [datetime.datetime(2026, 1, 2, tzinfo=UTC)]),
    ]
    with server.connect() as connection:
        for sql, value in values:
            for form in ("%t", "%b"):
                for binary in (False, True):
                    cursor = connection.cursor(binary=binary)
                    found = cursor.execute("SELECT " + sql.format(form), [value]).fetchone()
                    check(found == (True,), sql, form, value, found)
        check(connection.execute("SELECT count(*) FROM instances WHERE created_at > now() - %b", [datetime.timedelta(days=36500)]).fetchone() == (400,))
        fails(lambda: connection.execute("SELECT 1 = ANY(%b)", [[[1], [2]]]), "22P02")
        # What is infinite has a name that all drivers know.
        check(connection.pgconn.exec_(b"SELECT CAST('Infinity' AS DOUBLE), CAST('-inf' AS DOUBLE)").get_value(0, 0) == b"Infinity")


def names(server):
    """A column or an alias may be called as anything of the catalog is."""
    with server.connect() as connection:
        for sql in (
            "SELECT name AS current_user FROM instances", "SELECT x.\"current_user\", x.user FROM (SELECT name AS current_user, region AS \"user\" FROM instances) x",
            "SELECT name AS pg_name FROM instances AS pg_i ORDER BY pg_name", "WITH pg_mine AS (SELECT name FROM instances) SELECT * FROM pg_mine", "SELECT version FROM (SELECT blueprint_id AS version FROM instances) x",
        ):
            for prepare in (False, True):
                check(len(connection.execute(sql, prepare=prepare).fetchall()) == 400, sql)
        check(connection.execute("SELECT count(*) FROM \"lightsail\".\"public\".\"instances\"").fetchone() == (400,))
        called = lambda sql: [column.name for column in connection.execute(sql).description]
        check(called("SELECT count(*), max(cpu_count), region::text FROM instances GROUP BY region") == ["count", "max", "region"])
        check(called("SELECT count(*), count(name) FROM instances") == ["count(*)", "count(name)"])
        check(connection.pgconn.exec_(b"SELECT '\xe9'").error_field(DiagnosticField.SQLSTATE) == b"22021")
        # What is wrong with a question about the catalog is said as anywhere else.
        error = fails(lambda: connection.execute("SELECT relname,\n nope FROM pg_class"), "42703", "there is no column nope")
        check(error.diag.statement_position == "18", error.diag.statement_position)
        for sql, state in (("SELECT pg_nope(1)", "42883"), ("SELECT * FROM pg_nope", "42P01"), ("SELECT sum(relname) FROM pg_class", "42000"), ("SELECT quote_ident(1, 2, 3) FROM pg_class", "42000"), ("SELECT format_type()", "42000"), ("SELECT relname FROM pg_class WHERE (1", "42601"), ("SELECT count(*) FROM pg_class WHERE relname::int = 1", "42000")):
            for run in (lambda: connection.execute(sql), lambda: connection.execute(sql, prepare=True)):
                error = fails(run, state)
                said = f"{error} {error.diag.message_hint}"
                check(not any(word in said for word in ("Candidate", "No function matches", "Error during planning", "Internal error", "Schema error", "Utf8", "Arrow error")), sql, said)
        fails(lambda: connection.execute("SHOW TABLES IN nosuch"), "3F000", "public", "system")


def cursors(server):
    with psycopg.connect(**server.to()) as connection:
        with connection.cursor(name="c") as cursor:
            cursor.itersize = 100
            cursor.execute("SELECT name FROM instances")
            check(len(cursor.fetchall()) == 400)
        with connection.cursor(name="b", binary=True) as cursor:
            cursor.execute("SELECT cpu_count FROM instances")
            check(all(isinstance(row[0], int) for row in cursor.fetchmany(10)))
        connection.rollback()
        connection.execute("DECLARE d CURSOR FOR SELECT name FROM instances ORDER BY name")
        first = connection.execute("FETCH 3 FROM d").fetchall()
        connection.execute("MOVE 2 FROM d")
        then = connection.execute("FETCH NEXT FROM d").fetchall()
        names = [row["name"] for row in as_json("SELECT name FROM instances ORDER BY name LIMIT 6")]
        check([row[0] for row in first + then] == names[:3] + names[5:], first, then)
        check(len(connection.execute("FETCH ALL FROM d").fetchall()) == 394)
        check(connection.execute("FETCH 1 FROM d").fetchall() == [])
        connection.execute("CLOSE d")
        fails(lambda: connection.execute("FETCH 1 FROM d"), "34000")
        connection.rollback()
        fails(lambda: connection.execute("FETCH 1 FROM d"), "34000")
    with server.connect() as connection:
        fails(lambda: connection.execute("DECLARE d CURSOR FOR SELECT 1"), "25P01")
        connection.execute("DECLARE d CURSOR WITH HOLD FOR SELECT 1")
        check(connection.execute("FETCH 1 FROM d").fetchall() == [(1,)])


def copies(server):
    with server.connect() as connection:
        def copied(sql):
            with connection.cursor() as cursor, cursor.copy(sql) as copy:
                return b"".join(bytes(part) for part in copy)
        text = copied("COPY (SELECT name, CAST(NULL AS TEXT), '' FROM instances ORDER BY name LIMIT 2) TO STDOUT (FORMAT csv, HEADER)").decode()
        lines = text.splitlines()
        check(lines[0].startswith("name,") and lines[1].endswith(',,""'), text)
        check(copied("COPY (SELECT 'a\tb', NULL) TO STDOUT") == b"a\\tb\t\\N\n")
        with connection.cursor() as cursor, cursor.copy("COPY (SELECT name, cpu_count, tags FROM instances) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["text", "int4", "json"])
            rows = list(copy.rows())
        check(len(rows) == 400 and isinstance(rows[0][2], dict), rows[:1])
        check(copied("COPY (SELECT 1 WHERE false) TO STDOUT (FORMAT binary)").startswith(b"PGCOPY"))
        check(len(copied("COPY static_ips TO STDOUT").splitlines()) == as_json("SELECT count(*) AS n FROM static_ips")[0]["n"])
        fails(lambda: copied("COPY (SELECT 1/0 FROM instances) TO STDOUT"), "22012")
        check(connection.execute("SELECT 1").fetchone() == (1,))


def notices(server, faults):
    said = []
    with server.connect() as connection:
        connection.add_notice_handler(lambda diag: said.append((diag.severity, diag.message_primary)))
        connection.execute("SELECT name FROM instances WHERE region = 'us-esat-1'")
        check(any(severity == "WARNING" and "us-east-1" in text for severity, text in said), said)
    said = []
    with faults.connect() as connection:
        error = fails(lambda: connection.execute("SELECT name FROM instances"), "HV000", "GetInstances", "eu-west-1")
        check("AccessDenied" in (error.diag.message_detail or ""), error.diag.message_detail)
        connection.add_notice_handler(lambda diag: said.append((diag.severity, diag.message_primary)))
        connection.execute("SET lightsail.allow_partial = true")
        rows = connection.execute("SELECT DISTINCT region FROM instances").fetchall()
        check(("eu-west-1",) not in rows and rows, rows)
        check(any(severity == "WARNING" and text.startswith("PARTIAL: 1 of ") for severity, text in said), said)
        check(any("missing" in text and "eu-west-1" in text for _, text in said), said)
