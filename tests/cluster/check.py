#!/usr/bin/env python3
"""Statements over three workers, held to one process that asks the same profiles; and what goes wrong with workers.

usage: tests/cluster/check.py target/cluster/debug/lightsail-sql

Real processes on this machine: workers with credential files that have no profile in common, a coordinator without any,
and one demo endpoint that takes 100 ms for each page.
"""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from endpoint import Endpoint

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.argv[1]).resolve()
LATENCY = 100
WORKERS = 3
OF_EACH = 4
QUERIES = """
backup/databases_without_backups backup/newest_snapshots backup/unprotected cost/disks_not_in_use cost/fleet_by_bundle
cost/monthly_costs_by_region cost/storage_by_region health/failed_auto_mounts health/stopped_instances
health/unhealthy_targets inventory/duplicate_names inventory/everything_by_region inventory/fleet_by_zone
inventory/instances_on_retired_images inventory/tag_keys network/dangling_dns_entries network/unattached_static_ips
security/certificates_pending security/ipv6_exposure security/open_ports_by_service security/public_databases
""".split()
STATEMENTS = [
    "SELECT profile, region, count(*), sum(cpu_count), avg(ram_size_in_gb) FROM instances GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT count(DISTINCT bundle_id), max(created_at) FROM instances WHERE state = 'running'",
    "SELECT profile, name, cpu_count FROM instances ORDER BY cpu_count DESC, profile, name LIMIT 7 OFFSET 3",
    "SELECT i.profile, i.name, d.name FROM instances AS i JOIN disks AS d ON d.attached_to = i.name"
    " AND d.region = i.region AND d.profile = i.profile ORDER BY 1, 2, 3",
    "SELECT a.name, count(*) FROM instances AS a JOIN instances AS b ON a.name = b.name GROUP BY 1 ORDER BY 1",
    "SELECT profile, name FROM instances WHERE cpu_count = (SELECT max(cpu_count) FROM instances) ORDER BY 1, 2",
    "SELECT kind, count(*) FROM (SELECT 'instance' AS kind, profile FROM instances"
    " UNION ALL SELECT 'disk', profile FROM disks) GROUP BY kind ORDER BY kind",
    "SELECT profile, row_number() OVER (PARTITION BY profile ORDER BY name) AS n, name FROM disks ORDER BY 1, 2",
    "SELECT name FROM instances WHERE profile = 'w2b' AND name = 'web-prod-0001'",
]
failures = []


def holds(is_so, what, details=""):
    print(("ok    " if is_so else "WRONG ") + what, flush=True)
    if not is_so:
        failures.append(what)
        print(details, flush=True)


class Run:
    """A run of the program that has ended, or has not."""

    def __init__(self, args, environment=None, **more):
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [PROGRAM, *args], env={**ENVIRONMENT, **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def end(self, within=60):
        self.out, self.err = self.process.communicate(timeout=within)
        self.took = time.monotonic() - self.begun
        self.code = self.process.returncode
        return self


def listening(process):
    """The port that a program says it listens at."""
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"nothing listens: {process.stderr.read()}")
    return int(line.split(",")[0].strip().rsplit(":", 1)[1])


def started(args, environment=None):
    run = Run(args, environment)
    processes.append(run.process)
    return run.process, listening(run.process)


def worker(number, *args):
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(folder / f"credentials{number}"), "AWS_REGION": "us-east-1"}
    return started(["worker", "--listen", "127.0.0.1:0", "--endpoint-url", url, *args], environment)


def one(*args):
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"), "AWS_REGION": "us-east-1"}
    return Run(["--endpoint-url", f"http://127.0.0.1:{alone.port}", "--profile", "*", *args], environment)


def many(*args, ports=None):
    addresses = ",".join(f"127.0.0.1:{port}" for port in ports or [port for _, port in workers])
    return Run(["--workers", addresses, *args])


