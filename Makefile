# Each target sets up what it needs in .venv the first time. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin
T ?= tests

.PHONY: run test check bench faults flash label help lock
.DEFAULT_GOAL := help

run: .venv/.ready ## everything on this machine: cloud, device, tag, vendor (PORT=8080)
	@exec $(BIN)/thingcloud demo --port $(PORT)

test: .venv/.ready .venv/.browser ## the whole test suite (T=tests/tags for one part)
	@$(BIN)/pytest -q -n 2 --dist loadfile $(T)

check: .venv/.ready ## style, types, import contracts, house rules
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/house

bench: .venv/.ready ## measure, into var/bench.json and a table (ONLY=telemetry for one group)
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(SCALE),--scale $(SCALE))

faults: .venv/.ready ## long runs: 100,000 mutations, 50 kills in mid-stream
	@FAULTS=1 $(BIN)/pytest -q tests/faults tests/firmware tests/thingcloud/telemetry tests/seal

flash: .venv/.ready ## put the firmware on a board: make flash ARGS="--port /dev/ttyUSB0 --image FILE"
	@$(BIN)/pip -q --disable-pip-version-check install --require-hashes -r requirements-flash.lock
	@$(BIN)/thingflash flash $(ARGS)

label: .venv/.ready ## print a tag: make label CODE=7K3Q-X9M2-PDRZ-S7 FRONT=https://t.example OUT=label.pdf
	@mkdir -p $(dir $(or $(OUT),var/label.pdf))
	@$(BIN)/talktag label $(if $(CODE),$(CODE),$$($(BIN)/talktag new)) --front $(or $(FRONT),http://localhost:8080) --out $(or $(OUT),var/label.pdf)

lock: ## write the lock files anew from pyproject.toml
	@.ci/lock --upgrade

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed. Try: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up once, about a minute."
	@$(PYTHON) -m venv .venv \
	  || { echo "The module venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip -q --disable-pip-version-check install --require-hashes -r requirements.lock 2>&1 | { grep -v '^WARNING' || true; }
	@$(BIN)/pip -q --disable-pip-version-check install --no-deps --no-build-isolation -e . 2>&1 | { grep -v '^WARNING' || true; }
	@$(BIN)/python -c 'import thingcloud, talktag, thingseal, thingflash'
	@touch $@

.venv/.browser: .ci/browser .venv/.ready
	@.ci/browser
	@touch $@
