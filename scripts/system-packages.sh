#!/bin/sh
# The tests run on a real PostgreSQL. As root on a Debian-like system it is installed here; otherwise what is
# missing is named, and nothing is touched.
set -eu

if command -v pg_ctl >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing postgresql (for the tests) ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql >/dev/null
    exit 0
fi
cat >&2 <<'MISSING'
missing: PostgreSQL server programs (initdb, pg_ctl, postgres), needed by `make test`.
  Debian, Ubuntu:  sudo apt-get install postgresql
  Fedora:          sudo dnf install postgresql-server
  macOS:           brew install postgresql@16
MISSING
exit 1
