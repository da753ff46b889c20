#!/bin/sh
# nginx, told to read its configuration again when a service behind it got another address or the certificate was renewed.
set -eu
state() { { getent hosts files superset airflow-api monitor || true; cat /run/secrets/tls_certificate.pem; } | sha256sum; }
seen=$(state)
nginx -e stderr -c /etc/nginx/nginx.conf -g 'daemon off;' &
proxy=$!
trap 'kill -QUIT "$proxy" 2>/dev/null || true' TERM INT QUIT
while kill -0 "$proxy" 2>/dev/null; do
  sleep "${PAMGA_PROXY_LOOK_SECONDS:-10}" &
  wait $! || true
  now=$(state)
  if [ "$now" != "$seen" ] && nginx -e stderr -c /etc/nginx/nginx.conf -s reload; then seen=$now; fi
done
wait "$proxy"
