#!/bin/sh
# Whole processes against the embedded endpoint: this program beside boto3 and the AWS CLI. Needs hyperfine and jq.
# usage: cargo build --release && benches/compare/run.sh target/release/lightsail-sql
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv="$here/../../target/compare"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
exec "$venv/bin/python" -B "$here/compare.py" "$@"
