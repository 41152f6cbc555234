#!/bin/sh
# Installs the Debian packages named on the command line that are missing: when root, removing nothing and starting
# no packaged service. Ends with 0 when all are there, 3 when some are missing and cannot be installed here.
set -eu

missing=
for package in "$@"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = 'install ok installed' ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "mailbadge: these Debian packages are missing, and this is no Debian system:$missing" >&2
  exit 3
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "mailbadge: these Debian packages are missing; as root: apt-get install --no-remove --no-install-recommends$missing" >&2
  exit 3
fi

echo "mailbadge: installing$missing" >&2
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy" # invoke-rc.d: starting services is not allowed
  chmod 755 "$policy"
  made_policy=yes
fi
trap '[ -z "$made_policy" ] || rm -f "$policy"' EXIT

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update -q && apt-get install -q -y --no-remove --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  echo "mailbadge: these Debian packages could not be installed:$missing" >&2
  exit 3
fi
rm -f "$log"
