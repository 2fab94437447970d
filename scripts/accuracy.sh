#!/usr/bin/env bash
# npm run accuracy [seeds]: accuracy of the bundled model on locked synthetic patients, which no training run may use.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds=${1:-900000-900019}
[[ -x training/.venv/bin/python ]] || training/setup.sh
(cd training && .venv/bin/python -m rondo_training.phantom --seeds "$seeds" --out "../out/locked/$seeds")
npm run --silent build
node bench/accuracy.js "out/locked/$seeds" --json "out/locked/$seeds/accuracy.json"
