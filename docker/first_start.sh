#!/bin/sh
# What must be so before anything else starts: keys and settings that may be used, Airflow's metadata, the pool of one, the role of
# the Secretariado.
set -eu
PAMGA_INBOX='' PAMGA_INBOX_FILE='' pamga status --json >/dev/null  # an inbox elsewhere may be down and this starts all the same
airflow db migrate
airflow pools set construccion 1 'One build at a time'
python -m operation.roles
