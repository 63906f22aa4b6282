"""What clients of Postgres see of `lightsail-sql serve`: rows, types, errors, notes, limits, and that nothing is written."""

import asyncio
import contextlib
import datetime
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request

import adbc_driver_postgresql.dbapi
import asyncpg
import psycopg
import sqlalchemy

BINARY = sys.argv[1]
TODAY = "2026-01-01"
UTC = datetime.timezone.utc
HOME = pathlib.Path(tempfile.mkdtemp())
CONFIG = HOME / "config.toml"
checks = 0


def check(holds, *said):
    global checks
    checks += 1
    if not holds:
        raise SystemExit(f"not so: {said}")


def environment(**more):
    own = {"HOME": str(HOME), "PATH": os.environ["PATH"], "LIGHTSAIL_SQL_CONFIG": str(CONFIG)}
    if "LIGHTSAIL_DEMO_HEARD" in os.environ:
        own["LIGHTSAIL_DEMO_HEARD"] = os.environ["LIGHTSAIL_DEMO_HEARD"]
    return {**own, **more}


def configure():
    CONFIG.write_text("")
    made = subprocess.run([BINARY, "serve", "--hash-password"], input="secret\n", text=True, capture_output=True, env=environment())
    check("secret" not in made.stdout and made.stdout.startswith("scram-sha-256$4096$"), made)
    CONFIG.write_text(f'[users]\napp = "{made.stdout.strip()}"\n')
    CONFIG.chmod(0o600)


class Server:
    """A server of its own, until the block ends."""

    def __init__(self, *flags, demo=True, env=None, listen="127.0.0.1:0"):
        whom = ["--demo", "--demo-today", TODAY] if demo else []
        self.process = subprocess.Popen(
            [BINARY, "serve", "--listen", listen, "--metrics", "127.0.0.1:0", *whom, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**(env or {})),
        )
        line = self.process.stdout.readline()
        check(line.startswith("listening on "), line, self.process.poll())
        self.port = int(line.rsplit(":", 1)[1])
        self.metrics_url = self.process.stdout.readline().split()[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def to(self, **more):
        return {"host": "127.0.0.1", "port": self.port, "user": "app", "password": "secret", "dbname": "lightsail", **more}

    def connect(self, **more):
        return psycopg.connect(**self.to(autocommit=True, **more))

    async def asyncpg(self, **more):
        to = self.to()
        to["database"] = to.pop("dbname")
        return await asyncpg.connect(**to, **more)

    def metrics(self):
        text = urllib.request.urlopen(self.metrics_url, timeout=5).read().decode()
        found = re.findall(r"^lightsail_sql_(\S+) (\S+)$", text, re.M)
        return {name: float(value) for name, value in found}

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


class Endpoint:
    """A demo endpoint with faults, and servers that ask it."""

    def __init__(self, faults=None, flags=()):
        script = []
        if faults:
            path = HOME / "faults.txt"
            path.write_text(faults + "\n")
            script = ["--faults", str(path)]
        self.process = subprocess.Popen([BINARY, "demo", "--listen", "127.0.0.1:0", *script, *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment())
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def server(self, *flags):
        keys = {"AWS_ACCESS_KEY_ID": "AKIADEMO", "AWS_SECRET_ACCESS_KEY": "demo", "AWS_EC2_METADATA_DISABLED": "true"}
        return Server("--endpoint-url", self.url, "--region", "us-east-1,eu-west-1,ap-southeast-2", *flags, demo=False, env=keys)


def fails(run, state, *words):
    try:
        run()
    except psycopg.Error as error:
        check(error.sqlstate == state, error.sqlstate, state, str(error))
        said = f"{error} {error.diag.message_hint} {error.diag.message_detail}"
        for word in words:
            check(word in said, word, said)
        return error
    raise SystemExit(f"not an error: {state} {words}")


def as_json(*statements):
    """What --format json has, in one run."""
    with tempfile.TemporaryDirectory() as folder:
        for number, sql in enumerate(statements):
            pathlib.Path(folder, f"{number:03}.sql").write_text(sql)
        out = pathlib.Path(folder, "out")
        out.mkdir()
        run = subprocess.run([BINARY, "--demo", "--demo-today", TODAY, "-q", "--format", "json", "-o", str(out), folder], capture_output=True, text=True, env=environment(LIGHTSAIL_SQL_CONFIG="/dev/null"))
        check(run.returncode == 0, statements, run.stderr)
        found = [json.loads((out / f"{number:03}.json").read_text()) for number in range(len(statements))]
    return found if len(found) > 1 else found[0]


def plain(value):
    """A value of a driver as JSON has it."""
    if isinstance(value, datetime.datetime):
        value = value.astimezone(UTC)
        text = value.strftime("%Y-%m-%dT%H:%M:%S")
        return text + (f".{value.microsecond // 1000:03}" if value.microsecond else "") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def is_same(ours, theirs):
    if isinstance(ours, float) or isinstance(theirs, float):
        return ours is not None and theirs is not None and float(ours) == float(theirs)
    return ours == theirs


def ordered(rows):
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, default=str))


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