def rows(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def wait_for(what, within=20):
    end = time.monotonic() + within
    while not what():
        if time.monotonic() > end:
            raise SystemExit("waited in vain")
        time.sleep(0.01)


def is_silent(after):
    """Whether nobody asks the endpoint any more from a second on."""
    time.sleep(2)
    return not [call for call in endpoint.calls if call.at > after + 1]


def compare():
    """The same rows and the same calls as one process."""
    files = [(name, [str(ROOT / "queries" / f"{name}.sql")]) for name in QUERIES]
    for name, what in files + [(statement, ["-c", statement]) for statement in STATEMENTS]:
        runs = [(who, asked, asked.mark(), folder / f"{who}.csv") for who, asked in (("one", alone), ("many", endpoint))]
        started = [run("--format", "csv", "-o", str(path), *what) for run, (*_, path) in zip((one, many), runs)]
        found = {}
        for run, (who, asked, mark, path) in zip(started, runs):
            if run.end().code != 0:
                holds(False, f"{name}: {who} answers", run.err)
                continue
            is_ordered = "ORDER BY" in (what[1] if what[0] == "-c" else Path(what[0]).read_text())
            table = rows(path)
            notes = [line for line in run.err.splitlines() if not line.startswith("wrote")]
            found[who] = (table if is_ordered else sorted(table), asked.since(mark), notes)
        if len(found) == 2:
            same = [first == second for first, second in zip(found["one"], found["many"])]
            details = "\n".join(f"{first}\n{second}" for first, second in zip(found["one"], found["many"]) if first != second)
            said = ["rows differ", "calls differ", "notes differ"]
            wrong = ", ".join(what for what, is_same in zip(said, same) if not is_same)
            holds(all(same), f"{len(found['one'][0]) - 1} rows, {sum(found['one'][1].values())} calls: {name[:90]} {wrong}",
                  details[:2000])


def limit():
    mark = endpoint.mark()
    ended = many("-c", "SELECT name FROM instances LIMIT 5", "--format", "csv").end()
    calls = endpoint.since(mark)
    worst = max(sum(count for (profile, _, _), count in calls.items() if profile[1] == str(number + 1))
                for number in range(WORKERS))
    holds(ended.code == 0 and ended.out.count("\n") == 6, "LIMIT 5 has five rows", ended.err)
    holds(max(calls.values()) == 1 and worst <= OF_EACH, f"LIMIT 5 asks no target for a second page: {dict(calls)}")


def explain():
    ended = many("-c", "EXPLAIN SELECT count(*) FROM instances").end()
    names = [f"127.0.0.1:{port} asks [w{number + 1}a/us-east-1" for number, (_, port) in enumerate(workers)]
    holds(all(name in ended.out for name in names), "EXPLAIN says which worker asks which targets", ended.out)


def records():
    mark = endpoint.mark()
    ended = many("--format", "csv", "-c", "SELECT count(*) FROM instances",
                 "-c", "SELECT count(DISTINCT profile), bool_and(complete), sum(pages) FROM system.scans",
                 "-c", "SELECT count(*), count(DISTINCT profile) FROM system.api_calls").end()
    calls = sum(endpoint.since(mark).values())
    found = [line for line in ended.out.splitlines() if line][1::2]
    holds(found[1:] == [f"12,true,{calls}", f"{calls},12"],
          "system.scans and system.api_calls have what the workers read", ended.out + ended.err)


def killed():
    """A worker that dies fails the statement by its name, and leaves an older file as it was."""
    path = folder / "old.csv"
    path.write_text("as it was\n")
    mark = endpoint.mark()
    run = many("--region", "all", "--format", "csv", "-o", str(path), "-c", "SELECT * FROM instances")
    process, port = workers[1]
    wait_for(lambda: sum(count for (profile, _, _), count in endpoint.since(mark).items() if profile[1] == "2") >= 3)
    process.send_signal(signal.SIGKILL)
    died = time.monotonic()
    run.end()
    names = f"127.0.0.1:{port} (profiles w2a, w2b, w2c, w2d)"
    took = run.begun + run.took - died
    holds(run.code == 254 and names in run.err and took < 2,
          f"kill -9 fails the statement with 254, the worker and its profiles, after {took:.1f} s",
          f"{run.code}: {run.err}")
    holds(path.read_text() == "as it was\n", "and leaves the file as it was")
    holds(is_silent(max(died, run.begun + run.took)), "and nobody asks a second later")
    run = many("-c", "SELECT count(*) FROM instances").end()
    holds(run.code == 254 and f"127.0.0.1:{port}" in run.err, "a worker that is not there is named", run.err)
    workers[1] = worker(2)


def partial():
    mark = endpoint.mark()
    path = folder / "partial.csv"
    run = many("--allow-partial", "--region", "all", "--format", "csv", "-o", str(path), "-c",
               "SELECT profile, count(*) FROM instances GROUP BY profile ORDER BY profile")
    wait_for(lambda: sum(count for (profile, _, _), count in endpoint.since(mark).items() if profile[1] == "3") >= 3)
    workers[2][0].send_signal(signal.SIGKILL)
    run.end()
    found = [row[0] for row in rows(path)[1:]] if path.exists() else []
    expected = [f"w{number}{letter}" for number in (1, 2) for letter in "abcd"]
    holds(run.code == 3 and found == expected, "--allow-partial has the rows of the others and exit code 3",
          f"{run.code}: {found} {run.err}")
    named = [f"w{number}{letter}" for number in (1, 2, 3) for letter in "abcd"
             if f"w{number}{letter}/" in run.err or f"w{number}{letter} " in run.err]
    holds("PARTIAL" in run.err.upper() and "is gone" in run.err and not [name for name in named if name[1] != "3"],
          "and says that those of this worker are missing, and no others", run.err)
    workers[2] = worker(3)


def stopped():
    """A worker that vanishes without a word."""
    mark = endpoint.mark()
    run = many("--region", "all", "-c", "SELECT count(*) FROM instances")
    process, port = workers[0]
    wait_for(lambda: sum(count for (profile, _, _), count in endpoint.since(mark).items() if profile[1] == "1") >= 3)
    process.send_signal(signal.SIGSTOP)
    at = time.monotonic()
    run.end()
    took = time.monotonic() - at
    holds(run.code == 254 and f"127.0.0.1:{port}" in run.err and took < 25,
          f"a worker that vanishes is an error after {took:.0f} s", f"{run.code}: {run.err}")
    process.send_signal(signal.SIGCONT)


def interrupted():
    mark = endpoint.mark()
    run = many("--region", "all", "-c", "SELECT * FROM instances")
    wait_for(lambda: len(endpoint.calls) > mark + 20)
    run.process.send_signal(signal.SIGINT)
    at = time.monotonic()
    run.end()
    holds(run.code == 130 and is_silent(at), "Ctrl-C ends all workers' calls within a second", f"{run.code} {run.err}")


def refused():
    """What does not match, or is not known, is refused."""
    other = folder / "other-build"
    text = PROGRAM.read_bytes()
    own = b"(debug build)" if b"(debug build)" in text else b"(commit "
    other.write_bytes(text.replace(own, own.swapcase()))
    other.chmod(0o755)
    addresses = ",".join(f"127.0.0.1:{port}" for _, port in workers)
    run = subprocess.run([other, "--workers", addresses, "-c", "SELECT count(*) FROM instances"], env=ENVIRONMENT,
                         capture_output=True, text=True, timeout=30)
    holds(run.returncode == 2 and "same build" in run.stderr, "another build is refused", run.stderr)
    run = many("--profile", "nobody", "-c", "SELECT count(*) FROM instances").end()
    holds(run.code == 253 and "nobody" in run.err, "a profile that no worker has is named", run.err)
    run = Run(["worker", "--listen", "0.0.0.0:0"], {"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials1")}).end()
    holds(run.code == 2 and "--tls-cert" in run.err, "no worker listens to other machines in the clear", run.err)
    run = Run(["--workers", "192.0.2.1:7447", "-c", "SELECT 1"]).end()
    holds(run.code == 2 and "--workers-ca" in run.err, "no other machine is asked in the clear", run.err)
    run = many("--max-items", "5", "-c", "SELECT name FROM instances").end()
    holds(run.code == 2, "--max-items is refused", run.err)


