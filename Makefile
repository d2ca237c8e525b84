# The development tasks. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
PYTEST := $(BIN)/python -m pytest
AIOHTTP_TESTS := tests/unit/server tests/unit/client tests/unit/admission tests/unit/discovery tests/unit/certificates
# Tests that need only Python.
TESTS := tests/unit tests/rules tests/oracle tests/compat tests/fuzz tests/docs tests/suite tests/wording tests/packaging
WORKERS ?= 2
LISTEN ?= 127.0.0.1:8443
ARGS ?=
# Without bytecode, each worker and each command that a test starts compiles every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  \033[36m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is required. Select one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "creating $(VENV) (once; downloads packages)"
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.PHONY: venv
venv: $(STAMP) ## create or update the virtual environment

.PHONY: run
run: $(STAMP) ## start the webhook on LISTEN, with a sample fleet and temporary certificates
	@$(BIN)/converter serve --sample --listen $(LISTEN) $(ARGS)

.PHONY: demo
demo: $(STAMP) ## send sample Works to the webhook (started if needed) and show what each cluster gets
	@$(BIN)/converter demo $(ARGS)

.PHONY: test
test: $(STAMP) ## run the tests that need only Python, in about 90 seconds on two free cores (COVERAGE=1 measures coverage; HYPOTHESIS_PROFILE=ci tries five times as many cases)
	@$(PYTEST) $(TESTS) -n $(WORKERS) --dist worksteal $(if $(COVERAGE),--cov --cov-report=term:skip-covered) $(ARGS)

# A virtual environment of its own, with the oldest aiohttp that pyproject.toml allows.
OLDEST := $(VENV)-oldest
$(OLDEST)/.made: requirements/oldest.txt
	@$(PYTHON) -m venv $(OLDEST)
	@$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/oldest.txt
	@$(OLDEST)/bin/python -m pip check --disable-pip-version-check
	@touch $@

.PHONY: aiohttp
aiohttp: $(OLDEST)/.made ## run the server and client tests on the oldest supported aiohttp (`make test` runs the newest)
	@$(OLDEST)/bin/python -c 'import aiohttp; print("aiohttp", aiohttp.__version__)'
	@$(OLDEST)/bin/python -m pytest $(AIOHTTP_TESTS) -n $(WORKERS) $(ARGS)

.PHONY: fuzz
fuzz: $(STAMP) ## run the property tests at their nightly size
	@HYPOTHESIS_PROFILE=nightly $(PYTEST) tests/fuzz tests/rules -n $(WORKERS) $(ARGS)

.PHONY: mutate-messages
mutate-messages: $(STAMP) ## change every message in a copy, and list the tests that depend on its words
	@$(BIN)/python -m tests.wording.mutate --workers $(WORKERS) $(ARGS)

.PHONY: stress
stress: $(STAMP) ## run the tests ten times while every core is busy, and list those that fail
	@$(BIN)/python -m tests.suite.stress $(TESTS) --workers $(WORKERS) $(ARGS)

.PHONY: prometheus
prometheus: # Debian's package has prometheus and promtool
	@command -v promtool >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus >/dev/null; } || \
		{ echo "promtool is missing; install Debian's package prometheus" >&2; exit 1; }

.PHONY: faketime
faketime: # for processes whose clock is wrong
	@command -v faketime >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends faketime >/dev/null; } || \
		{ echo "faketime is missing; install Debian's package faketime" >&2; exit 1; }

.PHONY: monitoring
monitoring: $(STAMP) prometheus ## test the alerts, the objectives and the dashboard with promtool
	@$(PYTEST) tests/monitoring -n $(WORKERS) $(ARGS)

.PHONY: control-planes
control-planes: $(STAMP) prometheus faketime ## build what the end-to-end tests run (first time: up to an hour)
	@$(BIN)/python -m tests.controlplanes build

.PHONY: e2e
e2e: control-planes ## run the tests that need real control planes, and build these
	@$(if $(RECORD),CONVERTER_TEST_RECORD=tests/data/compatibility.json) $(PYTEST) tests/integration tests/e2e -p no:xdist $(ARGS)

