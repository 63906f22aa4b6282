"""Measures how long 2,000 instances of one region, and of sixteen, take to become a DataFrame: the Python package beside boto3
and pandas, in processes of their own, imports left out, as in a notebook that has made them. Needs the package in this
interpreter's environment.

usage: notebook.py BINARY

Prints rows of a Markdown table; ends with 1 if a bound is missed. Everything runs on 127.0.0.1.
"""

import re
import statistics
import subprocess
import sys

import boto3

REGIONS = (1, 16)
BOUND = 5

BOTO3 = """
import sys, time
import boto3, pandas
begun = time.perf_counter()
rows = []
for region in sys.argv[2].split(","):
    client = boto3.client("lightsail", region_name=region, endpoint_url=sys.argv[1])
    rows += [instance for page in client.get_paginator("get_instances").paginate() for instance in page["instances"]]
frame = pandas.json_normalize(rows)
print(time.perf_counter() - begun, len(frame))
"""

OURS = """
import sys, time
import pandas, pyarrow, lightsail_sql
begun = time.perf_counter()
fleet = lightsail_sql.connect(region=sys.argv[2], endpoint_url=sys.argv[1])
frame = fleet.sql("SELECT * FROM instances").to_pandas()
print(time.perf_counter() - begun, len(frame))
"""

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "demo", "HOME": "/nonexistent"}


def measured(program, url, regions):
    """The middle of seven runs, after one that does not count."""
    seconds = []
    for _ in range(8):
        command = [sys.executable, "-c", program, url, ",".join(regions)]
        took, rows = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout.split()
        assert int(rows) == 2000, rows
        seconds.append(float(took))
    return statistics.median(seconds[1:])


def compared(binary, count):
    """Seconds of ours and of boto3's for a fleet in so many regions."""
    command = [binary, "demo", "--listen", "127.0.0.1:0", "--instances", "2000", "--regions", str(count)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())[0]
        listing = boto3.client(
            "lightsail", "us-east-1", endpoint_url=url, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="demo"
        )
        regions = sorted(region["name"] for region in listing.get_regions()["regions"])
        return measured(OURS, url, regions), measured(BOTO3, url, regions)
    finally:
        server.kill()
        server.wait()


def main():
    (binary,) = sys.argv[1:] or sys.exit(__doc__)
    is_missed = False
    for count in REGIONS:
        ours, theirs = compared(binary, count)
        print(f"| 2,000 instances of {count} region{'s' if count > 1 else ''} into a DataFrame: ours | {ours:.3f} s | |")
        print(f"| … boto3 and pandas | {theirs:.3f} s, {theirs / ours:.1f} × ours | ≥ {BOUND} × |")
        is_missed |= theirs < BOUND * ours
    sys.exit(is_missed)


main()
