#!/usr/bin/env bash
# npm test: the Debian peers, then type check, lint and every test of src/. Ends non-zero when anything fails.
set -euo pipefail
cd "$(dirname "$0")/.."

# command, or file, and the Debian package that brings it
peers=(dcmdump:dcmtk dciodvfy:dicom3tools plastimatch:plastimatch chromium:chromium Orthanc:orthanc /usr/share/orthanc/plugins/libOrthancDicomWeb.so:orthanc-dicomweb /usr/lib/postgresql:postgresql openssl:openssl)
missing=()
for peer in "${peers[@]}"; do
  command -v "${peer%%:*}" >/dev/null || [[ -e ${peer%%:*} ]] || missing+=("${peer##*:}")
done
if ((${#missing[@]})); then
  install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing what the tests check against: ${missing[*]}"
    bash -c "$install" >/dev/null
  else
    echo "The tests check against other DICOM tools and in a browser. Install them first: sudo sh -c '$install'" >&2
    exit 1
  fi
fi

npm run --silent build
npm run --silent typecheck & typecheck=$!
npm run --silent lint
wait "$typecheck"
npm run --silent test:unit -- "$@"
