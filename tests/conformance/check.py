"""Do lightsail-sql, boto3 and the AWS CLI see the same fleet at the embedded endpoint?

usage: check.py BINARY [--endpoint-only]

Starts `BINARY demo` on a free port of this machine, reads its fleet with boto3's client, boto3's paginator and the AWS
CLI, and every other operation as operations.py says, and then compares every field of every row of every table of
BINARY with what boto3 was told (not with --endpoint-only); tables.py says where each table comes from.
Ends with `N passed, 0 failed` and 0, or tells what failed and ends with 1.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from asks import HOME, LISTED, ONE_PAGE, TODAY, Region
from mapping import normal
from operations import check_operations
from rows import check_repeated, check_tables
from tables import item_shape, tables, unplaced

# The example credentials of AWS's documentation; the endpoint on 127.0.0.1 takes any.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
results = Counter()


def check(what, passed, detail=""):
    results[bool(passed)] += 1
    if not passed:
        print(f"FAILED: {what}\n{detail}", file=sys.stderr)


def isolate(home):
    """No setting of the user's, and no call to anything but this machine."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO"))]:
        del os.environ[name]
    nothing = {name: os.devnull for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    os.environ.update(CREDENTIALS, **nothing, AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="", HOME=home)
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")


@contextmanager
def serving(binary, *more):
    """The URL of an endpoint, which stands in the first lines that it prints."""
    command = [binary, "demo", "--listen", "127.0.0.1:0", "--today", f"{TODAY:%F}", *more]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        printed = ""
        for line in server.stdout:
            printed += line
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                return
        sys.exit(f"{' '.join(command)} did not say where it listens:\n{printed}")
    finally:
        server.kill()


def client(url, region=HOME, **more):
    return boto3.client("lightsail", region_name=region, endpoint_url=url, **more)


def by_hand(lightsail, **more):
    """All instances, page by page; and how many pages."""
    instances, token = [], None
    for pages in range(1, 1000):
        page = lightsail.get_instances(**more, **({"pageToken": token} if token else {}))
        instances += page["instances"]
        token = page.get("nextPageToken")
        if not token:
            return instances, pages
    sys.exit("the pages do not end")


def chained(lightsail, size):
    """All instances by the paginator, in runs of `size`, each resumed where the last one left off."""
    instances, token = [], None
    while True:
        limits = {"MaxItems": size, "StartingToken": token}
        run = lightsail.get_paginator("get_instances").paginate(PaginationConfig=limits).build_full_result()
        instances += run["instances"]
        token = run.get("NextToken")
        if not token:
            return instances
        if len(run["instances"]) != size:
            sys.exit(f"a run of MaxItems={size} has {len(run['instances'])} instances and a NextToken")


def aws(url, region, *arguments):
    command = [sys.executable, "-m", "awscli", "lightsail", *arguments]
    command += ["--endpoint-url", url, "--region", region, "--output", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def error_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response
    return {}


def check_errors(url):
    lightsail = client(url, config=Config(retries={"total_max_attempts": 1}))
    try:
        lightsail.get_instance(instanceName="nobody-prod-0001")
        check("GetInstance of a name that is not there", False)
    except lightsail.exceptions.NotFoundException as error:
        check("NotFoundException names the instance", "nobody-prod-0001" in str(error), str(error))
        check("NotFoundException has its members", {"code", "docs", "tip"} <= error.response.keys(), error.response)
        check("errors have a request id", error.response["ResponseMetadata"].get("RequestId"), error.response)

    token = lightsail.get_instances()["nextPageToken"]
    elsewhere = client(url, "us-west-2")
    other = client(url, aws_access_key_id="OTHER", aws_secret_access_key="any")
    unsigned = client(url, config=Config(signature_version=UNSIGNED))
    cases = [
        ("garbage as a token", lightsail.get_instances, {"pageToken": "20"}, "InvalidInputException"),
        ("another region's token", elsewhere.get_instances, {"pageToken": token}, "InvalidInputException"),
        ("another account's token", other.get_instances, {"pageToken": token}, "InvalidInputException"),
        ("no signature", unsigned.get_instances, {}, "MissingAuthenticationTokenException"),
        ("no such region", client(url, "mars-north-1").get_regions, {}, "InvalidSignatureException"),
        ("no such operation", lightsail.get_active_names, {}, "UnknownOperationException"),
    ]
    for what, call, arguments, code in cases:
        response = error_of(call, **arguments)
        check(f"{what} is {code}", response.get("Error", {}).get("Code") == code, response)


def check_region(url, region, shape):
    """Boto3's client, boto3's paginator and the AWS CLI agree; gives what they agree on, health included."""
    lightsail = client(url, region)

    def same(what, instances):
        found = normal(shape, instances)
        detail = f"{len(found)} instances, not {len(plain)}" if len(found) != len(plain) else "other instances"
        check(f"{region}: {what} gives the instances of a loop by hand", found == plain, detail)

    raw, pages = by_hand(lightsail)
    plain = normal(shape, raw)
    check(f"{region}: no instance comes twice", len({one["arn"] for one in raw}) == len(raw))
    check(f"{region}: pages of 20", pages == max(1, -(-len(raw) // 20)), f"{pages} pages, {len(raw)} instances")
    same("the paginator", lightsail.get_paginator("get_instances").paginate().build_full_result()["instances"])
    for size in (7, 20, 33):
        same(f"the paginator in runs of {size}", chained(lightsail, size))
    same("the AWS CLI", aws(url, region, "get-instances")["instances"])
    if raw:
        name = raw[-1]["name"]
        same("GetInstance", [*raw[:-1], lightsail.get_instance(instanceName=name)["instance"]])

    healthy, _ = by_hand(lightsail, includeHealthStatus=True)
    status = {"instanceStatus", "systemStatus"}
    same("asking for health", [{key: one[key] for key in one if key not in status} for one in healthy])
    check(f"{region}: health comes when asked for", all(status <= one.keys() for one in healthy))
    check(f"{region}: health does not come unasked", not any(status & one.keys() for one in raw))
    return normal(shape, healthy)


def check_all_tables(binary, url, read):
    home, sizes = read[HOME], Counter()
    known = tables(home.model)
    lost, needless = unplaced(home.model, known)
    check("every member of every answer has its place", not lost, lost)
    check("every reason for leaving a member out is needed", not needless, needless)
    command = [binary, "--endpoint-url", url, "--region", HOME, "--format", "json"]
    run = subprocess.run([*command, "-c", "SELECT name FROM system.tables WHERE operation IS NOT NULL"], capture_output=True, text=True)
    there = {row["name"] for row in json.loads(run.stdout or "[]")}
    check("every table is compared", there == known.keys(), sorted(there ^ known.keys()) or run.stderr)
    for region in read.values():
        check_repeated(check, region)
        sizes.update(check_tables(check, binary, url, region, home, known))
    check("every table has rows", all(sizes[name] for name in known), [name for name in known if not sizes[name]])


def check_cli(url, region):
    """The AWS CLI on a listing that it pages, on one whose pages are left to its user, and on a look-up."""

    def same(what, operation, found):
        shape, _ = item_shape(region.model, operation)
        sides = [[normal(shape, item) for item in items] for items in (found, region.read(operation, {}))]
        detail = f"{len(found)} items, not {len(sides[1])}" if len(found) != len(sides[1]) else "other items"
        check(f"{region.name}: the AWS CLI's {what} gives the items of a loop by hand", sides[0] == sides[1], detail)

    same("get-disks", "GetDisks", aws(url, region.name, "get-disks")["disks"])
    disks = region.read("GetDisks", {})
    disk = aws(url, region.name, "get-disk", "--disk-name", disks[-1]["name"])["disk"]
    same("get-disk", "GetDisks", [*disks[:-1], disk])
    buckets, more = [], []
    while True:
        page = aws(url, region.name, "get-buckets", *more)
        buckets += page["buckets"]
        if "nextPageToken" not in page:
            break
        more = ["--page-token", page["nextPageToken"]]
    same("get-buckets", "GetBuckets", buckets)
    check(f"{region.name}: the AWS CLI's get-buckets is about more than a page", more)


def check_pages(binary, read):
    """A fleet so large that nearly everything that comes in pages takes several; gives what has one page even so."""
    with serving(binary, "--instances", "1000", "--regions", "1") as url:
        region = Region(check, client(url), HOME)
        known = tables(region.model).items()
        listed = {name: feeds for name, feeds in known if any(feed.operation in LISTED for feed in feeds)}
        check_tables(check, binary, url, region, region, listed)
    regions = [*read.values(), region]
    paged = {operation for one in regions for operation in one.pages if one.has_pages(operation)}
    single = {operation for operation in paged if all(one.pages[operation] < 2 for one in regions)}
    check("all that comes in pages takes several of them", single == ONE_PAGE, sorted(single ^ ONE_PAGE))


def main(binary, endpoint_only):
    with serving(binary) as url:
        regions = client(url).get_regions(includeAvailabilityZones=True)["regions"]
        check("there are 8 regions", len(regions) == 8, regions)
        check("every region has zones", all(region["availabilityZones"] for region in regions), regions)
        check_errors(url)
        listing = client(url).meta.service_model.shape_for("InstanceList")
        fleet = {region["name"]: check_region(url, region["name"], listing) for region in regions}
        check("there are 400 instances", sum(map(len, fleet.values())) == 400)
        check("one region is empty", [] in fleet.values())
        read = check_operations(check, lambda region, **more: client(url, region, **more), list(fleet))
        check_cli(url, read[HOME])
        if not endpoint_only:
            check_all_tables(binary, url, read)
            check_pages(binary, read)
    print(f"{results[True]} passed, {results[False]} failed")
    return 1 if results[False] else 0


if __name__ == "__main__":
    binaries = [argument for argument in sys.argv[1:] if argument != "--endpoint-only"]
    if len(binaries) != 1:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as directory:
        isolate(directory)
        sys.exit(main(os.path.abspath(binaries[0]), "--endpoint-only" in sys.argv))
