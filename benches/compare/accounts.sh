#!/bin/sh
# Measures many accounts against the embedded endpoint, and fails where a bound of docs/performance.md is missed.
# usage: benches/compare/accounts.sh target/release/lightsail-sql [PROFILES REGIONS CONCURRENCY]
set -eu
binary=$1
directory=$(mktemp -d)
"$binary" demo --regions 16 --instances 16 --listen 127.0.0.1:0 >"$directory/endpoint" 2>&1 &
endpoint=$!
trap 'kill $endpoint; rm -rf "$directory"' EXIT
until grep -q '^listening on' "$directory/endpoint"; do sleep 0.1; done

export AWS_ENDPOINT_URL=$(sed -n 's/^listening on //p' "$directory/endpoint")
export AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1
export AWS_CONFIG_FILE="$directory/config" AWS_SHARED_CREDENTIALS_FILE="$directory/credentials"
: >"$AWS_CONFIG_FILE"

# profiles, regions, calls at once, seconds, MB
measure() {
    seq "$1" | sed 's/.*/[team-&]\naws_access_key_id = AKIA&\naws_secret_access_key = x/' >"$AWS_SHARED_CREDENTIALS_FILE"
    regions=$("$binary" --profile team-1 --region all --format csv --no-header -q \
        -c "SELECT name FROM regions ORDER BY name LIMIT $2" | paste -sd, -)
    /usr/bin/time -f '%e %M' -o "$directory/time" "$binary" --profile 'team-*' --region "$regions" --concurrency "$3" \
        --format csv --no-header -q -c 'SELECT count(*) FROM disks' >/dev/null
    read -r seconds kilobytes <"$directory/time"
    echo "$1 profiles, $2 regions, $3 at once: $seconds s, $((kilobytes / 1024)) MB (at most $4 s, $5 MB)"
    awk "BEGIN { exit !($seconds <= $4 && $kilobytes <= $5 * 1024) }"
}

if [ $# -gt 1 ]; then
    measure "$2" "$3" "$4" 1000000 1000000
else
    measure 1000 1 64 5 300
    measure 6250 16 512 60 1000
fi
