# Only Python 3.11 or later and a C compiler are needed; everything else is installed into .venv.
# The application is built where there is Node as well; without it `/` says so, and all else works.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
JOBS ?= 2
PORT ?= 8080
SCALE ?= small
NPM := $(shell command -v npm)
APP := src/hermes/serving/web/index.html
PAGES := $(if $(NPM),$(APP))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup run web test lint docs bench constraints clean

help:  ## say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) $(PAGES)  ## make .venv and install everything into it; at once when that was done before

run: $(READY) $(PAGES)  ## make a world, train on it, and serve the demo at http://localhost:8080
	$(BIN)/hermes demo --port $(PORT) --scale $(SCALE)

web: $(APP)  ## build the application from web/ into the package; needs Node 20.19 or later

test: lint docs $(PAGES)  ## every check: style, types, floors, spelling, documents, tests and doctests
	$(BIN)/pytest -n $(JOBS) --dist loadfile --doctest-modules -ra -v tests src

lint: $(READY)  ## ruff, mypy, import-linter, codespell; of web/ tsc, the generated client and its tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell src tests docs recipes web/src web/tests README.md CHANGELOG.md Makefile pyproject.toml
ifdef NPM
	$(MAKE) --no-print-directory web/node_modules/.ready
	cd web && npm run --silent lint && npm test --silent
endif

docs: $(READY)  ## build the site into site/, strictly
	$(BIN)/mkdocs build --strict --quiet

bench: $(READY)  ## measure everything in one table and write it into the README
	$(BIN)/hermes bench all --readme README.md --json benchmarks/results.json

constraints: $(READY)  ## pin what is installed now
	tools/pin $(BIN)/python > constraints.new && mv constraints.new constraints.txt

clean:  ## remove everything that was made here
	rm -rf .venv build dist site var web/node_modules src/hermes/serving/web .mypy_cache .ruff_cache .pytest_cache .hypothesis

# torch comes first and alone: with it in place, no resolver has a reason to fetch another build.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hermes needs Python 3.11 or later: make PYTHON=/path/to/python3.11")'
	$(BIN)/pip install --quiet -c constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet -c constraints.txt -e '.[train,weights,milvus,standard,dev]'
	touch $(READY)

web/node_modules/.ready: web/package.json web/package-lock.json
	cd web && npm ci --silent --no-progress
	touch $@

$(APP): web/node_modules/.ready $(shell git ls-files web) docs/openapi.json
	cd web && npm run --silent build -- --logLevel warn
