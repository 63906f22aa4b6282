#!/bin/sh
# Holds the answers of lightsail-sql to random queries against DuckDB's.
# usage: tests/conformance/oracle.sh target/debug/lightsail-sql [--queries N] [--seed S] …
set -eu
. "$(dirname "$0")/environment.sh"
exec "$python" -B "$here/oracle/main.py" "$@"
