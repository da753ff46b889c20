#!/bin/sh
# The folders of the volume `data`, made before a service that mounts one of them alone is started. The volume itself belongs to the
# image's user from the moment it is made; a bind mount or a share must be given to 1000:1000 once.
set -eu
for folder in inbox receipts lake/_log vault runs releases notices superset keys locks; do
  mkdir -p "${PAMGA_DATA:?}/$folder" || {
    echo "folders: $PAMGA_DATA does not belong to user $(id -u). Next: chown -R 1000:1000 what is mounted there." >&2
    exit 1
  }
done
mkdir -p "${LOGS:-/logs}/superset"
chmod 0700 "$PAMGA_DATA/vault" "$PAMGA_DATA/keys" "$PAMGA_DATA/superset"
