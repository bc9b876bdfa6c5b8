#!/usr/bin/env bash
# Fetches axe-core, which checks pages for what keeps people out of them, through the ordinary npm client.
# usage: axe.sh FOLDER
set -euo pipefail

# MPL-2.0; runs in the tests' browser only, and is no part of what is served.
version=4.10.3

if [[ -f $1/node_modules/axe-core/package.json ]] && grep -q "\"version\": \"$version\"" "$1/node_modules/axe-core/package.json"; then
  exit 0
fi
if ! command -v npm >/dev/null; then
  echo "axe-core is not fetched, since npm is missing; its tests are skipped (under CI=true they fail)" >&2
  exit 0
fi
echo "fetching axe-core $version"
mkdir -p "$1"
npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$1" "axe-core@$version"
