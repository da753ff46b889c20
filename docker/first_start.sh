#!/bin/sh
# What must be so before anything else starts: keys and settings that may be used, Airflow's metadata, the pool of one, the role of
# the Secretariado.
set -eu
pamga status --json >/dev/null
airflow db migrate
airflow pools set construccion 1 'One build at a time'
python -m operation.roles
