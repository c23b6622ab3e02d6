# Everything sets itself up: a missing uv is installed with pip, the rest lives in .venv.
SHELL := /bin/bash
UV := $(shell command -v uv 2>/dev/null || echo python3 -m uv)
RUN := $(UV) run --frozen
BENCHMARK := snakemake --cores all --resources gpu=2

.PHONY: benchmark setup test lint chaos bench-metrics

benchmark: setup ## the main job: the whole benchmark on the embedded data set
	$(RUN) $(BENCHMARK)

setup: ## install uv if missing, then everything pinned in uv.lock
	@command -v uv >/dev/null 2>&1 || python3 -m uv --version >/dev/null 2>&1 || python3 -m pip install --quiet uv
	@$(UV) sync --frozen --quiet

test: setup lint ## the tests, with one whole smoke DAG
	$(RUN) pytest

lint: setup
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) snakefmt --check Snakefile

bench-metrics: setup ## our measures against the stock libraries
	$(RUN) python -m sspbench bench-metrics
