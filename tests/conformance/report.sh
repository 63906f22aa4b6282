#!/bin/bash
# Opens the report of the demo fleet in headless Chromium, as it is read: on a desk, in the dark, on a phone, on paper.
# usage: tests/conformance/report.sh target/debug/lightsail-sql
set -euo pipefail
. "$(dirname "$0")/environment.sh"

binary=$(realpath "$1")
command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }
command -v npm >/dev/null || apt-get install -y -qq --no-install-recommends npm
"$python" -m pip install --quiet --disable-pip-version-check 'playwright==1.65.2'
axe="$venv/axe-core"
[ -f "$axe/package/axe.min.js" ] || { mkdir -p "$axe" && (cd "$axe" && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-*.tgz); }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LIGHTSAIL_SQL_DEMO_TODAY=2026-01-01
"$binary" report --demo -q -o "$work/fleet.html"
"$binary" --demo -q -o "$work/rows.html" -c "SELECT region, count(*) AS instances FROM instances GROUP BY 1 ORDER BY 1"
for day in 2026-01-01 2026-01-02; do
  "$binary" capture "$work/captures" -q --tables 'instances,static_ips' --demo --demo-today "$day"
done
"$binary" report --from "$work/captures" --only inventory,network -q -o "$work/trend.html"
"$python" "$here/report.py" "$axe/package/axe.min.js" "$work"/fleet.html "$work"/trend.html "$work"/rows.html
