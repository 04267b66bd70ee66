# Everything is a target here: `make help`. Whatever needs the environments makes them first.

ARGS ?=
UV := .venv-bootstrap/env/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help setup demo up down status test test-faults test-spark lint format check lock bench-agreement bench-console bench-consensus bench-datacentric bench-dataset bench-dirty bench-drift bench-first-run bench-guidelines bench-queue bench-routing bench-rules bench-stream chaos fuzz screenshots clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make both environments and fetch Kafka; instant when nothing changed (PYTHON=... chooses the interpreter)
	@infra/setup.sh

demo: setup ## run the whole loop on sample data, from an empty machine to a released dataset
	@.venv/bin/assay demo $(ARGS)

up: setup ## start the platform; without ARGS, with samples of the digits example to label (ARGS="--project FOLDER" is yours)
	@.venv/bin/assay up $(or $(ARGS),--example)

down: setup ## stop the platform; data stays
	@.venv/bin/assay down $(ARGS)

status: setup ## show what runs, and where
	@.venv/bin/assay status $(ARGS)

test: setup ## run the tests, on up to four cores, but for those of `make test-faults` (ARGS="-k jars" passes through)
	@.venv/bin/pytest -m "not faults" -n logical --maxprocesses 4 --dist loadfile $(ARGS)

test-faults: setup ## run the tests that kill or start whole services, one after the other (ARGS passes through)
	@.venv/bin/pytest -m faults $(ARGS)

test-spark: setup ## build the same version on DuckDB and on Spark, in an environment with a Java of its own
	@infra/setup.sh spark
	@.venv/bin/pytest tests/storage/test_spark.py $(ARGS)

lint: setup ## check form, rules, types and the direction of imports
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/mypy bench
	@PYTHONPATH=. .venv/bin/lint-imports

format: setup ## format the code and mend what can be mended by itself
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix-only .

check: lint test ## lint, then test; continuous integration runs test-faults besides

bench-rules: setup ## measure how fast the stream and Great Expectations judge the same rules
	@PYTHONPATH=. .venv/bin/python bench/rules.py

bench-guidelines: setup ## run the guideline loop on three real sets, with simulated relabeling (ASSAY_DATA=the folder of the data sets)
	@.venv/bin/python -m bench.guidelines $(ARGS)

bench-dirty: setup ## measure how many wrong cells rules find in dirty tables (ASSAY_DATA=the folder of the data sets)
	@.venv/bin/python -m bench.dirty

bench-agreement: setup ## check agreement against known figures, and findings against chance (ASSAY_DATA=the data sets' folder)
	@.venv/bin/python -m bench.agreement $(ARGS)

bench-consensus: ## measure how many labels adaptive overlap saves, and at what accuracy
	@infra/setup.sh bench
	@.venv-bench/bin/python -m bench.consensus --plots docs/labeling $(ARGS)

bench-datacentric: ## measure whether better data beats a better model, on six real sets
	@infra/setup.sh bench
	@.venv-bench/bin/python -m bench.datacentric --plots docs/data-centric $(ARGS)

bench-dataset: setup ## measure dataset builds of 10,000 to 1,000,000 samples: time and memory of each stage (about 2 minutes)
	@.venv/bin/python -m bench.dataset $(ARGS)

bench-drift: setup ## measure when drift is found and how often falsely, beside Evidently, NannyML, PSI and KS
	@infra/setup.sh bench-drift
	@.venv/bin/python -m bench.drift $(ARGS)

bench-queue: setup ## measure claims while a million tasks wait, and look for double ones (about 3 minutes)
	@.venv/bin/python -m bench.queue $(ARGS)

bench-routing: ## measure which records are worth a label, beside active learning's usual selectors
	@infra/setup.sh bench
	@.venv-bench/bin/python -m bench.routing --plots docs/routing $(ARGS)

bench-console: setup ## measure from key to next sample, by 1 and by 20 labelers in a real browser, into var/bench/console.json
	@.venv/bin/python -m bench.console $(ARGS)

bench-first-run: setup ## measure the first minutes: from an empty platform to the first label, in a real browser
	@.venv/bin/python -m bench.first_run

screenshots: setup ## photograph each page of the console into docs/screenshots, on the demo's data with simulated labelers
	@.venv/bin/assay demo --keep $(ARGS)
	@ASSAY_VAR=$${ASSAY_VAR:-var}/demo .venv/bin/python -m bench.screenshots
	@ASSAY_VAR=$${ASSAY_VAR:-var}/demo .venv/bin/assay down

fuzz: setup ## screen a million spoiled records, and prove that nothing escapes, gets lost or is read in two ways
	@.venv/bin/python -m bench.fuzz $(ARGS)

lock: setup ## resolve the dependencies anew and write requirements/*.txt and the jars' lock
	$(COMPILE) --upgrade --group pyproject.toml:bootstrap -o requirements/bootstrap.txt
	$(COMPILE) --upgrade pyproject.toml --group streaming --group console --group embedded \
		--group dev -o requirements/assay.txt
	$(COMPILE) --upgrade pyproject.toml --group airflow -o requirements/airflow.txt
	$(COMPILE) --upgrade --group pyproject.toml:bench -o requirements/bench.txt
	$(COMPILE) --upgrade --group pyproject.toml:bench-drift -o requirements/bench-drift.txt
	$(COMPILE) --upgrade --group pyproject.toml:label-studio -o requirements/label-studio.txt
	$(COMPILE) --upgrade --group pyproject.toml:object-store -o requirements/object-store.txt
	$(COMPILE) --upgrade pyproject.toml --group spark -o requirements/spark.txt
	.venv/bin/python -m infra.jars lock

bench-stream: ## measure screening beside Faust, Quix Streams and aiokafka (about 12 minutes)
	@infra/setup.sh bench
	@.venv/bin/python -m bench.stream $(ARGS)

chaos: setup ## break everything around the stream while it runs, and prove that nothing is lost (about 5 minutes)
	@.venv/bin/python -m bench.chaos $(ARGS)

clean: ## stop the platform and remove everything made here: environments, caches and var/ with ALL ITS DATA
	@if [ -x .venv/bin/assay ]; then \
		for var in var var/demo "$${ASSAY_VAR:-var}" "$${ASSAY_VAR:-var}/demo"; do \
			if [ -d "$$var/run" ]; then ASSAY_VAR="$$var" .venv/bin/assay down || exit 1; fi; \
		done; \
	fi
	rm -rf .venv .venv-airflow .venv-bench .venv-bench-drift .venv-bootstrap .venv-label-studio .venv-object-store .venv-spark var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
