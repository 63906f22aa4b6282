#!/bin/bash
# Lets DuckDB, pandas and polars read captures of the demo fleet, as docs/captures.md shows it, and parts of a fleet be put
# together, as docs/scale.md does.
# usage: tests/conformance/captures.sh target/debug/lightsail-sql
set -euo pipefail
. "$(dirname "$0")/environment.sh"

binary=$(realpath "$1")
bin=$(realpath "$venv/bin")
work=$(mktemp -d)
trap 'kill "${endpoint:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
tables=instances,disks,ports,tags,certificates,buckets,domain_entries
for day in 2026-01-01 2026-01-02; do
  "$binary" capture fleet -q --tables "$tables" --demo --demo-today "$day"
done

# Runs the commands of the blocks of a document that its fences call so; $3 is how many there are at least.
follow() {
  local commands line
  commands=$(sed -n "/^\`\`\`sh $2\$/,/^\`\`\`\$/p" "$here/../../docs/$1.md" | grep -v '^```')
  test "$(grep -c . <<<"$commands")" -ge "$3"
  while IFS= read -r line; do
    printf '$ %s\n' "$line"
    PATH="$work/bin:$bin:$PATH" bash -euo pipefail -c "$line" </dev/null
  done <<<"$commands"
}
mkdir bin && ln -s "$binary" bin/lightsail-sql
follow captures captures 3

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

# Two accounts in one part, one in the other; an endpoint tells accounts by their keys.
"$binary" demo --listen 127.0.0.1:0 --instances 60 --regions 2 >endpoint 2>/dev/null &
endpoint=$!
until [ -s endpoint ]; do sleep 0.1; done
AWS_ENDPOINT_URL=$(grep -o 'http://[0-9.:]*' endpoint | head -1)
export AWS_ENDPOINT_URL AWS_SHARED_CREDENTIALS_FILE="$work/credentials" AWS_CONFIG_FILE=/dev/null
for name in a b c; do
  printf '[%s]\naws_access_key_id = AKIA%s\naws_secret_access_key = x\nregion = us-east-1\n' "$name" "$name"
done >credentials
printf 'a\nb\n' >part1.txt
echo c >part2.txt
follow scale parts 12
whole=$("$binary" --profile a,b,c --region all -q --format csv --no-header -c "SELECT count(*) FROM instances")
test "$(ours "SELECT count(*) FROM instances")" = "$whole"
test "$("$bin/duckdb" -csv -noheader -c "SELECT count(*) FROM read_parquet('part=*/instances.parquet')" | tr -d '\r')" = "$whole"
echo "parts of a fleet are the whole of it"
