"""What a script of today does: boto3's paginator over regions, one after another, into a pandas frame."""

import sys

import boto3
import pandas

url, regions = sys.argv[1], sys.argv[2].split(",")
rows = []
for region in regions:
    client = boto3.client("lightsail", region_name=region, endpoint_url=url)
    for page in client.get_paginator("get_instances").paginate():
        rows += page["instances"]
frame = pandas.json_normalize(rows)
print(frame.groupby("state.name").size())
