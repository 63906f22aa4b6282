"""Measures whole processes against the embedded endpoint and holds them against the bounds that we promise.

usage: compare.py BINARY [SECTION ...]

Sections: regions, profiles, first_row, tools, memory; all of them if none is named. Prints a Markdown table: what was
measured, the figure, the bound. Ends with 1 if a bound is missed. Everything runs on 127.0.0.1.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
REGIONS = (
    "us-east-1,us-east-2,us-west-2,eu-west-1,eu-central-1,ap-southeast-2,ap-northeast-1,ca-central-1,"
    "eu-west-2,eu-west-3,eu-north-1,ap-south-1,ap-southeast-1,ap-northeast-2,ap-southeast-3,sa-east-1"
)
QUERY = "SELECT state, count(*) AS n FROM instances GROUP BY state"
missed = []


def report(what, figure, bound, holds):
    print(f"| {what} | {figure} | {bound} | {'yes' if holds else 'NO'} |", flush=True)
    if not holds:
        missed.append(what)


class Endpoint:
    """The demo endpoint in a process of its own."""

    def __init__(self, binary, **options):
        flags = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", str(value))]
        command = [binary, "demo", "--listen", "127.0.0.1:0", *flags]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = re.search(r"http://127\.0\.0\.1:\d+", self.server.stdout.readline())[0]

    def __enter__(self):
        os.environ["AWS_ENDPOINT_URL"] = self.url
        return self

    def __exit__(self, *_):
        self.server.kill()
        self.server.wait()


def hyperfine(*commands, runs=10):
    """The mean wall time of each command, in seconds, all measured in one go."""
    with tempfile.NamedTemporaryFile(suffix=".json") as results:
        options = ["--warmup", "1", "--runs", str(runs), "--export-json", results.name, "--style", "none"]
        subprocess.run(["hyperfine", *options, *commands], check=True, stdout=subprocess.DEVNULL)
        return [result["mean"] for result in json.load(results)["results"]]


def regions(binary):
    """16 regions of 5 pages at 100 ms a page take as long as one region, and the start."""
    with Endpoint(binary, instances=1600, regions=16, latency_ms=100):
        start, wall = hyperfine(f"{binary} -c 'SELECT 1'", f"{binary} --region {REGIONS} -c '{QUERY}'")
    bound = 1.15 * (0.5 + start)
    report("16 regions × 5 pages × 100 ms", f"{wall * 1000:.0f} ms", f"≤ {bound * 1000:.0f} ms", wall <= bound)
    report("start: `SELECT 1`", f"{start * 1000:.0f} ms", "", True)


def profiles(binary):
    """50 accounts in 16 regions at 64 calls at once take as long as 800 × 5 pages can at best."""
    with tempfile.TemporaryDirectory() as home, Endpoint(binary, instances=1600, regions=16, latency_ms=100):
        names = [f"account{number}" for number in range(50)]
        text = "".join(f"[{name}]\naws_access_key_id={name.upper()}\naws_secret_access_key=x\n" for name in names)
        Path(home, "credentials").write_text(text)
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = f"{home}/credentials"
        command = f"{binary} --profile {','.join(names)} --region {REGIONS} --concurrency 64 -c '{QUERY}'"
        (wall,) = hyperfine(command, runs=3)
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    floor = 800 * 5 * 0.1 / 64
    report(
        "16 regions × 50 profiles × 5 pages × 100 ms, 64 at once",
        f"{wall:.2f} s, {wall / floor:.2f} × the floor",
        f"≤ {1.15 * floor:.2f} s",
        wall <= 1.15 * floor,
    )


def first_row(binary):
    """The first row of 50 pages is there after the first."""
    with Endpoint(binary, instances=1000, regions=1, latency_ms=100):
        command = [binary, "--region", "us-east-1", "--format", "csv", "--no-header", "-c", "SELECT name FROM instances"]
        times = []
        for _ in range(10):
            began = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.PIPE)
            process.stdout.read(1)
            times.append(time.perf_counter() - began)
            process.kill()
            process.wait()
    mean = sum(times) / len(times)
    report("first row of 50 pages at 100 ms", f"{mean * 1000:.0f} ms", "≤ 160 ms", mean <= 0.160)


def tools(binary):
    """The same question, asked with what people use today."""
    python, aws = sys.executable, Path(sys.executable).with_name("aws")
    for instances, count, latency, bounds in [(2000, 1, 0, (5, 15)), (1600, 16, 100, (10, 10))]:
        names = ",".join(REGIONS.split(",")[:count])
        with Endpoint(binary, instances=instances, regions=count, latency_ms=latency) as endpoint:
            each = " ".join(names.split(","))
            cli = (
                f"for r in {each}; do {python} {aws} lightsail get-instances --region $r --endpoint-url {endpoint.url}"
                " | jq -c '.instances[].state.name'; done | sort | uniq -c"
            )
            ours, boto3, awscli = hyperfine(
                f"{binary} --region {names} -c '{QUERY}'",
                f"{python} {HERE}/boto3_pandas.py {endpoint.url} {names}",
                cli,
                runs=5,
            )
        what = f"{count} region{'s' * (count > 1)}, {instances} instances, {latency} ms a page"
        report(f"{what}: ours", f"{ours:.3f} s", "", True)
        for name, wall, bound in [("boto3 into pandas", boto3, bounds[0]), ("AWS CLI into jq", awscli, bounds[1])]:
            figure = f"{wall:.3f} s, {wall / ours:.1f} × ours"
            report(f"{what}: {name}", figure, f"≥ {bound} ×", wall >= bound * ours)


def memory(binary):
    """Streaming into Parquet takes the same memory however long the fleet is."""
    peaks = []
    with tempfile.TemporaryDirectory() as directory:
        for instances in (100_000, 1_000_000):
            with Endpoint(binary, instances=instances, regions=16):
                began = time.perf_counter()
                command = [binary, "--region", REGIONS, "-o", f"{directory}/x.parquet", "-c", "SELECT * FROM instances"]
                process = subprocess.Popen(command)
                _, status, usage = os.wait4(process.pid, 0)
                assert status == 0, status
                peaks.append(usage.ru_maxrss / 1024)
                took = time.perf_counter() - began
            what = f"{instances:,} instances to Parquet in {took:.0f} s: resident"
            report(what, f"{peaks[-1]:.0f} MB", "≤ 200 MB", peaks[-1] <= 200)
    growth = peaks[1] / peaks[0]
    report("growth of that from 100,000 to 1,000,000", f"{growth:.2f} ×", "≤ 1.25 ×", growth <= 1.25)


def main():
    binary, *wanted = sys.argv[1:] or sys.exit(__doc__)
    sections = {section.__name__: section for section in (regions, profiles, first_row, tools, memory)}
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO"))]:
        del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="x",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_PAGER="",
        NO_PROXY="127.0.0.1",
    )
    print("| what | measured | bound | held |\n|---|---|---|---|")
    for name in wanted or sections:
        sections[name](os.path.abspath(binary))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
