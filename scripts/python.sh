#!/bin/sh
# Prints the path of a Python 3.12 or newer: on the PATH, under pyenv (selected or not), or, only
# when there is none, one that uv downloads.
set -u
good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

for name in python3.14 python3.13 python3.12 python3 python; do
    found=$(command -v "$name" 2>/dev/null) && good "$found" && { echo "$found"; exit 0; }
done
home=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)
shim=$(command -v pyenv 2>/dev/null)
for root in "${PYENV_ROOT:-}" "${shim%/bin/pyenv}" "${HOME:-}/.pyenv" "$home/.pyenv" /opt/pyenv /usr/local/pyenv; do
    [ -d "$root/versions" ] || continue
    for found in $(ls -d "$root"/versions/3.*/bin/python 2>/dev/null | sort -t. -k2,2 -V -r); do
        good "$found" && { echo "$found"; exit 0; }
    done
done

# None installed: let uv fetch one.
old=$(command -v python3 2>/dev/null) || { echo "Python is missing: install python3 (3.12 or newer)." >&2; exit 1; }
"$old" -m venv .bootstrap >&2 \
    && .bootstrap/bin/python -m pip install --quiet --require-hashes -r requirements/tools.txt >&2 \
    && .bootstrap/bin/uv python install 3.13 >&2 \
    && .bootstrap/bin/uv python find 3.13 && exit 0
echo "No Python 3.12 or newer was found and none could be downloaded. Install one, e.g. with: apt-get install python3.12 (or pyenv install 3.13)." >&2
exit 1
