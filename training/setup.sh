#!/bin/sh
# Makes training/.venv with the pinned packages. Needs Python 3.10 or newer; PYTHON chooses which.
set -eu
cd "$(dirname "$0")"
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
  echo "Python 3.10 or newer is needed; set PYTHON to one." >&2
  exit 1
}
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --upgrade pip
.venv/bin/python -m pip install --quiet -r requirements.txt
.venv/bin/python -m pip install --quiet --no-deps -r requirements-peers.txt
echo "Ready: .venv/bin/python -m rondo_training.train --help"
