# Lianzhi (联治): every command in one place; hooks and CI call these.
# Variables: PYTHON (interpreter to build the environment with), TORCH_INDEX (a wheel index to take PyTorch from).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
EXTRA := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX),)
SOURCES := adapters agents api bench commands domain evals graphs knowledge records scripts tests lianzhi.py
export LIANZHI_PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help run test check lint types layers fix bench dist clean install install-dev system

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## install what is missing, load the knowledge base, serve on 127.0.0.1:8000
	@$(BIN)/lianzhi serve

test: install-dev system ## run all tests with the coverage gate (starts its own PostgreSQL)
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered $(ARGS)

check: lint types layers ## style, types and layer contracts

lint: install-dev ## ruff: format and rules
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

types: install-dev ## basedpyright: standard, strict on domain
	$(BIN)/basedpyright --warnings

layers: install-dev ## import-linter: the layers of docs/architecture.md
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

fix: install-dev ## format and mend what ruff can mend
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

bench: install-dev ## run every benchmark for about a minute each
	@set -e; for file in $(filter-out bench/common.py bench/__init__.py,$(wildcard bench/*.py)); do echo "== $$file"; $(BIN)/python $$file --quick; done

dist: install-dev ## build the wheel and the source archive into dist/
	$(BIN)/python -m build --outdir dist

clean: ## remove what was built (keeps var/, the data)
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage coverage.xml
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

install: $(VENV)/.stamp-run
install-dev: $(VENV)/.stamp-dev

system: ## install PostgreSQL for the tests (as root on Debian-like systems), or say what is missing
	@sh scripts/system-packages.sh

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lianzhi needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.stamp-run: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install -q --upgrade "pip>=25.1"
	$(PIP) install -q -c constraints.txt $(EXTRA) -e .
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-run
	$(PIP) install -q -c constraints.txt $(EXTRA) -e '.[postgres]' --group dev
	@touch $@
