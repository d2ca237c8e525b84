# Everything a developer does, each with one word. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
PYTEST := $(BIN)/python -m pytest
# Tests that need only Python; each mirrors a room of the house.
TESTS := tests/unit tests/rules tests/oracle tests/fuzz tests/docs tests/suite
WORKERS ?= 2
LISTEN ?= 127.0.0.1:8443
ARGS ?=

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "making $(VENV) (once; needs a package index)"
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.PHONY: venv
venv: $(STAMP) ## make the virtual environment, if it is not there or outdated

.PHONY: run
run: $(STAMP) ## start the webhook with a sample fleet and throw-away certificates on LISTEN
	@$(BIN)/converter serve --sample --listen $(LISTEN) $(ARGS)

.PHONY: demo
demo: $(STAMP) ## send sample Works to it (or to one of its own) and show what each cluster gets
	@$(BIN)/converter demo $(ARGS)

.PHONY: test
test: $(STAMP) ## everything that needs only Python, in under two minutes (COVERAGE=1 measures coverage, and takes longer)
	@$(PYTEST) $(TESTS) -n $(WORKERS) --dist worksteal $(if $(COVERAGE),--cov --cov-report=term:skip-covered) $(ARGS)

.PHONY: fuzz
fuzz: $(STAMP) ## the property tests at their nightly size
	@HYPOTHESIS_PROFILE=nightly $(PYTEST) tests/fuzz tests/rules -n $(WORKERS) $(ARGS)

.PHONY: e2e
e2e: $(STAMP) ## build or find real control planes and run the project inside them (first time: up to an hour)
	@$(BIN)/python -m tests.controlplanes build
	@$(PYTEST) tests/integration tests/e2e -p no:xdist $(ARGS)

.PHONY: e2e-quick
e2e-quick: $(STAMP) ## the main path on a Karmada with two members: under two minutes, once its programs are built
	@$(BIN)/python -m tests.controlplanes build --quick
	@CONVERTER_TEST_FLEET=quick $(PYTEST) tests/e2e/test_main_path.py -p no:xdist $(ARGS)

.PHONY: karmada
karmada: $(STAMP) ## leave a real Karmada with members and the converter running, to play with
	@$(BIN)/python -m tests.controlplanes karmada $(ARGS)

.PHONY: bench
bench: $(STAMP) ## measure the webhook next to a bare server, and the conversions
	@$(BIN)/python -m tests.bench.bench_webhook $(ARGS)

.PHONY: lint
lint: $(STAMP) ## ruff, format included
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

.PHONY: types
types: $(STAMP) ## mypy --strict
	@$(BIN)/mypy

.PHONY: contracts
contracts: $(STAMP) ## dependencies point one way (import-linter)
	@$(BIN)/lint-imports

.PHONY: rules
rules: $(STAMP) ## lint the shipped rule book and run its examples
	@$(BIN)/converter rules lint && $(BIN)/converter rules test

.PHONY: locked
locked: $(STAMP) ## the lock has all that is required, in versions that go together
	@$(BIN)/python -m pip check --disable-pip-version-check

.PHONY: prose
prose: $(STAMP) ## check that all texts are plain English
	@$(BIN)/python -m tools.prose $(ARGS)

# The site generator is large, so it is installed on demand, from a lock of its own.
DOCS_STAMP := $(VENV)/.made-docs
$(DOCS_STAMP): requirements/docs.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/docs.txt
	@touch $@

.PHONY: docs
docs: $(DOCS_STAMP) ## build the documentation site into site/, with every link checked
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet && echo "built site/index.html"

.PHONY: check
check: lint types contracts rules locked ## all static checks

.PHONY: format
format: $(STAMP) ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.PHONY: catalog
catalog: $(STAMP) ## generate the catalog from the published Python clients and Go types
	@$(BIN)/python tools/catalog/make.py $(ARGS)

.PHONY: interpreters
interpreters: $(STAMP) ## generate deploy/karmada/interpreters.yaml
	@$(BIN)/python -m tools.interpreters

.PHONY: comparison
comparison: $(STAMP) ## measure kubectl-convert and the converter on real servers' answers; writes docs/reference/comparison.md
	@$(BIN)/python -m tools.kubectl_convert.compare

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: lock
lock: $(STAMP) ## lock the dependencies: to develop, to run (the image), to build the wheel
	@$(BIN)/python -m pip install --quiet uv
	@$(LOCK) pyproject.toml --extra dev -o requirements/dev.txt
	@$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	@$(LOCK) pyproject.toml --extra docs -c requirements/dev.txt -o requirements/docs.txt
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
		$(LOCK) - -o requirements/build.txt

.PHONY: clean
clean: ## remove what make made in this folder (built control planes stay in the user's cache)
	@rm -rf $(VENV) site .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