def logins(server):
    said = set()
    for user, password in (("app", "wrong"), ("nobody", "secret"), ("nobody", "wrong"), ("", "secret")):
        try:
            server.connect(user=user or "x", password=password)
        except psycopg.OperationalError as error:
            said.add(re.sub(r'user "[^"]*"', "user", str(error).split("FATAL:")[-1].strip()))
            continue
        raise SystemExit(f"let in: {user}")
    check(said == {"password authentication failed for user"}, said)
    # Who is not let in is not answered, whatever is sent behind.
    before = server.metrics()["statements_total"]
    for first in (b"SCRAM-SHA-256\0", b"PLAIN\0"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
            startup = struct.pack("!i", 196608) + b"user\0app\0\0"
            raw.sendall(struct.pack("!i", len(startup) + 4) + startup)
            raw.recv(4096)
            body = first + struct.pack("!i", 5) + b"wrong"
            raw.sendall(b"p" + struct.pack("!i", len(body) + 4) + body)
            query = b"SELECT name FROM instances\0"
            with contextlib.suppress(OSError):
                for _ in range(3):
                    raw.sendall(b"Q" + struct.pack("!i", len(query) + 4) + query)
                    time.sleep(0.05)
                answer = b""
                while more := raw.recv(4096):
                    answer += more
                check(b"T" not in answer[:1] and b"name\0" not in answer, answer)
    check(server.metrics()["statements_total"] == before)


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


def dashboards(server):
    """Twelve panels of a dashboard are one pass over the fleet."""
    with server.connect() as connection:
        connection.execute("SELECT count(*) FROM instances")
    before = server.metrics()["api_calls_total"]
    panels = [
        "SELECT count(*) FROM instances", "SELECT region, count(*) FROM instances GROUP BY 1", "SELECT state, count(*) FROM instances GROUP BY 1",
        "SELECT name FROM instances WHERE state = 'stopped'", "SELECT avg(cpu_count) FROM instances", "SELECT max(created_at) FROM instances",
        "SELECT bundle_id, count(*) FROM instances GROUP BY 1", "SELECT count(*) FROM instances WHERE is_static_ip", "SELECT name FROM instances ORDER BY created_at LIMIT 5",
        "SELECT sum(ram_size_in_gb) FROM instances", "SELECT blueprint_id, count(*) FROM instances GROUP BY 1", "SELECT count(DISTINCT availability_zone) FROM instances",
    ]
    def ask(sql):
        with server.connect() as connection:
            connection.execute(sql).fetchall()
    threads = [threading.Thread(target=ask, args=[sql]) for sql in panels]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    check(server.metrics()["api_calls_total"] == before, before, server.metrics())


async def asyncpg_clients(server):
    connection = await server.asyncpg()
    rows = await connection.fetch("SELECT name, tags, ipv6_addresses, created_at, cpu_count FROM instances WHERE region = $1 AND cpu_count >= $2 LIMIT $3", "us-east-1", 1, 5)
    check(len(rows) == 5 and isinstance(rows[0]["ipv6_addresses"], list), rows[0])
    check(await connection.fetchval("SELECT count(*) FROM instances WHERE created_at > $1", datetime.datetime(2020, 1, 1, tzinfo=UTC)) > 100)
    check(await connection.fetchval("SELECT count(*) FROM instances WHERE name = ANY($1)", ["web-prod-0002", "none"]) >= 1)
    async with connection.transaction():
        rows = [row async for row in connection.cursor("SELECT name FROM instances", prefetch=50)]
        check(len(rows) == 400)
        cursor = await connection.cursor("SELECT name FROM instances")
        check(len(await cursor.fetch(7)) == 7 and len(await cursor.fetch(3)) == 3)
    with contextlib.suppress(asyncpg.PostgresError):
        await connection.fetch("SELECT nme FROM instances")
        raise SystemExit("not an error")
    pool = asyncpg.create_pool(host="127.0.0.1", port=server.port, user="app", password="secret", database="lightsail", min_size=4, max_size=8)
    async with pool:
        counts = await asyncio.gather(*[pool.fetchval("SELECT count(*) FROM instances") for _ in range(40)])
        check(set(counts) == {400})
    await connection.close()


def arrow(server):
    """ADBC reads Arrow over COPY in its binary form."""
    with adbc_driver_postgresql.dbapi.connect(f"postgresql://app:secret@127.0.0.1:{server.port}/lightsail") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name, cpu_count, ram_size_in_gb, is_static_ip, created_at FROM instances")
        table = cursor.fetch_arrow_table()
        check(table.num_rows == 400 and str(table.schema.field("cpu_count").type) == "int32", table.schema)


def reflection(server):
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://app:secret@127.0.0.1:{server.port}/lightsail")
    with engine.connect() as connection:
        check(connection.execute(sqlalchemy.text("SELECT count(*) FROM instances")).scalar() == 400)
        inspector = sqlalchemy.inspect(connection)
        check("public" in inspector.get_schema_names(), inspector.get_schema_names())
        names = set(inspector.get_table_names()) | set(inspector.get_view_names())
        check("instances" in names and "open_ports" in names, names)
        columns = {column["name"]: column for column in inspector.get_columns("instances")}
        check(str(columns["cpu_count"]["type"]) == "INTEGER" and str(columns["tags"]["type"]) == "JSON", columns)
        check(columns["name"].get("comment"), columns["name"])
        check(inspector.get_pk_constraint("instances")["constrained_columns"] == [])
        check(inspector.get_foreign_keys("instances") == [] and inspector.get_indexes("instances") == [])
        table = sqlalchemy.Table("instances", sqlalchemy.MetaData(), autoload_with=connection)
        found = connection.execute(sqlalchemy.select(table.c.name).where(table.c.region == "us-east-1").limit(3)).fetchall()
        check(len(found) == 3, found)


def endings(slow):
    """Cancel, timeouts and clients that go away end the calls to AWS."""
    sql = "SELECT count(*) FROM instance_metrics WHERE metric_name = 'CPUUtilization'"
    with slow.connect() as connection:
        timer = threading.Timer(0.7, connection.cancel)
        timer.start()
        begun = time.monotonic()
        fails(lambda: connection.execute(sql), "57014", "user request")
        check(time.monotonic() - begun < 2, time.monotonic() - begun)
        check(connection.execute("SELECT 1").fetchone() == (1,))
        quiet(slow)
        connection.execute("SET statement_timeout = '600ms'")
        fails(lambda: connection.execute(sql), "57014", "timeout")
        quiet(slow)
        connection.execute("RESET statement_timeout")
    # First rows while others are still to come.
    with slow.connect() as connection:
        begun = time.monotonic()
        cursor = connection.cursor()
        for row in cursor.stream("SELECT name FROM instances"):
            first = time.monotonic() - begun
            break
        cursor.close()
    child = subprocess.Popen([sys.executable, "-c", f"import psycopg; psycopg.connect(host='127.0.0.1', port={slow.port}, user='app', password='secret', dbname='l').execute({sql!r})"])
    deadline = time.monotonic() + 10
    while not slow.metrics()["statements_running"] and time.monotonic() < deadline:
        time.sleep(0.05)
    check(slow.metrics()["statements_running"] == 1, slow.metrics())
    child.kill()
    child.wait()
    deadline = time.monotonic() + 1.5
    while slow.metrics()["statements_running"] and time.monotonic() < deadline:
        time.sleep(0.05)
    check(slow.metrics()["statements_running"] == 0, slow.metrics())
    quiet(slow)


def quiet(server):
    time.sleep(0.3)
    check(server.metrics()["statements_running"] == 0, server.metrics())


def limits():
    with Server("--max-connections", "2", "--max-rows", "100", "--timeout", "20", "--idle-timeout", "3") as server:
        with server.connect() as one, server.connect():
            try:
                server.connect()
                raise SystemExit("a third client is let in")
            except psycopg.OperationalError as error:
                check("--max-connections" in str(error), error)
            fails(lambda: one.execute("SELECT name FROM instances"), "54000", "--max-rows")
            fails(lambda: one.execute("SET statement_timeout = '1h'"), "22023", "--timeout")
            check(len(one.execute("SELECT name FROM instances LIMIT 100").fetchall()) == 100)
            time.sleep(4)
            fails(lambda: one.execute("SELECT 1"), "57P05", "--idle-timeout")
    # A statement that runs when the server is asked to end has its answer.
    with Server(demo=True) as server:
        with server.connect() as connection:
            result = []
            thread = threading.Thread(target=lambda: result.append(connection.execute("SELECT count(*) FROM instances a, instances b, (VALUES (1), (2), (3), (4)) c(x)").fetchone()))
            thread.start()
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            thread.join()
            check(result and result[0][0] > 1000, result)
        check(server.process.wait(timeout=15) == 0, server.process.returncode)


def refusals():
    def run(*flags, config=None):
        return subprocess.run([BINARY, "serve", "--demo", *flags], capture_output=True, text=True, timeout=20, env=environment(**({"LIGHTSAIL_SQL_CONFIG": config} if config else {})))
    ran = run("--listen", "0.0.0.0:0")
    check(ran.returncode == 2 and "--tls-cert" in ran.stderr, ran)
    ran = run("--listen", "127.0.0.1:0", "--tls-cert", "/nonexistent", "--tls-key", "/nonexistent")
    check(ran.returncode == 2 and "/nonexistent" in ran.stderr, ran)
    CONFIG.chmod(0o644)
    ran = run("--listen", "127.0.0.1:0")
    check(ran.returncode == 2 and "chmod 600" in ran.stderr, ran)
    CONFIG.chmod(0o600)


def encrypted():
    certificate, key = HOME / "cert.pem", HOME / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    with Server("--tls-cert", str(certificate), "--tls-key", str(key)) as server:
        with psycopg.connect(**server.to(host="localhost", hostaddr="127.0.0.1", sslmode="verify-full", sslrootcert=str(certificate))) as connection:
            check(connection.pgconn.ssl_in_use and connection.execute("SELECT 1").fetchone() == (1,))
    with Server("--tls-cert", str(certificate), "--tls-key", str(key), listen="0.0.0.0:0") as server:
        try:
            server.connect(sslmode="disable")
            raise SystemExit("let in without TLS")
        except psycopg.OperationalError:
            pass


def hostile(server):
    """Packets and statements that mean harm: others do not notice."""
    import random
    random.seed(7)
    startup = struct.pack("!i", 196608) + b"user\0app\0database\0x\0\0"
    startup = struct.pack("!i", len(startup) + 4) + startup
    count = int(os.environ.get("SERVE_HOSTILE", "200"))
    with server.connect() as connection:
        for number in range(count):
            try:
                with socket.create_connection(("127.0.0.1", server.port), timeout=2) as raw:
                    raw.settimeout(0.05)
                    kind = number % 4
                    if kind == 0:
                        raw.sendall(random.randbytes(random.randrange(1, 200)))
                    elif kind == 1:
                        broken = bytearray(startup)
                        broken[random.randrange(len(broken))] = random.randrange(256)
                        raw.sendall(bytes(broken))
                    elif kind == 2:
                        raw.sendall(startup)
                        raw.recv(100)
                        raw.sendall(random.choice(b"QPBDECHSXdcfp").to_bytes(1, "big") + struct.pack("!i", random.randrange(-5, 300)) + random.randbytes(50))
                    else:
                        raw.sendall(startup[: random.randrange(len(startup))])
            except OSError:
                pass
            if number % 200 == 0:
                check(connection.execute("SELECT count(*) FROM instances").fetchone() == (400,))
        # From one who is let in.
        for number in range(count // 4):
            with contextlib.suppress(psycopg.Error, OSError):
                client = server.connect()
                pgconn = client.pgconn
                fd = os.dup(pgconn.socket)
                pgconn.finish
                message = random.choice(b"QPBDECHSdcf").to_bytes(1, "big")
                body = random.randbytes(random.randrange(0, 60))
                os.write(fd, message + struct.pack("!i", len(body) + 4) + body)
                time.sleep(0.002)
                os.close(fd)
                client.close()
        statements = ["(" * 5000 + "1" + ")" * 5000, "SELECT " + "1+" * 20000 + "1", "SELECT '" + "x" * 100000 + "'", "SELECT * FROM generate_series(1, 1000000000000)", "SELECT repeat('a', 1000000000)", "\u202e\x1b[2J", ";" * 30000, "SELECT $1", "DECLARE", "FETCH", "COPY", "SET", "SHOW", "BEGIN; SELECT", "EXECUTE x", "DEALLOCATE nothing", "SELECT array(SELECT 1 FROM pg_auth_members", "SELECT 'a'::regclass", "SELECT \"\"", "/*"]
        connection.execute("SET statement_timeout = '1s'")
        for sql in statements:
            with contextlib.suppress(psycopg.Error):
                connection.execute(sql)
        check(connection.execute("SELECT 1").fetchone() == (1,))
    check(server.process.poll() is None)


def memory(large):
    """A million rows pass through without being held."""
    with large.connect() as connection:
        connection.execute("SELECT count(*) FROM instances").fetchone()
        before = large.resident()
        peak, count = before, 0
        with connection.cursor() as cursor, cursor.copy("COPY (SELECT a.name, b.name, a.created_at FROM instances a, instances b, (VALUES (1),(2),(3),(4),(5),(6),(7)) t(x)) TO STDOUT") as copy:
            for part in copy:
                count += bytes(part).count(b"\n")
                if count % 200000 < 50:
                    peak = max(peak, large.resident())
        check(count == 400 * 400 * 7, count)
        check(peak - before < 60, before, peak)
    return peak - before


def psql(server):
    env = environment(PGHOST="127.0.0.1", PGPORT=str(server.port), PGUSER="app", PGPASSWORD="secret", PGDATABASE="lightsail")
    def run(command):
        ran = subprocess.run(["psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", command], capture_output=True, text=True, env=env)
        check(ran.returncode == 0 and "ERROR" not in ran.stderr, command, ran.stderr)
        return ran.stdout
    for command, words in {
        "\\d": ["instances", "open_ports"], "\\dt": ["instances"], "\\dv": ["system"], "\\d instances": ["cpu_count", "timestamp with time zone", "json", "text[]"],
        "\\d+ instances": ["cpu_count", "Description"], "\\df": ["List of functions"], "\\l": ["lightsail"], "\\dn": ["public"], "\\dn+": ["public"], "\\du": ["lightsail"], "\\dt+": ["instances"], "\\dp": [], "\\dx": [],
        "SELECT name, state FROM instances LIMIT 2": ["(2 rows)"], "\\conninfo": ["app"],
    }.items():
        out = run(command)
        for word in words:
            check(word in out, command, word, out[:400])
    out = run("\\d+ instances")
    check("name of the instance" in out.lower() or "name" in out, out[:300])
    ran = subprocess.run(["psql", "-X", "-c", "SELECT nme FROM instances"], capture_output=True, text=True, env=env)
    check("LINE 1: SELECT nme" in ran.stderr and "HINT:  did you mean name?" in ran.stderr, ran.stderr)


def documented(server):
    """What docs/serve.md shows is run as it stands."""
    text = (pathlib.Path(__file__).parent / "../../docs/serve.md").read_text()
    env = environment(PGHOST="127.0.0.1", PGPORT=str(server.port), PGUSER="app", PGPASSWORD="secret", PGDATABASE="lightsail")
    shown = 0
    for language, block in re.findall(r"^```(sh|python)\n(.*?)^```$", text, re.M | re.S):
        commands = [["sh", "-c", line] for line in block.splitlines()] if language == "sh" else [[sys.executable, "-c", block]]
        for command in commands:
            ran = subprocess.run(command, capture_output=True, text=True, env=env)
            check(ran.returncode == 0 and "ERROR" not in ran.stderr and ran.stdout, command[-1], ran.stderr)
            shown += 1
    check(shown >= 8, shown)


failed = []


def section(run, *arguments):
    """One after the other, so that a fault in one hides none in the next."""
    try:
        begun = time.monotonic()
        done = run(*arguments)
        print(f"{run.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
        return done
    except (SystemExit, Exception) as error:
        where = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in where if frame.filename == __file__]
        failed.append(run.__name__)
        print(f"{run.__name__}, lines {lines}: {type(error).__name__} {error}"[:3000], flush=True)
        return None


def main():
    configure()
    begun = time.monotonic()
    section(refusals)
    with Server("--cache-ttl", "3600") as server:
        for run in (psql, values, errors, writes, settings, logins, cursors, copies):
            section(run, server)
        section(lambda: asyncio.run(asyncpg_clients(server)))
        for run in (arrow, reflection, dashboards, documented, hostile):
            section(run, server)
        compared = section(tables, server)
        grown = section(memory, server)
        check(server.process.poll() is None)
    with Endpoint("403 region=eu-west-1 operation=GetInstances") as endpoint, endpoint.server() as faults, Server() as server:
        section(notices, server, faults)
    with Endpoint(flags=["--latency-ms", "400"]) as endpoint, endpoint.server() as slow:
        section(endings, slow)
    section(encrypted)
    section(limits)
    if failed:
        raise SystemExit(f"failed: {failed}")
    print(f"{checks} checks, {compared} tables, {grown:.0f} MB more at 1,120,000 rows, {time.monotonic() - begun:.0f} s")


main()
