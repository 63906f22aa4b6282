"""Checks `lightsail-sql serve`: who comes in, how statements end, what limits hold, and what clients see (serve_answers.py,
serve_clients.py)."""

import contextlib
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import psycopg

import replay
import serve_answers as answers
import serve_clients as clients
import serving
from serving import BINARY, CONFIG, HOME, Endpoint, Server, check, configure, environment, fails, section


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
    # So does a button that stops, which asks on another connection.
    with slow.connect() as connection, slow.connect() as other:
        pid = connection.execute("SELECT pg_backend_pid()").fetchone()[0]
        check((pid, "idle") in other.execute("SELECT pid, state FROM pg_stat_activity").fetchall())
        stopped = []
        timer = threading.Timer(0.7, lambda: stopped.extend(other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid='{pid}'").fetchall()))
        timer.start()
        fails(lambda: connection.execute(sql), "57014", "user request")
        timer.join()
        check(stopped == [(True,)], stopped)
        check(other.execute("SELECT pg_cancel_backend(%s)", [pid]).fetchone() == (False,), "it runs nothing")
        quiet(slow)
    # The first rows are there while others are still to come.
    with slow.connect() as connection, connection.cursor() as cursor:
        rows = cursor.stream("SELECT name FROM instances")
        next(rows)
        calls = slow.metrics()["api_calls_total"]
        check(len(list(rows)) > 100 and slow.metrics()["api_calls_total"] > calls, calls)
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


def shares():
    """A client has a share of the memory; beyond it its statement fails, and others have theirs."""
    with Server("--memory-limit", "64 MB", "--max-memory", "16 MB") as server:
        # It holds 10 MB for as long as it is read.
        holding = "SELECT a, b FROM (SELECT lpad(CAST(v AS VARCHAR), 1000, 'x') AS a FROM generate_series(1, 10000) AS s(v)) CROSS JOIN generate_series(1, 1000000000) AS t(b)"
        with psycopg.connect(**server.to()) as one, psycopg.connect(**server.to()) as other:
            one.execute(f"DECLARE a CURSOR FOR {holding}")
            check(len(one.execute("FETCH 1 FROM a").fetchall()) == 1)
            one.execute("SAVEPOINT s")
            one.execute(f"DECLARE b CURSOR FOR {holding}")
            fails(lambda: one.execute("FETCH 1 FROM b"), "53200", "--max-memory", "--memory-limit")
            other.execute(f"DECLARE a CURSOR FOR {holding}")
            check(len(other.execute("FETCH 1 FROM a").fetchall()) == 1)
            other.execute("CLOSE a")
            one.rollback()
            for sql in ("SET lightsail.memory_limit = '17 MB'", "SET lightsail.page_memory = '1 GB'", "SELECT set_config('statement_timeout', '1h', false)"):
                fails(lambda: one.execute(sql), "22023")
                one.rollback()
            one.execute("SET lightsail.memory_limit = '8 MB'")
            one.execute(f"DECLARE a CURSOR FOR {holding}")
            fails(lambda: one.execute("FETCH 1 FROM a"), "53200", "--max-memory")
        for options in ("-c lightsail.memory_limit=1GB", "-c lightsail.page_memory=1GB", "-c statement_timeout=1h"):
            try:
                server.connect(options=options)
            except psycopg.OperationalError as error:
                check("at most here" in str(error) or "for all clients" in str(error), error)
                continue
            raise SystemExit(f"let in with {options}")


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
    random.seed(7)
    startup = struct.pack("!i", 196608) + b"user\0app\0database\0x\0\0"
    startup = struct.pack("!i", len(startup) + 4) + startup
    count = int(os.environ.get("SERVE_HOSTILE", "200"))
    files = open_files(server)
    with server.connect() as connection:
        here = server.metrics()["connections"]
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
            client = server.connect()
            with contextlib.suppress(psycopg.Error, OSError):
                fd = os.dup(client.pgconn.socket)
                message = random.choice(b"QPBDECHSdcf").to_bytes(1, "big")
                body = random.randbytes(random.randrange(0, 60))
                os.write(fd, message + struct.pack("!i", len(body) + 4) + body)
                time.sleep(0.002)
                os.close(fd)
                client.close()
        # Whoever has gone is not counted any more.
        deadline = time.monotonic() + 5
        while server.metrics()["connections"] > here and time.monotonic() < deadline:
            time.sleep(0.05)
        check(server.metrics()["connections"] <= here, here, server.metrics())
        statements = ["(" * 5000 + "1" + ")" * 5000, "SELECT " + "1+" * 20000 + "1", "SELECT '" + "x" * 100000 + "'", "SELECT * FROM generate_series(1, 1000000000000)", "SELECT repeat('a', 1000000000)", "\u202e\x1b[2J", ";" * 30000, "SELECT $1", "DECLARE", "FETCH", "COPY", "SET", "SHOW", "BEGIN; SELECT", "EXECUTE x", "DEALLOCATE nothing", "SELECT array(SELECT 1 FROM pg_auth_members", "SELECT 'a'::regclass", "SELECT \"\"", "/*"]
        connection.execute("SET statement_timeout = '1s'")
        for sql in statements:
            with contextlib.suppress(psycopg.Error):
                connection.execute(sql)
        # And a tenth as many statements as packets, made of the words of others.
        seeds = [*answers.WRITES, *clients.PANELS, *(statement.sql for statement in replay.all_statements())]
        words = [word for sql in seeds for word in re.findall(r"\w+|\S", sql)]
        for number in range(count // 10):
            parts = re.findall(r"\w+|\S", random.choice(seeds))
            for _ in range(random.randrange(1, 6) if parts else 0):
                at = random.randrange(len(parts) or 1)
                parts[at : at + random.randrange(3)] = random.choice([[], [random.choice(words)], [random.choice(words)] * 2, ["'"], ["("], ["'/etc/passwd'"]])
            sql = " ".join(parts)
            try:
                connection.execute(sql)
            except psycopg.Error as error:
                check(error.sqlstate and not error.sqlstate.startswith("XX") and "root:" not in str(error), sql, error.sqlstate, str(error))
                connection.rollback()
            if number % 20 == 0:
                check(open_files(server) <= files, open_files(server), files, sql)
        connection.execute("DISCARD ALL")
        check(connection.execute("SELECT count(*) FROM instances").fetchone() == (400,))
    check(server.process.poll() is None and not (HOME / "x.csv").exists())


def open_files(server):
    """The files that the server has open, beside sockets and the like."""
    links = pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()
    found = set()
    for link in links:
        with contextlib.suppress(OSError):
            found.add(os.readlink(link))
    return {name for name in found if name.startswith("/")}


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


def main():
    configure()
    begun = time.monotonic()
    section(refusals)
    with Server("--cache-ttl", "3600") as server:
        for run in (answers.values, answers.errors, answers.writes, answers.settings, answers.transactions, answers.formats, answers.parameters, answers.names, logins, answers.cursors, answers.copies):
            section(run, server)
        for run in (clients.psql, clients.recorded, clients.registers, clients.asyncpg_client, clients.arrow, clients.reflection, clients.pgcli_completion, clients.odbc, clients.jdbc, clients.dashboards, clients.documented, clients.load):
            section(run, server)
        section(hostile, server)
        compared = section(answers.tables, server)
        grown = section(memory, server)
        check(server.process.poll() is None)
    with Endpoint("403 region=eu-west-1 operation=GetInstances") as endpoint, endpoint.server() as faults, Server() as server:
        section(answers.notices, server, faults)
    with Endpoint(flags=["--latency-ms", "400"]) as endpoint, endpoint.server() as slow:
        section(endings, slow)
    with Endpoint(flags=["--latency-ms", "100"]) as endpoint, endpoint.server("--cache-ttl", "1s") as slow:
        section(clients.at_once, slow)
    section(encrypted)
    section(limits)
    section(shares)
    if serving.failed:
        raise SystemExit(f"failed: {serving.failed}")
    print(f"{serving.checks} checks, {compared} tables, {grown:.0f} MB more at 1,120,000 rows, {time.monotonic() - begun:.0f} s")


main()
