#!/usr/bin/env bash
# Installs the named Debian packages for the tests and starts none of their services.
# usage: install.sh [PACKAGE]...
set -euo pipefail

(($#)) || exit 0

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
  echo "Missing test peers; their tests are skipped (under CI=true they fail). To have them, as root: apt-get install $*" >&2
  exit 0
fi

undo=()
trap 'for path in "${undo[@]}"; do rm -f "$path"; done' EXIT

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

export DEBIAN_FRONTEND=noninteractive
options=(-qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
echo "installing test peers: $*"
# An unreachable source of something else must not keep us from these packages; if it was ours, installing says so.
apt-get "${options[@]}" update </dev/null || true
apt-get "${options[@]}" --no-install-recommends -o Dpkg::Use-Pty=0 install "$@" </dev/null >/dev/null

# Nor may they start with the machine.
for service in smstools gammu-smsd; do
  if [[ " $* " == *" $service "* && -e /etc/init.d/$service ]]; then
    update-rc.d "$service" disable
  fi
done
