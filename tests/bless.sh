#!/bin/sh
# Writes anew what the tests pin: snapshots, the rows of the SQL tests, the derived parts of the documents. Read the diff.
#   tests/bless.sh              all of it
#   tests/bless.sh docs sql     what the tests of these names pin
set -eu
cd "$(dirname "$0")/.."
BLESS=1 INSTA_UPDATE=always INSTA_FORCE_PASS=1 cargo test --test it -- "$@"
git status --short
