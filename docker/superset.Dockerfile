# Superset in an environment of its own (requirements/bi.txt): it cannot share Airflow's.
FROM python:3.11-slim-bookworm
RUN pip install --no-cache-dir uv && useradd --create-home pamga
WORKDIR /opt/pamga
COPY requirements/bi.txt requirements/
RUN uv pip install --system --no-cache --require-hashes -r requirements/bi.txt
COPY dashboards dashboards
RUN mkdir /data && chown pamga /data
USER pamga
ENV PAMGA_DATA=/data
EXPOSE 8088
CMD ["python", "dashboards/serve.py", "--host", "0.0.0.0", "--port", "8088"]
