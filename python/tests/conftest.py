"""What the tests share: the program whose answers are compared, endpoints with faults, and a connection to the demo fleet."""

import os
import pathlib
import re
import subprocess

import pytest

import lightsail_sql

TODAY = "2026-01-01"
BINARY = os.environ.get("LIGHTSAIL_SQL_BINARY", "target/debug/lightsail-sql")
#: Every run has as many queries as this says; all of them take minutes in a debug build.
QUERIES = int(os.environ.get("LIGHTSAIL_SQL_TEST_QUERIES", "200"))
ROOT = pathlib.Path(__file__).parents[2]


def resident():
    """The memory of this process, in MB."""
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024


class Endpoint:
    """The demo endpoint in a process of its own."""

    def __init__(self, tmp_path, *flags, faults=None):
        script = []
        if faults:
            path = tmp_path / "faults.txt"
            path.write_text(faults + "\n")
            script = ["--faults", str(path)]
        command = [BINARY, "demo", "--listen", "127.0.0.1:0", "--today", TODAY, *script, *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.connections = []

    def connect(self, **options):
        options = {"region": "us-east-1", "endpoint_url": self.url, "max_attempts": 1, **options}
        self.connections.append(lightsail_sql.connect(**options))
        return self.connections[-1]

    def end(self):
        for connection in self.connections:
            connection.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def endpoint(tmp_path, monkeypatch):
    """Makes endpoints that end with the test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "demo")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    made = []

    def make(*flags, faults=None):
        made.append(Endpoint(tmp_path, *flags, faults=faults))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def fleet():
    """A connection to a demo fleet of its own."""
    with lightsail_sql.connect(demo=True, demo_today=TODAY) as connection:
        yield connection
