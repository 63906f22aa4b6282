# Sourced by the checks of this directory: `$here` is the directory, `$python` an interpreter that has what they need.
here=$(cd "$(dirname "$0")" && pwd)
venv="$here/../../target/conformance"
python="$venv/bin/python"
[ -x "$python" ] || python3 -m venv "$venv"
"$python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
# Not what whoever runs this has configured.
export LIGHTSAIL_SQL_CONFIG=/dev/null
