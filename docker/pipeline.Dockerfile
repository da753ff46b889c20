# Airflow, dbt, Soda and our own code: the environment of requirements/pipeline.txt.
FROM python:3.11-slim-bookworm
RUN pip install --no-cache-dir uv && useradd --create-home pamga
WORKDIR /opt/pamga
COPY requirements/pipeline.txt requirements/
RUN uv pip install --system --no-cache --require-hashes -r requirements/pipeline.txt
COPY pyproject.toml README.md LICENSE ./
COPY pamga pamga
COPY ingest ingest
COPY dbt_project dbt_project
COPY quality quality
COPY publish publish
COPY dags dags
RUN uv pip install --system --no-cache --no-deps --editable . && mkdir /data && chown -R pamga /data /opt/pamga
USER pamga
ENV PAMGA_DATA=/data AIRFLOW_HOME=/home/pamga/airflow AIRFLOW__CORE__DAGS_FOLDER=/opt/pamga/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False SODA_CORE_TELEMETRY_ENABLED=false