.PHONY: ecosystem-oracle
ecosystem-oracle: $(STAMP) ## compare conversion_rules/ecosystem with the projects' own code, and with a real API server (PROJECTS names some)
	@$(BIN)/python -m tests.ecosystem.record $(PROJECTS)
	@$(BIN)/python -m tests.ecosystem.table
	@CONVERTER_ECOSYSTEM=all $(PYTEST) tests/oracle/test_ecosystem.py tests/integration/test_ecosystem_accepted.py -p no:xdist $(ARGS)

.PHONY: e2e-quick
e2e-quick: $(STAMP) ## the main path on a Karmada with two members: under two minutes, once its programs are built
	@$(BIN)/python -m tests.controlplanes build --quick
	@CONVERTER_TEST_FLEET=quick $(PYTEST) tests/e2e/test_main_path.py -p no:xdist $(ARGS)

.PHONY: e2e-host
e2e-host: image ## run the converter's Pods on a real host cluster, with a real Karmada (needs root; first time: half an hour)
	@$(BIN)/python -m tests.host $(ARGS)

.PHONY: karmada
karmada: $(STAMP) ## start a real Karmada with members and the converter, to try things out
	@$(BIN)/python -m tests.controlplanes karmada $(ARGS)

.PHONY: bench
bench: $(STAMP) ## measure the webhook, compared with a bare server, and the conversions
	@$(BIN)/python -m tests.bench.bench_webhook $(ARGS)

.PHONY: bench-worst-cases
bench-worst-cases: $(STAMP) ## measure the most expensive bodies within the limits: none may cost 250 ms of CPU
	@$(BIN)/python -m tests.bench.bench_worst_cases $(ARGS)

.PHONY: bench-rules
bench-rules: $(STAMP) ## measure 1,000 rules of an administrator: loading, changes under reviews, admission speed, memory
	@$(BIN)/python -m tests.bench.bench_rules $(ARGS)

.PHONY: bench-dashboard
bench-dashboard: $(STAMP) ## measure the dashboard with 1,000 clusters and 20,000 converted Works
	@$(BIN)/python -m tests.bench.bench_dashboard $(ARGS)

.PHONY: lint
lint: $(STAMP) ## check style and format (ruff)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

.PHONY: types
types: $(STAMP) ## check types (mypy --strict)
	@$(BIN)/mypy

.PHONY: contracts
contracts: $(STAMP) ## check that dependencies point one way (import-linter)
	@$(BIN)/lint-imports

.PHONY: rules
rules: $(STAMP) ## lint the shipped rule book and run its examples
	@$(BIN)/converter rules lint && $(BIN)/converter rules test

.PHONY: locked
locked: $(STAMP) ## check that the locked versions are complete and compatible
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
	@$(BIN)/python -m tools.step_reference --check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet && echo "built site/index.html"

# Outside of the tree; the Go module proxy serves it.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/karmada-api-version-converter/tools
ACTIONLINT := $(TOOLS)/actionlint-1.7.7

$(ACTIONLINT):
	@command -v go >/dev/null || { echo "Go is required to build actionlint. Install it: https://go.dev/doc/install" >&2; exit 1; }
	@GOBIN=$(TOOLS)/.build go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
	@mv $(TOOLS)/.build/actionlint $@

# Chromium comes from the distribution, axe-core from npm.
BROWSER_STAMP := $(VENV)/.made-browser
AXE := $(TOOLS)/axe-core-4.11.0
$(BROWSER_STAMP): requirements/browser.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/browser.txt
	@touch $@

$(AXE)/package/axe.min.js:
	@command -v npm >/dev/null || { echo "npm is required to get axe-core. Install Node.js." >&2; exit 1; }
	@mkdir -p $(AXE) && cd $(AXE) && npm pack --silent axe-core@4.11.0 >/dev/null && tar xzf axe-core-4.11.0.tgz package/axe.min.js

.PHONY: browser
browser: $(BROWSER_STAMP) $(AXE)/package/axe.min.js ## run the dashboard in a real Chromium, with screenshots in .run/pictures
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get install -y -q chromium >/dev/null; } || \
		{ echo "Chromium is required; on Debian: apt-get install chromium" >&2; exit 1; }
	@$(BIN)/python -m tools.vendored
	@CONVERTER_AXE=$(AXE)/package/axe.min.js $(PYTEST) tests/browser -p no:xdist $(ARGS)

