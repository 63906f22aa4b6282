#!/bin/bash
# Runs the README's recipes for other programs, as they stand there, on the demo fleet.
# usage: tests/conformance/recipes.sh target/debug/lightsail-sql
set -euo pipefail
. "$(dirname "$0")/environment.sh"
command -v sqlite3 >/dev/null || { apt-get update -qq && apt-get install -y -qq sqlite3; }

binary=$(realpath "$1")
bin=$(realpath "$venv/bin")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$binary" "$work/bin/lightsail-sql.real"
# The recipes ask an account; here it is the fleet inside of the binary.
cat >"$work/bin/lightsail-sql" <<'SH'
#!/bin/sh
exec lightsail-sql.real "$@" --demo -q
SH
chmod +x "$work/bin/"*
ln -s "$here/../../queries" "$work/queries"

recipes=$(sed -n '/^```sh recipes$/,/^```$/p' "$here/../../README.md" | sed '1d;$d')
test "$(grep -c . <<<"$recipes")" -gt 5
cd "$work"
while IFS= read -r line; do
  printf '$ %s\n' "$line"
  PATH="$work/bin:$bin:$PATH" LIGHTSAIL_SQL_DEMO_TODAY=2026-01-01 bash -euo pipefail -c "$line" </dev/null >answer || exit 1
  # Whatever does not write a file says something.
  case "$line" in
    lightsail-sql*) ;;
    *) test -s answer && head -n 4 answer ;;
  esac
done <<<"$recipes"

# What they say is what we say.
ours() { "$binary" --demo --demo-today 2026-01-01 -q --format csv --no-header -c "$1"; }
test "$("$python" -c "import polars; print(polars.read_parquet('fleet/**/*.parquet').height)")" = \
  "$(ours "SELECT count(*) FROM instances")"
test "$(sqlite3 -csv fleet.db "SELECT region, sum(size_in_gb) FROM disks GROUP BY 1 ORDER BY 1" | tr -d '\r')" = \
  "$(ours "SELECT region, sum(size_in_gb) FROM disks GROUP BY 1 ORDER BY 1")"
# A sheet for each query, and one about all of them.
test "$("$python" -c "import openpyxl; print(len(openpyxl.load_workbook('audit.xlsx').sheetnames) - 1)")" = \
  "$(find queries/security/ -name '*.sql' | wc -l)"
echo "the recipes of the README are right"
