#!/usr/bin/env bash
# npm run accuracy [-- cases [jobs]]: accuracy of the bundled models on the locked test set, which no training run may use: its first 200 cases
# (a third each mastectomy, small breasts, degraded scan), two at a time. Goes on where it was broken off.
set -euo pipefail
cd "$(dirname "$0")/.."
cases=${1:-200}
jobs=${2:-2}
[[ -x training/.venv/bin/python ]] || training/setup.sh
(cd training && .venv/bin/python -m rondo_training.phantom --locked "$cases" --processes "$jobs" --out "../out/locked-$cases/cases")
npm run --silent build
node bench/accuracy.js "out/locked-$cases/cases" --out "out/locked-$cases/accuracy" --jobs "$jobs"
