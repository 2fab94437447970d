#!/usr/bin/env bash
# Python environment of the converters (rondo_convert): apart from that of training, which needs neither nnU-Net nor MONAI.
set -euo pipefail
cd "$(dirname "$0")"
cmp -s .venv-convert/requirements requirements-convert.txt && exit 0
