#!/bin/sh
# Makes the secrets of compose.yaml, once, in .env beside it.
set -eu
cd "$(dirname "$0")/../.."
if [ -e .env ]; then
  echo ".env is there already: nothing was changed. PostgreSQL keeps the password that it was made with." >&2
  exit 1
fi
orthanc=$(openssl rand -hex 32)
umask 077
cat > .env <<EOF
RONDO_DATABASE_PASSWORD=$(openssl rand -hex 32)
RONDO_ORTHANC_KEY=$(openssl rand -hex 32)
RONDO_ADMIN_KEY=$(openssl rand -hex 32)
ORTHANC_PASSWORD=$orthanc
ORTHANC_BASIC=$(printf 'rondo:%s' "$orthanc" | openssl base64 -A)
EOF
echo "The secrets are in .env. RONDO_ADMIN_KEY is the key for the status page."
