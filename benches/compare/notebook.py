"""Measures how long 2,000 instances take to become a DataFrame: the Python package beside boto3 and pandas, in processes of
their own, imports left out, as in a notebook that has made them. Needs the package in this interpreter's environment.

usage: notebook.py BINARY

Prints rows of a Markdown table; ends with 1 if the bound is missed. Everything runs on 127.0.0.1.
"""

import re
import statistics
import subprocess
import sys

BOUND = 5

BOTO3 = """
import sys, time
import boto3, pandas
begun = time.perf_counter()
client = boto3.client("lightsail", region_name="us-east-1", endpoint_url=sys.argv[1])
rows = [instance for page in client.get_paginator("get_instances").paginate() for instance in page["instances"]]
frame = pandas.json_normalize(rows)
print(time.perf_counter() - begun, len(frame))
"""

OURS = """
import sys, time
import pandas, pyarrow, lightsail_sql
begun = time.perf_counter()
fleet = lightsail_sql.connect(region="us-east-1", endpoint_url=sys.argv[1])
frame = fleet.sql("SELECT * FROM instances").to_pandas()
print(time.perf_counter() - begun, len(frame))
"""

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "demo", "HOME": "/nonexistent"}


def measured(program, url):
    """The middle of seven runs, after one that does not count."""
    seconds = []
    for _ in range(8):
        command = [sys.executable, "-c", program, url]
        took, rows = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout.split()
        assert int(rows) == 2000, rows
        seconds.append(float(took))
    return statistics.median(seconds[1:])


def main():
    (binary,) = sys.argv[1:] or sys.exit(__doc__)
    command = [binary, "demo", "--listen", "127.0.0.1:0", "--instances", "2000", "--regions", "1"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())[0]
        ours, boto3 = measured(OURS, url), measured(BOTO3, url)
    finally:
        server.kill()
        server.wait()
    print(f"| 2,000 instances into a DataFrame: ours | {ours:.3f} s | |")
    print(f"| … boto3 and pandas | {boto3:.3f} s, {boto3 / ours:.1f} × ours | ≥ {BOUND} × |")
    sys.exit(boto3 < BOUND * ours)


main()
