#!/bin/sh
# Holds lightsail-sql and its embedded endpoint against boto3 and the AWS CLI.
# usage: tests/conformance/check.sh target/debug/lightsail-sql
set -eu
. "$(dirname "$0")/environment.sh"
"$python" -B "$here/profiles.py" "$1"
exec "$python" -B "$here/check.py" "$@"
