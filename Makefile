# Everything is a target here: `make help`. Whatever needs the environments makes them first.

ARGS ?=
UV := .venv-bootstrap/env/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help setup demo up down status test lint format check lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make both environments and fetch Kafka; instant when nothing changed (PYTHON=... chooses the interpreter)
	@infra/setup.sh

demo: setup ## run the whole loop on sample data, from an empty machine to a released dataset
	@.venv/bin/assay demo $(ARGS)

up: setup ## start the platform
	@.venv/bin/assay up $(ARGS)

down: setup ## stop the platform; data stays
	@.venv/bin/assay down $(ARGS)

status: setup ## show what runs, and where
	@.venv/bin/assay status $(ARGS)

test: setup ## run the tests (ARGS="-k jars" passes through)
	@.venv/bin/pytest $(ARGS)

lint: setup ## check form, rules, types and the direction of imports
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@PYTHONPATH=. .venv/bin/lint-imports

format: setup ## format the code and mend what can be mended by itself
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix-only .

check: lint test ## lint, then test

lock: setup ## resolve the dependencies anew and write requirements/*.txt and the jars' lock
	$(COMPILE) --upgrade --group pyproject.toml:bootstrap -o requirements/bootstrap.txt
	$(COMPILE) --upgrade pyproject.toml --group streaming --group console --group embedded --group dev \
		-o requirements/assay.txt
	$(COMPILE) --upgrade pyproject.toml --group airflow -o requirements/airflow.txt
	.venv/bin/python -m infra.jars lock

clean: ## stop the platform and remove everything made here: environments, caches and var/ with ALL ITS DATA
	@if [ -x .venv/bin/assay ]; then .venv/bin/assay down; fi
	rm -rf .venv .venv-airflow .venv-bootstrap var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
