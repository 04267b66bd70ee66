# Airflow with the project's code, for its API server, scheduler and DAG processor. From the top of the checkout:
#   docker build -f infra/images/airflow.Dockerfile -t assay-airflow:0.1.0 .
FROM python:3.11.15-slim-trixie AS base

FROM base AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY requirements/bootstrap.txt requirements/bootstrap.txt
RUN pip install --require-hashes -r requirements/bootstrap.txt
COPY requirements/airflow.txt requirements/airflow.txt
RUN uv venv /opt/airflow \
    && uv pip sync --python /opt/airflow/bin/python --require-hashes requirements/airflow.txt
# Apart from its dependencies, so that a changed line of code makes a small layer.
COPY . .
RUN uv build --wheel --require-hashes --build-constraint requirements/airflow.txt --out-dir dist . \
    && uv pip install --python /opt/airflow/bin/python --no-deps --target /opt/code dist/*.whl

FROM base
# A new volume takes over the owner of the folder that it covers: here, of the tasks' logs.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /tmp airflow \
    && install --directory --owner airflow --group airflow /var/log/airflow
COPY --from=build /opt/airflow /opt/airflow
COPY --from=build /opt/code /opt/code
ENV PATH=/opt/airflow/bin:$PATH PYTHONPATH=/opt/code PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    AWS_EC2_METADATA_DISABLED=true AIRFLOW_HOME=/tmp/airflow AIRFLOW__CORE__DAGS_FOLDER=/opt/code/dags \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/var/log/airflow
WORKDIR /tmp
USER 10001:10001
EXPOSE 8401
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --start-interval=3s --retries=4 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8401/api/v2/monitor/health', timeout=4)"]
CMD ["airflow", "api-server", "--host", "0.0.0.0", "--port", "8401", "--workers", "1"]
