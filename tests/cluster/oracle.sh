#!/bin/sh
# Holds the answers of two workers to random queries against DuckDB's, as tests/conformance/oracle.sh does those of one process.
# usage: tests/cluster/oracle.sh target/cluster/debug/lightsail-sql [--queries N] [--seed S] …
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv="$here/../../target/conformance"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/../conformance/requirements.txt"
exec "$venv/bin/python" -B "$here/oracle.py" "$@"
