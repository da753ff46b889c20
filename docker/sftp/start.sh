#!/bin/sh
# Make each office's account and folders, then serve. An office is a file of public keys, named like its folder in the inbox:
#   offices/<office>      one public key a line, as ssh-keygen writes them
# Inside, /entregas takes the files and /acuses holds the receipts. Keys and offices that come or go count from the next start:
# docker compose restart sftp.
set -eu
umask 022
OFFICES=/offices INBOX=/data/inbox RECEIPTS=/data/receipts KEYS=/keys ACCOUNTS=/run/accounts
PIPELINE=1000 GROUP=19999 FIRST_UID=20000

say() { echo "sftp: $*"; }

# An Engine may mount all of a volume with driver_opts where its part was asked for: nobody's files belong beside the lake.
for other in lake vault; do
  [ ! -e "$INBOX/$other" ] || { say "$INBOX is all of the data volume, not its inbox ($other lies in it). Next: docs/production.md, 'The data on another disk'"; exit 1; }
done

# Each office's folder shows what the pipeline writes under receipts/<office>: what is new is copied, what was taken back goes.
bring_receipts() {
  for shown in "$INBOX"/*/acuses; do
    office=$(basename "$(dirname "$shown")")
    [ -d "$RECEIPTS/$office" ] || continue
    cp -au "$RECEIPTS/$office/." "$shown/"
    find "$shown" \( -type f ! -perm -o+r -o -type d ! -perm -o+rx \) -exec chmod o+rX {} +
    (cd "$shown" && find . -type f) | while read -r path; do
      [ -e "$RECEIPTS/$office/$path" ] || rm -f "$shown/$path"
    done
  done
}

# The public keys of an office's file as OpenSSH reads them: without what editors of Windows add, and PuTTY's form as a line. What is no
# public key lets nobody in, and would be noticed by the office alone; a private one has been seen by whoever sent it.
keys_of() {
  if grep -q -a -e 'PRIVATE KEY' -e PuTTY-User-Key-File "$1"; then
    say "$(basename "$1"): a PRIVATE key lies there, which nobody but its owner may have: let the office make another pair and send the public part" >&2
  elif grep -q -a '^---- BEGIN SSH2 PUBLIC KEY' "$1"; then
    ssh-keygen -i -f "$1" || true
  else
    tr -d '\r' <"$1" | sed '1s/^\xef\xbb\xbf//'
  fi
}

mkdir -p "$ACCOUNTS" /run/authorized /run/sshd
cat /etc/passwd.base >"$ACCOUNTS/passwd"
{ cat /etc/group.base; echo "entregas:x:$GROUP:"; } >"$ACCOUNTS/group"

for kind in ed25519 rsa; do
  key="$KEYS/ssh_host_${kind}_key"
  [ -s "$key" ] || ssh-keygen -q -t "$kind" -b 3072 -N '' -C pamga -f "$key"
  chmod 0600 "$key"
done
chown root:root "$INBOX"
chmod 0755 "$INBOX"

# By which keys the departments' programs know this server: told, kept where `pamga doctor` reads it, and those of before as well when
# they changed (the volume was lost), because then every department's program refuses to send anything.
for key in "$KEYS"/ssh_host_*_key; do ssh-keygen -lf "$key" | cut -d' ' -f2,4; done >"$INBOX/.sftp.new"
while read -r print; do say "host key $print"; done <"$INBOX/.sftp.new"
if [ -s "$INBOX/.sftp" ] && [ ! -e "$INBOX/.sftp.before" ] && ! cmp -s "$INBOX/.sftp" "$INBOX/.sftp.new"; then
  say "the host keys are others than before"
  mv "$INBOX/.sftp" "$INBOX/.sftp.before"
fi
mv "$INBOX/.sftp.new" "$INBOX/.sftp"

# An office keeps its number for ever: it is read from its folder, so that a new one never takes over another's files.
next=$FIRST_UID
for folder in "$INBOX"/*/entregas; do
  [ -d "$folder" ] || continue
  uid=$(stat -c %u "$folder")
  [ "$uid" -lt "$next" ] || next=$((uid + 1))
done

for file in "$OFFICES"/*; do
  office=$(basename "$file")
  [ -f "$file" ] || continue
  case $office in *[!a-z0-9_]* | [!a-z]*) say "$office is no office's name (small letters, digits, _): left out"; continue ;; esac
  [ "$office" != acuses ] || continue
  if [ ${#office} -gt 32 ]; then say "$office is longer than 32 letters: left out"; continue; fi
  jail="$INBOX/$office"
  if [ -L "$jail" ] || [ -L "$jail/entregas" ] || [ -L "$jail/acuses" ]; then say "$office: a link stands where a folder belongs"; exit 1; fi
  mkdir -p "$jail/entregas" "$jail/acuses"
  uid=$(stat -c %u "$jail/entregas")
  if [ "$uid" -lt "$FIRST_UID" ]; then uid=$next; next=$((next + 1)); fi
  chown root:root "$jail"
  chmod 0755 "$jail"
  chown "$uid:$PIPELINE" "$jail/entregas"
  chmod 2750 "$jail/entregas"
  chown "$PIPELINE:$PIPELINE" "$jail/acuses"
  chmod 0755 "$jail/acuses"
  echo "$office:x:$uid:$GROUP::/:/usr/sbin/nologin" >>"$ACCOUNTS/passwd"
  keys_of "$file" >"/run/authorized/$office"  # root's own, whoever the file outside belongs to
  chmod 0644 "/run/authorized/$office"
  keys=$(ssh-keygen -lf "/run/authorized/$office" 2>/dev/null | wc -l)
  say "$office ($uid), public keys: $keys$([ "$keys" != 0 ] || echo '. Nobody enters: see the file, which ssh-keygen -lf must be able to read')"
done

# Many programs send rights along, a file's or the whole folder's, and what only its author may read would be refused or not be seen:
# the pipeline (the folder's group) may read whatever is dropped, and the folder stays its. A file is looked at by the pipeline two
# seconds after its last change at the earliest.
keep_readable() {
  find "$INBOX"/*/entregas -maxdepth 0 ! -perm 2750 -exec chmod 2750 {} +
  find "$INBOX"/*/entregas -mindepth 1 \( -type f -o -type d \) ! -group "$PIPELINE" -exec chgrp -h "$PIPELINE" {} +
  find "$INBOX"/*/entregas -mindepth 1 -type d ! -perm -g+rxs -exec chmod g+rxs {} +
  find "$INBOX"/*/entregas -mindepth 1 -type f ! -perm -g+r -exec chmod g+r {} +
}
while sleep 1; do keep_readable 2>/dev/null || true; done &
while sleep 5; do bring_receipts 2>/dev/null || true; done &

# Nobody fills the disk with one file: what is larger is refused at the door anyway (PAMGA_MAX_FILE_MB).
ulimit -f $((${PAMGA_MAX_FILE_MB:-500} * 2048))
/usr/sbin/sshd -t -f "${PAMGA_SSHD_CONFIG:-/opt/sftp/sshd_config}"
exec /usr/sbin/sshd -D -e -f "${PAMGA_SSHD_CONFIG:-/opt/sftp/sshd_config}"
