# The two commands: `make run` (set everything up and run the main job) and `make test` (set everything up and test).
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PAMGA_DATA ?= $(CURDIR)/data
export SODA_CORE_TELEMETRY_ENABLED := false
export DO_NOT_TRACK := 1
export PATH := $(CURDIR)/.venv/bin:$(PATH)

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PYTHON := .venv/bin/python
AIRFLOW_PORT ?= 8080
SUPERSET_PORT ?= 8088
FILES_PORT ?= 8090
ALL_GROUPS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

.PHONY: help setup spark run up test lint unit coverage slow bench torture docs generated lock lock-check reproduce dashboards-export clean

help: ## What there is to do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | while IFS='|' read -r name what; do printf '%-18s %s\n' "$$name" "$$what"; done

# Where the account has no folder for caches that it may write, they go with everything else.
ifneq ($(shell d="$${XDG_CACHE_HOME:-$$HOME/.cache}"; [ -n "$$XDG_CACHE_HOME$$HOME" ] && { [ -w "$$d" ] || { [ ! -e "$$d" ] && [ -w "$$(dirname "$$d")" ]; }; } && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/.tools/cache
endif

# Airflow and Superset run on these. Where this machine's Python is another, uv brings one, from a place that not every network reaches.
VENV = $(UV) venv --quiet --allow-existing --python '>=3.11,<3.13'
NO_PYTHON = { echo "make: this needs Python 3.11 or 3.12, and this machine has $$(python3 --version 2>&1). Next: install one of them (Debian 12: python3.11; or pyenv, conda) so that python3.11 or python3.12 is on the PATH, and call make again." >&2; exit 1; }

.tools/bin/uv:
	@python3 -c 'import ensurepip' 2>/dev/null || { echo "make: there is no python3 here, or it came without its part venv. Next: install it (Debian: apt-get install python3-venv) and call make again." >&2; exit 1; }
	python3 -m venv .tools && .tools/bin/python -m pip install --quiet uv

.venv/.ready: requirements/pipeline.txt pyproject.toml | $(filter .tools/bin/uv,$(UV))
	@$(VENV) .venv || $(NO_PYTHON)
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python .venv requirements/pipeline.txt
	$(UV) pip install --quiet --python .venv --no-deps --editable .
	@touch $@

.venv-superset/.ready: requirements/bi.txt | $(filter .tools/bin/uv,$(UV))
	@$(VENV) .venv-superset || $(NO_PYTHON)
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python .venv-superset requirements/bi.txt
	@touch $@

.venv-spark/.ready: requirements/spark.txt | $(filter .tools/bin/uv,$(UV))
	@$(VENV) .venv-spark || $(NO_PYTHON)
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python .venv-spark requirements/spark.txt
	@touch $@

setup: .venv/.ready .venv-superset/.ready ## Make both environments (.venv and .venv-superset)

run: setup ## Receive, build, check and publish what lies in the inbox (INBOX=folder; default: an example inbox)
	@$(PYTHON) -m operation.local $(if $(INBOX),--inbox "$(INBOX)")

up: setup ## Start Airflow, Superset and the file server on this machine (AIRFLOW_PORT, SUPERSET_PORT, FILES_PORT); Ctrl-C stops them
	@exec $(PYTHON) -m operation.servers --airflow-port $(AIRFLOW_PORT) --superset-port $(SUPERSET_PORT) --files-port $(FILES_PORT)

UNIT ?= unit
test: setup lint $(UNIT) slow ## Set everything up and run the tests that need nothing but Python

lint: .venv/.ready ## Style, types, SQL, architecture, generated files
	ruff check .
	ruff format --check .
	mypy
	cd dashboards && mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache/dashboards --allow-subclassing-any --no-warn-return-any *.py  # Superset has no types here
	lint-imports
	vulture
	vulture dashboards tests/dashboards --ignore-names "[A-Z]*,tile,filter_type,group_key,max_age,downloaded_rows,serializer,description,source,indicator_page,portal,delivery_receipt,receipt_file,direct_passthrough,ignore_aliases,when_ready,post_fork,worker_class,worker_connections,sendfile,data_ready,nr_conns,flags,finish_request,murder_pending,is_rowcount,orderby,post_processing,row_limit,pytestmark,pytest_*"  # capitals: Superset's settings; the rest: its and gunicorn's own names
	sqlfluff lint dbt_project --processes 2
	python -m ingest.generate --check
	python -m warehouse.marts --check

# In words before two minutes of failures: what a machine or an unpacked archive lacks.
.PHONY: testable
testable:
	@git ls-files --error-unmatch Makefile >/dev/null || { echo "make: the tests look at what is committed, so they need git and a clone. Next: install git (Debian: apt-get install git) and use git clone, no unpacked archive." >&2; exit 1; }
	@[ -d ../shared/cases ] || { echo "make: the tests read the cases in ../shared, a folder beside the clone, and it is not there. Next: put it there." >&2; exit 1; }

unit: testable setup ## The quick tests (under two minutes)
	pytest -q -n auto -m "not slow and not servers" $(PYTEST_ARGS)

coverage: testable .venv/.ready ## The quick tests, and which lines they did not reach (.ci/artifacts/coverage.txt; a third slower)
	@mkdir -p .ci/artifacts
	$(MAKE) unit PYTEST_ARGS="--cov --cov-report= $(PYTEST_ARGS)"
	coverage report --show-missing > .ci/artifacts/coverage.txt && tail -1 .ci/artifacts/coverage.txt

slow: testable setup ## The tests that take longer: Airflow, whole builds, kills, second opinion
	pytest -q -n auto --dist loadscope -m "slow and not servers" $(PYTEST_ARGS)

spark: .venv-spark/.ready ## Make Spark's environment (.venv-spark), for PAMGA_ENGINE=spark; Java 17 must be there

servers: testable setup spark ## The tests that need Chromium, Java and running servers
	pytest -q -m servers $(PYTEST_ARGS)

bench: setup ## Measure against peers
	@for name in landing text_encodings read_xlsx release indicators small_cells dashboards; do echo "== $$name"; python bench/$$name.py || exit 1; done

torture: .venv/.ready ## Disk faults, kills, power cuts and mutated files, bounded and seeded (docs/reliability.md holds the figures)
	@for what in faults acts fuzz cuts; do echo "== $$what"; python -m tests.reliability.torture $$what || exit 1; done

docs: .venv/.ready ## Build the documentation of the warehouse (dbt)
	python -m warehouse.docs

generated: .venv/.ready ## Write again what is generated from contracts and matrix
	python -m pamga.plan_faults
	python -m ingest.generate
	python -m pamga.documents.page
	python -m warehouse.matrix
	python -m warehouse.marts
	python -m warehouse.exposures
	python -m pamga.glossary

lock: | $(filter .tools/bin/uv,$(UV)) ## Resolve both lock files again (exact versions and hashes, no addresses)
	$(UV) pip compile --quiet pyproject.toml --group pipeline --group dev $(ALL_GROUPS) -o requirements/pipeline.txt
	$(UV) pip compile --quiet pyproject.toml --group bi $(ALL_GROUPS) -o requirements/bi.txt
	$(UV) pip compile --quiet pyproject.toml --group spark $(ALL_GROUPS) -o requirements/spark.txt

.tools/bin/pip:
	python3 -m venv .tools

lock-check: | .tools/bin/pip ## Whether a pinned package was withdrawn by its author since it was locked
	.tools/bin/python requirements/withdrawn.py

reproduce: .venv/.ready ## Build a release again from the lake and prove its bytes (RELEASE=2026T3-r01)
	@pamga reproduce $(RELEASE)

dashboards-export: setup ## Bring dashboards changed in the browser back to git
	.venv-superset/bin/python dashboards/export.py

clean: ## Remove environments and caches (never data)
	rm -rf .venv .venv-superset .venv-spark .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs
