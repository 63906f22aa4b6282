#!/bin/sh
# Asks lightsail-sql's Postgres endpoint with psql, drivers and what else is installed.
# usage: tests/conformance/serve.sh target/debug/lightsail-sql
# SERVE_HOSTILE packets mean harm (200), and 64 connections ask for SERVE_LOAD seconds (3).
set -eu
. "$(dirname "$0")/environment.sh"
npm install --silent --no-audit --no-fund --prefix "$venv/node" pg@8.23.0 pg-cursor@2.22.1
exec "$python" -B "$here/serve.py" "$@"
