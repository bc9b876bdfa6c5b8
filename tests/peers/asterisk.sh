#!/usr/bin/env bash
# Puts Asterisk 22 into a folder, as a small Debian tree whose programs run in place: older Debian has no such package.
# Does nothing where it is there already, or on the PATH. Needs root for debootstrap.
# usage: asterisk.sh DIR
set -euo pipefail

tree=$1
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin DEBIAN_FRONTEND=noninteractive

if command -v asterisk >/dev/null || [[ -x $tree/usr/sbin/asterisk ]]; then
  exit 0
fi
if ((EUID != 0)) || ! command -v debootstrap >/dev/null; then
  echo "Missing Asterisk; its tests are skipped (under CI=true they fail). To have it, as root: apt-get install debootstrap, then $0 $tree" >&2
  exit 0
fi

# Debian's archive, from wherever this machine takes it; a security archive or a vendor's has no whole release.
mirrors=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(LABEL)' 'Created-By: Packages' |
  awk '$3 == "Debian" && $2 !~ /-(security|updates|backports)/ { print $1 }' | sort -u)
if [[ -z $mirrors ]]; then
  echo "Asterisk cannot be installed: no Debian archive among this machine's apt sources" >&2
  exit 1
fi

mkdir -p "$tree"
tree=$(cd "$tree" && pwd)
making=$tree.making
log=$(mktemp)
# One at a time; whoever waited finds it made.
exec 9>"$tree.lock"
flock 9
if [[ -x $tree/usr/sbin/asterisk ]]; then
  exit 0
fi
trap 'rm -f "$log"' EXIT

echo "installing test peer: Asterisk 22, as a tree of its own (500 MB)"
for mirror in $mirrors; do
  rm -rf --one-file-system "$making"
  if debootstrap --variant=minbase --include=asterisk forky "$making" "$mirror" sid </dev/null >"$log" 2>&1; then
    rm -rf "$making"/var/cache/apt/archives/*.deb "$making"/usr/share/{doc,man,locale}
    rmdir "$tree"
    mv "$making" "$tree"
    exit 0
  fi
done
tail -n 30 "$log" >&2
echo "Asterisk could not be installed into $tree" >&2
exit 1
