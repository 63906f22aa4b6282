#!/bin/sh
# Builds the Python package, installs its wheel, and runs its tests: all tables in all libraries, errors, Ctrl-C, forks, memory,
# the documentation and the notebook. LIGHTSAIL_SQL_TEST_QUERIES (200) and LIGHTSAIL_SQL_TEST_ROWS (20000) make them longer.
# usage: tests/conformance/python.sh target/debug/lightsail-sql [PYTEST'S ARGUMENTS]
set -eu
. "$(dirname "$0")/environment.sh"
root="$here/../.."
LIGHTSAIL_SQL_BINARY=$(realpath "$1")
export LIGHTSAIL_SQL_BINARY
shift
wheels="$root/target/wheels"
rm -rf "$wheels"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$venv/bin/maturin" build --profile dev --manifest-path "$root/python/Cargo.toml" --out "$wheels" \
  --strip --interpreter "$python" 2>&1 | tee "$log"
if grep -E '^ *Compiling (datafusion|arrow|parquet)[a-z-]* v' "$log" | grep -v ' datafusion-lightsail v'; then
  echo "the wheel builds DataFusion a second time: python/Cargo.toml says what to do"
  exit 1
fi
"$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheels"/*.whl
"$python" -B -m pytest -q -p no:cacheprovider "$root/python/tests" "$@"
