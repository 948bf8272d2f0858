#!/usr/bin/env bash
# Runs once, when the volume is empty: a role and a database for the product, and another pair for the keys of contact
# details, so that a dump of the one does not open the other. Neither role is a superuser.
set -euo pipefail
psql --username "${POSTGRES_USER:-postgres}" --dbname postgres --quiet --set ON_ERROR_STOP=1 \
  --set main="$FAIRLEAD_DATABASE_PASSWORD" --set keys="$FAIRLEAD_KEYS_PASSWORD" <<'SQL'
CREATE ROLE fairlead LOGIN PASSWORD :'main';
CREATE DATABASE fairlead OWNER fairlead;
REVOKE ALL ON DATABASE fairlead FROM PUBLIC;
CREATE ROLE fairlead_keys LOGIN PASSWORD :'keys';
CREATE DATABASE fairlead_keys OWNER fairlead_keys;
REVOKE ALL ON DATABASE fairlead_keys FROM PUBLIC;
SQL
