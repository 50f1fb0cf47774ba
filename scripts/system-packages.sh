#!/bin/sh
# Installs the Debian packages that are missing: `run` or `test`. Without root it says what to do.
set -u
run="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-droid-fallback liblouis-bin liblouis-data gettext"
test="$run poppler-utils redis-server chromium clamav-daemon softhsm2"
case "${1:-run}" in test) wanted=$test ;; *) wanted=$run ;; esac

command -v dpkg-query >/dev/null 2>&1 || {
    echo "This is no Debian: please make sure these are installed: $wanted" >&2; exit 0; }
missing=""
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ]; then
    echo "These packages are missing. Please run: sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# No service is to start by itself: the tests start their own.
policy=/usr/sbin/policy-rc.d
[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' > $policy; chmod +x $policy; trap 'rm -f $policy' EXIT; }
apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
    echo "Could not install:$missing" >&2; exit 1; }
