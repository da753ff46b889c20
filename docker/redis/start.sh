#!/bin/sh
# Redis with two users: the queue of the tasks, and Superset's cache, which sees neither the queue nor a command of the server's.
# The configuration goes in by standard input and holds only the passwords' hashes.
set -eu
hash() { tr -d '\r\n' <"/run/secrets/$1" | sha256sum | cut -d' ' -f1; }
exec redis-server - <<CONFIG
protected-mode no
user default reset off
user broker on #$(hash broker_password) ~* &* +@all -@admin -@dangerous +info +keys
user cache on #$(hash cache_password) ~pamga_* resetchannels +@all -@admin -@dangerous -@pubsub +keys +info
dir /data
appendonly yes
maxmemory 384mb
maxmemory-policy volatile-lru
CONFIG
