# Assay itself: the workers, the API and the `assay` command. Build it from the top of the checkout:
#   docker build -f infra/images/assay.Dockerfile -t assay:0.1.0 .
FROM python:3.11.15-slim-trixie AS base

FROM base AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY requirements/bootstrap.txt requirements/bootstrap.txt
RUN pip install --require-hashes -r requirements/bootstrap.txt
# Of the locked packages those that run, without the tools that develop: the lock is the constraint, with its hashes.
# The group `embedded` is here because the `assay` command imports it.
COPY requirements/assay.txt requirements/assay.txt
COPY pyproject.toml pyproject.toml
RUN uv venv /opt/assay \
    && uv pip install --python /opt/assay/bin/python --require-hashes --constraint requirements/assay.txt \
        --group streaming --group console --group embedded --group examples -r pyproject.toml
# Apart from its dependencies, so that a changed line of code makes a small layer.
COPY . .
RUN uv build --wheel --require-hashes --build-constraint requirements/assay.txt --out-dir dist . \
    && uv pip install --python /opt/assay/bin/python --no-deps --target /opt/code dist/*.whl

FROM base
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /tmp assay
COPY --from=build /opt/assay /opt/assay
COPY --from=build /opt/code /opt/code
ENV PATH=/opt/code/bin:/opt/assay/bin:$PATH PYTHONPATH=/opt/code PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 AWS_EC2_METADATA_DISABLED=true
# The one folder that is written to: Faust makes its data folder, which stays empty, where it is started.
WORKDIR /tmp
USER 10001:10001
EXPOSE 8400
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=2s --retries=4 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8400/v1/healthz', timeout=4)"]
CMD ["python", "-m", "console"]
