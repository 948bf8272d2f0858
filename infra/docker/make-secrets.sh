#!/usr/bin/env bash
# Makes what docker-compose.yml needs and nobody should choose: .env, .secrets/master-key and .secrets/log-key, with random values.
# What is there already stays: a new master key would make every stored contact unreadable, a new log key every checkpoint another log's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
umask 077

random() { # bytes, as hexadecimal digits: they need no quoting in a URL or in a file
  head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

set_once() { # name, value
  if grep -qs "^$1=" .env; then
    echo "$1 is in .env already and stays."
  else
    printf '%s=%s\n' "$1" "$2" >>.env
    echo "$1 was added to .env."
  fi
}

mkdir -p .secrets
if [ -e .secrets/master-key ]; then
  echo '.secrets/master-key is there already and stays.'
else
  # A version and 256 random bits.
  echo "1 $(head -c 32 /dev/urandom | base64)" >.secrets/master-key
  # The containers run as another user, and are given this group for it.
  chmod 440 .secrets/master-key
  echo '.secrets/master-key was made. Keep a copy where no backup of the database goes.'
fi

if [ -e .secrets/log-key ]; then
  echo '.secrets/log-key is there already and stays.'
else
  {
    echo '-----BEGIN PRIVATE KEY-----'
    # What PKCS #8 says of an Ed25519 key (RFC 8410), and 256 random bits.
    { printf '\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20'; head -c 32 /dev/urandom; } | base64 -w 64
    echo '-----END PRIVATE KEY-----'
  } >.secrets/log-key
  chmod 440 .secrets/log-key
  echo '.secrets/log-key was made. Who has it can sign in the name of the log.'
fi

set_once FAIRLEAD_LOG_KEY_FILE ./.secrets/log-key
set_once FAIRLEAD_MASTER_KEY_FILE ./.secrets/master-key
set_once FAIRLEAD_SECRETS_GROUP "$(id -g)"
set_once FAIRLEAD_ADMIN_KEY "fairlead-admin-$(random 32)"
set_once FAIRLEAD_DATABASE_PASSWORD "$(random 24)"
set_once FAIRLEAD_KEYS_PASSWORD "$(random 24)"
set_once POSTGRES_PASSWORD "$(random 24)"
# 16 bytes as base64url without padding, as Kafka writes its cluster ids.
set_once KAFKA_CLUSTER_ID "$(head -c 16 /dev/urandom | base64 | tr '+/' '_-' | tr -d '=' | sed 's/^-/_/')"
