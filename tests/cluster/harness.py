"""Real processes on this machine: workers with credential files that have no profile in common, a coordinator without any,
and a demo endpoint that takes 100 ms for each page, whose calls are noted.
"""

import csv
import os
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
LETTERS = "abcd"
failures, processes = [], []


def holds(is_so, what, details=""):
    print(("ok    " if is_so else "WRONG ") + what, flush=True)
    if not is_so:
        failures.append(what)
        print(details, flush=True)


class Run:
    """A run of the program that has ended, or has not."""

    def __init__(self, args, environment=None, **more):
        self.begun = time.monotonic()
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | more
        self.process = subprocess.Popen([PROGRAM, *args], env={**ENVIRONMENT, **(environment or {})}, **given)

    def end(self, within=60):
        self.out, self.err = self.process.communicate(timeout=within)
        self.took = time.monotonic() - self.begun
        self.code = self.process.returncode
        return self

    @property
    def notes(self):
        return [line for line in self.err.splitlines() if not line.startswith("wrote")]


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


def credentials(name, profiles):
    """A credentials file with the key of each profile; the name of a profile may be another's key."""
    text = "".join(
        f"[{profile}]\naws_access_key_id={key_of(owner)}\naws_secret_access_key=demo\n" for profile, owner in profiles
    )
    (folder / name).write_text(text)
    return {"AWS_SHARED_CREDENTIALS_FILE": str(folder / name), "AWS_REGION": "us-east-1"}


def key_of(profile):
    return f"AKIACLUSTERTEST{profile[1:].upper()}"


def of(number):
    """The profiles of a worker."""
    return [(f"w{number}{letter}",) * 2 for letter in LETTERS]


def worker(number, *args, profiles=None, at=None, port=0, region="us-east-1"):
    environment = credentials(f"credentials{number}", profiles or of(number)) | {"AWS_REGION": region}
    url = f"http://127.0.0.1:{(at or endpoint).port}"
    return started(["worker", "--listen", f"127.0.0.1:{port}", "--endpoint-url", url, *args], environment)


def one(*args, profile="*"):
    """One process with all profiles."""
    environment = credentials("credentials", every)
    return Run(["--endpoint-url", f"http://127.0.0.1:{alone.port}", "--profile", profile, *args], environment)


def many(*args, ports=None, environment=None, **more):
    """A coordinator of the workers at these ports, or of all."""
    addresses = ",".join(f"127.0.0.1:{port}" for port in ports or [port for _, port in workers])
    return Run(["--workers", addresses, *args], environment, **more)


def rows(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def wait_for(what, within=20):
    end = time.monotonic() + within
    while not what():
        if time.monotonic() > end:
            raise SystemExit("waited in vain")
        time.sleep(0.01)


def has_asked(mark, number, calls=3):
    """Waits until a worker has made so many calls."""
    asked = lambda: sum(count for (profile, _, _), count in endpoint.since(mark).items() if profile[1] == str(number))
    wait_for(lambda: asked() >= calls)


def is_silent(after):
    """Whether nobody asks the endpoint any more from a second on."""
    time.sleep(2)
    return not [call for call in endpoint.calls if call.at > after + 1]


def begin():
    """Starts the endpoints and the workers."""
    global behind, endpoint, alone, workers
    _, port = started(["demo", "--listen", "127.0.0.1:0", "--latency-ms", str(LATENCY), "--today", "2026-06-01"])
    keys = {key_of(profile): profile for profile, _ in every}
    behind = port, keys
    endpoint, alone = Endpoint(*behind), Endpoint(*behind)
    workers = [worker(number) for number in range(1, WORKERS + 1)]


every = [profile for number in range(1, WORKERS + 1) for profile in of(number)]
# Removed when the process ends.
temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LIGHTSAIL_", "PG"))}
ENVIRONMENT |= {"LIGHTSAIL_SQL_CONFIG": "/dev/null", "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
