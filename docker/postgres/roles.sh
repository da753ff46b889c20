#!/usr/bin/env bash
# A role for each part, with a database of its own and no other right; run by the image when the cluster is made.
# Again after a password was changed: docker compose exec postgres bash /docker-entrypoint-initdb.d/roles.sh
set -euo pipefail
for ROLE in airflow celery pamga superset; do
  export ROLE
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set role `echo "$ROLE"`
\set password `cat "/run/secrets/${ROLE}_db_password"`
set log_statement = 'none';
select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'password';
select format('create database %I owner %I', :'role', :'role')
 where not exists (select from pg_database where datname = :'role') \gexec
revoke all on database :"role" from public;
SQL
done
# The backup's: reads Airflow's database, writes nothing anywhere.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set password `cat /run/secrets/reader_db_password`
set log_statement = 'none';
select 'create role reader' where not exists (select from pg_roles where rolname = 'reader') \gexec
alter role reader login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'password';
grant pg_read_all_data to reader;
grant connect on database airflow to reader;
revoke connect on database postgres, template1 from public;
SQL