.PHONY: pictures
pictures: browser ## take the dashboard's pictures for the docs from those that the browser's tests make
	@for view in fleet matrix objects object live what-if playground rule; do \
		cp .run/pictures/$$view-light-desktop.png docs/images/dashboard/$$view.png; done

.PHONY: vendored
vendored: $(STAMP) ## compare the dashboard's files from others with the packages on npm
	@$(BIN)/python -m tools.vendored

.PHONY: workflows
workflows: $(ACTIONLINT) ## check the GitHub workflows (actionlint)
	@$(ACTIONLINT) -shellcheck= -pyflakes= .github/workflows/*.yml && echo "workflows: no problems"

.PHONY: chart
chart: $(STAMP) ## check the Helm chart with a real Helm: lint, each value, golden files, the objects of kustomize (needs Go)
	@$(BIN)/python -m tools.chart --check
	@$(PYTEST) tests/integration/test_chart.py $(ARGS)

.PHONY: chart-values
chart-values: $(STAMP) ## generate values.yaml, values.schema.json and the reference page of the chart
	@$(BIN)/python -m tools.chart

.PHONY: chart-golden
chart-golden: $(STAMP) ## render the golden files of the chart's tests
	@$(BIN)/python -m tests.integration.chart

.PHONY: check
check: lint types contracts rules locked prose ## run all static checks

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
comparison: $(STAMP) ## compare kubectl-convert and the converter on real servers' answers; writes docs/reference/comparison.md
	@$(BIN)/python -m tools.kubectl_convert.compare

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: lock
lock: $(STAMP) ## lock the dependencies: for development, the image, the wheel and the oldest aiohttp
	@$(BIN)/python -m pip install --quiet uv
	@$(LOCK) pyproject.toml --extra dev -o requirements/dev.txt
	@$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	@$(LOCK) pyproject.toml --extra docs -c requirements/dev.txt -o requirements/docs.txt
	@$(LOCK) pyproject.toml --extra browser -c requirements/dev.txt -o requirements/browser.txt
	@$(LOCK) pyproject.toml --extra image -c requirements/dev.txt -o requirements/image.txt
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
		$(LOCK) - -o requirements/build.txt
	@# The oldest aiohttp may need older dependencies; all others keep the versions of dev.txt.
	@cp requirements/dev.txt requirements/oldest.txt
	@$(LOCK) pyproject.toml --extra dev --upgrade-package aiohttp -c <($(BIN)/python tools/oldest.py aiohttp) -o requirements/oldest.txt

.PHONY: dist
dist: $(STAMP) ## build the wheel and the sdist into dist/
	@rm -rf dist
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build --directory dist

# The list of contents needs a library and a schema, so they are installed on demand, from a lock of their own.
IMAGE_STAMP := $(VENV)/.made-image
$(IMAGE_STAMP): requirements/image.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/image.txt
	@touch $@

.PHONY: image
image: $(IMAGE_STAMP) ## build the image and its SBOM into build/image, without a container engine (needs root and buildah)
	@$(BIN)/python -m tools.image $(ARGS)

.PHONY: image-test
image-test: image ## run the image by runc, and build it again: the digest must be the same (needs root, buildah and runc)
	@$(PYTEST) tests/image -p no:xdist

.PHONY: base-image
base-image: ## check that the image's base, which is pinned by digest, has both architectures (needs docker buildx)
	@docker buildx imagetools inspect --raw "$$($(PYTHON) tools/base_image.py)" | $(PYTHON) tools/base_image.py --check

.PHONY: tag
tag: ## check that TAG is `v` and the version in pyproject.toml
	@$(PYTHON) -c 'import sys, tomllib; version = tomllib.load(open("pyproject.toml", "rb"))["project"]["version"]; \
		sys.exit(0 if sys.argv[1] == "v" + version else f"the tag {sys.argv[1]} is not v{version}, the version in pyproject.toml")' "$(TAG)"

.PHONY: clean
clean: ## remove generated files (built control planes stay in the user's cache)
	@rm -rf $(VENV) $(OLDEST) .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
