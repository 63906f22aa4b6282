#!/bin/sh
# Asks lightsail-sql's MCP server with the protocol's own Python client, and with lines written by hand.
# usage: tests/conformance/mcp.sh target/debug/lightsail-sql
set -eu
. "$(dirname "$0")/environment.sh"
exec "$python" -B "$here/agents.py" "$@"
