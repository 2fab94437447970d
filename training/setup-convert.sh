#!/bin/sh
# Makes training/.venv-convert for rondo_convert: nnU-Net and MONAI, which training does not need. PyTorch and the rest of
# requirements.txt it borrows from training/.venv, made first where it is missing: a second copy would take 5 GB.
set -eu
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || ./setup.sh
.venv/bin/python -m venv .venv-convert
own=$(.venv-convert/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$own/training.pth"
.venv-convert/bin/python -m pip install --quiet --no-warn-conflicts -r requirements.txt -r requirements-convert.txt
echo "Ready: .venv-convert/bin/python -m rondo_convert.nnunet --help"
