# Everything sets itself up: a missing uv is installed with pip, the rest lives in .venv.
SHELL := /bin/bash
UV := $(shell command -v uv 2>/dev/null || echo python3 -m uv)
RUN := $(UV) run --frozen
# Another Python than the one uv finds, in a separate environment: make test PYTHON=3.13, or PYTHON=/path/to/python3.13
PYTHON ?=
ifneq ($(PYTHON),)
export UV_PYTHON := $(PYTHON)
export UV_PROJECT_ENVIRONMENT := .venv-$(subst /,_,$(PYTHON))
endif
BENCHMARK := snakemake --cores all --resources gpu=2

.PHONY: benchmark setup test lint chaos bench-metrics bench-training

benchmark: setup ## the whole benchmark on the built-in simulated images
	$(RUN) $(BENCHMARK)

.PHONY: page
page: benchmark ## the page beside the report that enhances pictures in a browser, offline; the report links it (needs npm once)
	$(RUN) python -m sspbench export --page --force
	$(RUN) python -m sspbench report page

setup: ## install uv if missing, then everything pinned in uv.lock
	@command -v uv >/dev/null 2>&1 || python3 -m uv --version >/dev/null 2>&1 || python3 -m pip install --quiet uv
	@$(UV) sync --frozen --quiet $(GROUPS)

test test-browser: GROUPS := --group test-extras
test: setup lint ## the tests, with one whole smoke DAG, file by file among as many processes as cores (4 at most) [PYTHON=3.13]
	$(RUN) $(GROUPS) pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: setup
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) snakefmt --check Snakefile
	$(RUN) mypy

bench-metrics: setup ## time our metrics and the usual libraries
	$(RUN) python -m sspbench bench-metrics

# Releases (DVC). REMOTE is a folder, or anything DVC can push to; see .dvc/config for the default.
.PHONY: release reproduce-tables publish check-release
REMOTE ?=

define use_remote
	@$(if $(REMOTE),$(RUN) dvc remote modify --local release url $(abspath $(REMOTE)),true)
endef

release: setup ## compute what is missing, then push data and results to the DVC remote [REMOTE=DIR]
	$(use_remote)
	$(RUN) dvc repro
	$(RUN) dvc push dvc.yaml
	@echo "released; now commit what the release consists of: git add dvc.lock && git commit"

reproduce-tables: setup ## rebuild the newest published release's tables from its scores [REMOTE=DIR: the pictures too]
	$(RUN) python -m sspbench reproduce-tables
	$(if $(REMOTE),$(use_remote))
	$(if $(REMOTE),$(RUN) python -m sspbench reproduce-pictures)

publish: setup ## publish the numbers of the run of config/config.yaml in results/published/RELEASE [RELEASE=v3]
	$(RUN) python -m sspbench publish --release $(RELEASE)

check-release: setup ## check hashes, provenance, tables and audit of a release [DIR=results/published/v2]
	$(RUN) python -m sspbench check-release $(DIR)

bench-training: setup ## time training steps by precision, memory layout and compilation
	$(RUN) python -m sspbench bench-training

chaos: setup ## kill trainings (also while they save), holders of GPU slots and Snakemake: no result may change
	$(RUN) pytest tests/workflow/test_resume.py tests/workflow/test_killed_workflow.py tests/jobs/test_slots.py --chaos 20

.PHONY: coverage
coverage: setup ## line coverage of the unit and contract tests, by file
	$(RUN) pytest tests packages --ignore tests/workflow --ignore tests/calibration -m "not browser" --numprocesses logical --maxprocesses 4 --dist loadfile --cov --cov-report=term:skip-covered

.PHONY: test-slurm
test-slurm: setup ## as root: install Debian's Slurm if missing, run the workflow through it, kill a job and see it resume
	SSPBENCH_TEST_SLURM=1 $(RUN) pytest tests/workflow/test_slurm.py

.PHONY: test-browser
test-browser: setup ## as root: install Debian's Chromium if missing, then drive the page in it
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium)
	$(RUN) $(GROUPS) pytest -m browser
