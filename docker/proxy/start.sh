#!/bin/sh
# nginx, told to read its configuration again when a service behind it got another address or the certificate was renewed.
#
# A name that leads nowhere ends nginx («host not found in upstream»), and while it runs keeps it from learning any other's new address: one
# service that does not come up (after the machine was started anew, all begin in no order) would take the releases with it. So the part
# of such a service leads to where nobody listens: it alone answers 502 until its name is there again.
set -eu
WRITTEN=/etc/nginx/nginx.conf READ=/tmp/nginx.conf
where() { getent hosts "$1" || { sleep 1; getent hosts "$1"; }; } # twice: a name server that is busy is no service that is away
look() {
  now=$(sha256sum </run/secrets/tls_certificate.pem) away=''
  for name in files superset airflow-api monitor; do
    now="$now $(where "$name")" || away="${away}s/server $name:[0-9]*/server 127.0.0.1:9/;"
  done
  now="$now $away"
}
write() {
  sed "$away" "$WRITTEN" >"$READ"
  [ -z "$away" ] || echo "proxy: answers 502 until the name is there: $away" >&2
}
look
write
seen=$now
nginx -e stderr -c "$READ" -g 'daemon off;' &
proxy=$!
trap 'kill -QUIT "$proxy" 2>/dev/null || true' TERM INT QUIT
while kill -0 "$proxy" 2>/dev/null; do
  sleep "${PAMGA_PROXY_LOOK_SECONDS:-10}" &
  wait $! || true
  look
  if [ "$now" != "$seen" ] && write && nginx -e stderr -c "$READ" -s reload; then seen=$now; fi
done
wait "$proxy"
