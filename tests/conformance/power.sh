#!/bin/sh
# Cuts the power after every call that a run makes of the file system: each file is the old one or the new one, whole.
# usage: tests/conformance/power.sh target/debug/lightsail-sql
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v strace >/dev/null; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends strace
fi
export LIGHTSAIL_SQL_CONFIG=/dev/null
exec python3 -B "$here/power.py" "$@"
