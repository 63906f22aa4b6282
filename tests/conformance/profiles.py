"""Holds lightsail-sql against botocore: which profiles a pair of configuration files has, and who signs for each.

usage: profiles.py BINARY

An endpoint of this process answers both as STS, SSO and Lightsail: GetInstances answers one instance, whose name is the
access key id that signed. Each case of CASES is a pair of files; botocore says what the profiles, regions and key ids
are, unless the case says where we go beyond it.
"""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

# botocore looks for SSO's tokens beneath what is the home directory when it is imported.
HOME = tempfile.TemporaryDirectory()
os.environ["HOME"] = HOME.name

import botocore.exceptions
import botocore.session

from profile_cases import CASES

FUTURE = "2099-01-01T00:00:00Z"
ASSUMED = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>{1}</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>y</SessionToken>
<Expiration>{2}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId>
<Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser></{0}Result></{0}Response>"""


class Endpoint(BaseHTTPRequestHandler):
    """STS, SSO and Lightsail, as far as both sides ask for them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def scope(self):
        """The access key id and the region of the signature."""
        header = self.headers.get("authorization", "")
        if "Credential=" not in header:
            return "unsigned", ""
        return header.split("Credential=")[1].split("/")[0], header.split("/")[2]

    def do_GET(self):
        query = parse_qs(urlparse(self.path).query)
        key = f"SSO.{query['account_id'][0]}.{query['role_name'][0]}"
        keys = {"accessKeyId": key, "secretAccessKey": "x", "sessionToken": "y", "expiration": 4070908800000}
        self.answer(json.dumps({"roleCredentials": keys}), "application/json")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        key, region = self.scope()
        if "x-amz-target" not in self.headers:
            query = {name: values[0] for name, values in parse_qs(body).items()}
            role = query["RoleArn"].rsplit("/", 1)[1]
            signer = query.get("WebIdentityToken", key)
            parts = ["ROLE", role, query.get("ExternalId", ""), signer]
            self.answer(ASSUMED.format(query["Action"], ".".join(parts), FUTURE), "text/xml")
            return
        instance = {"name": key, "location": {"regionName": region}}
        self.answer(json.dumps({"instances": [instance]}), "application/x-amz-json-1.1")

    def answer(self, text, kind):
        data = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def write_sso_token(name):
    """What `aws sso login` leaves behind."""
    cache = os.path.join(HOME.name, ".aws", "sso", "cache")
    os.makedirs(cache, exist_ok=True)
    token = {"accessToken": "t", "expiresAt": FUTURE, "startUrl": name, "region": "us-east-1"}
    with open(os.path.join(cache, hashlib.sha1(name.encode()).hexdigest() + ".json"), "w") as file:
        json.dump(token, file)


def botocore_says(case):
    """The region and key id of each profile, or the message with which botocore refuses the file."""
    says = {}
    try:
        for name in botocore.session.Session().available_profiles:
            session = botocore.session.Session(profile=name)
            region, key = session.get_config_variable("region"), None
            # STS wants one, wherever the profile is at home.
            session.set_config_variable("region", "us-east-1")
            try:
                if name not in case.get("errors", {}):
                    credentials = session.get_credentials()
                    key = credentials and credentials.get_frozen_credentials().access_key
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
                if name not in case.get("errors", {}):
                    return f"{name}: {error!r}"
                key = None
            says[name] = (region, key)
    except botocore.exceptions.ConfigParseError as error:
        return str(error)
    return says


def we_say(binary, profiles, *args):
    """The rows of each profile, and all that was said on standard error."""
    sql = "SELECT profile, region, name FROM instances"
    command = [binary, "--profile", profiles, "--allow-partial", "--format", "csv", *args, "-c", sql]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    rows = list(csv.reader(io.StringIO(run.stdout)))[1:]
    return {name: (region, key) for name, region, key in rows}, run.stderr


def check(binary, case):
    """What is wrong with a case, or nothing."""
    expected = botocore_says(case)
    if "reads" in case:
        if not isinstance(expected, str):
            return "botocore reads it by now: drop `reads`"
        expected = case["reads"]
    costs = case.get("costs", {})
    if isinstance(expected, str):
        if not costs:
            return f"botocore refuses it: {expected}"
        expected = {}
    errors = {name: f"line {line}" for name, line in costs.items()} | case.get("errors", {})
    profiles = "*" if not case.get("names") else case["names"]
    keys, said = we_say(binary, profiles, "--region", "us-east-1")
    regions, _ = we_say(binary, profiles)
    for name, text in errors.items():
        lines = [line for line in said.splitlines() if f"profile {name}" in line]
        if not any(text in line for line in lines):
            return f"no error of profile {name} says {text!r}: {said}"
    if costs:
        # Beside what the line costs, all is as if the line were not there.
        expected = case.get("beside", {})
    ours = {name: (regions.get(name, (None,))[0], key) for name, (_, key) in keys.items()}
    theirs = {name: pair for name, pair in expected.items() if pair[1] is not None}
    return None if ours == theirs else f"we say {ours}, botocore {theirs}: {said}"


def main():
    binary = os.path.abspath(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    failures = 0
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    for case in CASES:
        with tempfile.TemporaryDirectory() as home:
            paths = {"config": "AWS_CONFIG_FILE", "credentials": "AWS_SHARED_CREDENTIALS_FILE"}
            environment = {
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            }
            for file, variable in paths.items():
                environment[variable] = os.path.join(home, file)
                text = case.get(file, "").replace("HOME", home)
                with open(environment[variable], "wb") as out:
                    out.write(text.encode("utf-8", "surrogateescape"))
            for path, text in case.get("files", {}).items():
                with open(os.path.join(home, path), "w") as out:
                    out.write(text)
            for token in case.get("sso", []):
                write_sso_token(token)
            before = dict(os.environ)
            os.environ.update(environment | case.get("env", {}))
            try:
                wrong = check(binary, case)
            finally:
                os.environ.clear()
                os.environ.update(before)
            if wrong:
                failures += 1
                print(f"profiles: {case['title']}: {wrong}")
    print(f"profiles: {len(CASES) - failures} of {len(CASES)} pairs of files as botocore reads them")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
