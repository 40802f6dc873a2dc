# Every task of the project; `make` alone lists them. What a task needs, it makes sure of first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.NOTPARALLEL:

PORT ?= 8000
SIZE ?= standard
ARGS ?=

PYTHON := .venv/bin/python
BANJIE := .venv/bin/banjie
# The name of the stamp carries the hash of what is to be installed: another lock file, another installation.
STAMP := .venv/.installed-$(shell cat requirements-dev.lock pyproject.toml | sha256sum | cut -c1-16)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

$(STAMP):
	@python3 deploy/packages.py setup
	@[ -x $(PYTHON) ] || python3 -m venv --clear .venv
	@echo "Installing the locked packages into .venv; the first time this takes a minute or two."
	@$(PYTHON) -m pip install --quiet --require-hashes -r requirements-dev.lock
	@$(PYTHON) -m pip install --quiet --no-deps --no-build-isolation -e ./
	@rm -f .venv/.installed-* && touch $@

.PHONY: help
help:  ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP)  ## make .venv with the banjie command in it, from the lock file

.PHONY: run
run: setup  ## start Banjie on 127.0.0.1:8000 with the sample congress (PORT=8123 for another port)
	@exec $(BANJIE) serve --sample --port $(PORT)

.PHONY: demo
demo: setup  ## play a case from submission to evaluation, in the terminal
	@$(BANJIE) demo

.PHONY: test
test: setup  ## run all tests, PostgreSQL and browser included (ARGS="-k calendar" for some)
	@python3 deploy/packages.py test
	@deploy/run-tests.sh $(ARGS)

.PHONY: check
check: setup  ## all that CI runs: format, lint, types, imports, tests
	@$(PYTHON) -m ruff format --check
	@$(MAKE) --no-print-directory lint types imports test

.PHONY: format
format: setup  ## write the code as ruff would
	@$(PYTHON) -m ruff format
	@$(PYTHON) -m ruff check --fix

.PHONY: lint
lint: setup  ## look for defects that ruff knows
	@$(PYTHON) -m ruff check

.PHONY: types
types: setup  ## check the types, strictly
	@$(PYTHON) -m mypy

.PHONY: imports
imports: setup  ## check that the layers import downwards only
	@.venv/bin/lint-imports

.PHONY: schema
schema: setup  ## write workflows/schema.json anew from the model of a definition
	@$(BANJIE) schema --output workflows/schema.json

.PHONY: diagrams
diagrams: setup  ## draw the diagrams of the workflows' READMEs anew from the definitions
	@$(BANJIE) diagram --write

.PHONY: client
client: setup  ## write the calls of api/client anew from the OpenAPI document
	@$(PYTHON) -m tests.support.api_client

.PHONY: reference
reference: setup  ## write docs/reference anew: commands, API, errors, definitions, roles
	@$(PYTHON) -m tests.support.reference

.PHONY: seed-map
seed-map: setup  ## write docs/seed-map.md anew: what fulfils what the five documents ask for
	@$(PYTHON) -m tests.support.seed_map

.PHONY: pictures
pictures: setup  ## take the pictures of the pages anew, into docs/pictures
	@python3 deploy/packages.py test
	@$(PYTHON) -m tests.browser.pictures docs/pictures

.PHONY: bench
bench: setup  ## measure the speed, into build/bench.json (SIZE=million for the large run)
	@mkdir -p build
	@$(PYTHON) -m benchmarks --size $(SIZE) --output build/bench.json

.PHONY: spared
spared: setup  ## find the tests that need not be measured, into tests/told_by_others.txt (half an hour)
	@rm -rf build/costs && mkdir -p build/costs
	@SPARE_MEASURING=$(CURDIR)/build/costs deploy/run-tests.sh -q || true
	@cd build/coverage && ../../$(PYTHON) -m coverage combine --quiet --data-file=all
	@$(PYTHON) -m coverage json --rcfile=deploy/coverage.ini --data-file=build/coverage/all --quiet -o build/spared.json
	@$(PYTHON) -m deploy.spare_measuring build/spared.json build/coverage/all build/costs tests/told_by_others.txt

.PHONY: campaign
campaign: setup  ## hunt for what tests are too short for, with seeded bugs (SIZE=release: by more seeds, go on by asking again)
	@mkdir -p build
	@$(PYTHON) -m benchmarks.campaign --size $(SIZE) --output build/campaign.json
