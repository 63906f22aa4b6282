"""A running `lightsail-sql serve`, its endpoint, and what the checks of it are written with."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

import asyncpg
import psycopg

BINARY = os.path.abspath(sys.argv[1])
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
        lines = [f"{pathlib.Path(frame.filename).stem}:{frame.lineno}" for frame in where if "conformance" in frame.filename]
        failed.append(run.__name__)
        print(f"{run.__name__}, lines {lines}: {type(error).__name__} {error}"[:3000], flush=True)
        return None
