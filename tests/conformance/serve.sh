#!/bin/sh
# Asks lightsail-sql's Postgres endpoint with psql, psycopg, asyncpg, SQLAlchemy and what else is installed.
# usage: tests/conformance/serve.sh target/debug/lightsail-sql
set -eu
. "$(dirname "$0")/environment.sh"
exec "$python" -B "$here/serve.py" "$@"
