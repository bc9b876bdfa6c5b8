#!/usr/bin/env bash
# Installs the named Debian packages for the tests and starts none of their services.
# usage: install.sh [PACKAGE]...
set -euo pipefail

(($#)) || exit 0

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
  echo "Missing test peers; their tests are skipped (under CI=true they fail). To have them, as root: apt-get install $*" >&2
  exit 0
fi

export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
undo=("$log")
trap 'rm -f "${undo[@]}"' EXIT

# invoke-rc.d and deb-systemd-invoke ask this program first; 101 says "not allowed". One that is there stays.
if [[ ! -e /usr/sbin/policy-rc.d ]]; then
  undo+=(/usr/sbin/policy-rc.d)
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
fi

# Tests make their own clusters; PostgreSQL's package must not lay out one for the whole machine.
no_cluster=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
mkdir -p "${no_cluster%/*}"
undo+=("$no_cluster")
echo 'create_main_cluster = false' >"$no_cluster"

echo "installing test peers: $*"
options=(-qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
# An unreachable source of something else must not keep us from these packages; if it was ours, installing says so.
apt-get "${options[@]}" update </dev/null >"$log" 2>&1 || true
if ! apt-get "${options[@]}" --no-install-recommends install "$@" </dev/null >>"$log" 2>&1; then
  cat "$log" >&2
  echo "The test peers could not be installed: apt-get install $*" >&2
  exit 1
fi

# Nor may they start with the machine.
for service in smstools gammu-smsd redis-server; do
  if [[ " $* " == *" $service "* ]]; then
    update-rc.d "$service" disable
  fi
done
