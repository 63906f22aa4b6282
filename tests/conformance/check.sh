#!/bin/sh
# Holds lightsail-sql and its embedded endpoint against boto3 and the AWS CLI.
# usage: tests/conformance/check.sh target/debug/lightsail-sql
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv="$here/../../target/conformance"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
exec "$venv/bin/python" -B "$here/check.py" "$@"