def authority(name):
    """An authority and a certificate of this machine's that it has signed."""
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=folder)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout",
            f"{name}-ca.key", "-out", f"{name}-ca.pem", "-subj", f"/CN={name} authority")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", "-subj", f"/CN={name}")
    (folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{name}-ca.pem", "-CAkey", f"{name}-ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    return [str(folder / f"{name}{end}") for end in ("-ca.pem", ".pem", ".key")]


def encrypted():
    ours, strange = authority("ours"), authority("strange")
    _, port = worker(1, "--tls-cert", ours[1], "--tls-key", ours[2], "--client-ca", ours[0])
    statement = ["-c", "SELECT count(*) FROM regions", "--format", "csv"]
    asked = lambda ca, cert, key: many("--workers-ca", ca, "--workers-cert", cert, "--workers-key", key, *statement, ports=[port]).end()
    run = asked(*ours)
    holds(run.code == 0 and run.out.count("\n") == 2, "with certificates of each other's authority they talk", run.err)
    run = asked(ours[0], strange[1], strange[2])
    holds(run.code == 254 and not run.out, "a coordinator with a strange certificate is refused", f"{run.code} {run.err}")
    run = asked(strange[0], ours[1], ours[2])
    holds(run.code == 254 and not run.out, "a worker with a strange certificate is not trusted", f"{run.code} {run.err}")
    run = many(*statement, ports=[port]).end()
    holds(run.code == 254 and not run.out, "plaintext is refused", f"{run.code} {run.err}")


with tempfile.TemporaryDirectory() as name:
    folder, processes, begun = Path(name), [], time.monotonic()
    keys = {}
    for number in range(1, WORKERS + 1):
        text = ""
        for letter in "abcd"[:OF_EACH]:
            key = f"AKIACLUSTERTEST{number}{letter.upper()}"
            keys[key] = f"w{number}{letter}"
            text += f"[w{number}{letter}]\naws_access_key_id={key}\naws_secret_access_key=demo\n"
        (folder / f"credentials{number}").write_text(text)
    whole = "".join((folder / f"credentials{number}").read_text() for number in range(1, WORKERS + 1))
    (folder / "credentials").write_text(whole)
    ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LIGHTSAIL_", "PG"))}
    ENVIRONMENT |= {"LIGHTSAIL_SQL_CONFIG": "/dev/null", "AWS_CONFIG_FILE": "/dev/null",
                    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
    try:
        _, behind = started(["demo", "--listen", "127.0.0.1:0", "--latency-ms", str(LATENCY), "--today", "2026-06-01"])
        endpoint, alone = Endpoint(behind, keys), Endpoint(behind, keys)
        url = f"http://127.0.0.1:{endpoint.port}"
        workers = [worker(number) for number in range(1, WORKERS + 1)]
        for check in (compare, limit, explain, records, interrupted, killed, partial, stopped, refused, encrypted):
            at = time.monotonic()
            check()
            print(f"      {check.__name__}: {time.monotonic() - at:.1f} s", flush=True)
    finally:
        for process in processes:
            process.kill()
    print(f"{time.monotonic() - begun:.0f} s, {len(failures)} wrong")
sys.exit(bool(failures))
