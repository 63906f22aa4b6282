#!/bin/sh
# The Python package beside boto3 and pandas on the same endpoint. Builds a wheel as a release.
# usage: cargo build --release && benches/compare/notebook.sh target/release/lightsail-sql
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv="$here/../../target/compare"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" \
  pyarrow==26.0.1 maturin==1.16.0
rm -rf "$here/../../target/compare/wheels"
"$venv/bin/maturin" build --profile release --manifest-path "$here/../../python/Cargo.toml" --out "$venv/wheels" \
  --interpreter "$venv/bin/python"
"$venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$venv"/wheels/*.whl
exec "$venv/bin/python" -B "$here/notebook.py" "$@"
