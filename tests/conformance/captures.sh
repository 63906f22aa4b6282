#!/bin/bash
# Lets DuckDB, pandas and polars read captures of the demo fleet, as docs/captures.md shows it.
# usage: tests/conformance/captures.sh target/debug/lightsail-sql
set -euo pipefail
. "$(dirname "$0")/environment.sh"

binary=$(realpath "$1")
bin=$(realpath "$venv/bin")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tables=instances,disks,ports,tags,certificates,buckets,domain_entries
for day in 2026-01-01 2026-01-02; do
  "$binary" capture fleet -q --tables "$tables" --demo --demo-today "$day"
done

commands=$(sed -n '/^```sh captures$/,/^```$/p' "$here/../../docs/captures.md" | sed '1d;$d')
test "$(grep -c . <<<"$commands")" -gt 2
while IFS= read -r line; do
  printf '$ %s\n' "$line"
  PATH="$bin:$PATH" bash -euo pipefail -c "$line"
done <<<"$commands"

# What they read is what we read.
ours() { "$binary" --from fleet -q --format csv --no-header -c "$1"; }
for table in ${tables//,/ }; do
  rows=$(ours "SELECT count(*) FROM history.$table")
  test "$rows" -gt 0
  test "$rows" = "$("$python" -c "import pandas; print(len(pandas.read_parquet('fleet/$table')))")"
  test "$rows" = "$("$bin/duckdb" -csv -noheader -c \
    "SELECT count(*) FROM read_parquet('fleet/$table/*/*.parquet', hive_partitioning = true) WHERE captured_at::TIMESTAMPTZ < '2026-01-03'" |
    tr -d '\r')"
done
echo "captures are read as Hive's folders"
