# Two commands matter: `make drill` and `make test`. Both set up what is missing.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# What building the lab's image and the virtual environment takes on Debian 12.
PACKAGES := python3-venv mmdebstrap e2fsprogs dpkg ca-certificates
# The peers, and what serves them.
BENCH_PACKAGES := ldirectord keepalived nginx-light gcc libc6-dev iproute2 util-linux
SCENARIO ?= all

.PHONY: help drill test unit property compat kernel services cluster guides lint types
.PHONY: bench fuzz image base daemons packages wheel deb deb-test rpm clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

drill: .venv/ready base ## a real failover in the embedded lab, with a report
	$(BIN)/lvsha drill $(SCENARIO)

test: .venv/ready lint types image ## all tests: unit, property, compat, kernel, services, cluster
	$(BIN)/python -m tests.run

unit property compat: .venv/ready ## one tier that needs no lab
	$(BIN)/python -m tests.run $@

kernel cluster: .venv/ready base ## one tier that runs in the lab
	$(BIN)/python -m tests.run $@

guides: .venv/ready base ## the tutorial and the migration as written, in the lab (a quarter of an hour)
	$(BIN)/python -m pytest -q tests/cluster/tutorial.py tests/cluster/migration.py

services: .venv/ready daemons ## every check against the daemon it is for, in the lab
	$(BIN)/python -m tests.run $@

lint: .venv/ready ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready ## types, strictly
	$(BIN)/mypy

bench: .venv/ready base ## speed, as ratios against peers in the same run
	@$(MAKE) --no-print-directory packages PACKAGES='$(BENCH_PACKAGES)'
	$(SUDO) $(BIN)/python -m tests.bench.run

fuzz: .venv/ready ## a million mutated configurations
	$(BIN)/python -m tests.bench.fuzz_config 1000000

image: base daemons ## the lab's two images, built once and kept

base: BUILD := $(BIN)/lvsha lab build
daemons: BUILD := $(BIN)/lvsha lab build --daemons
base daemons: .venv/ready
	@if [ -z "$(SUDO)" ]; then $(BUILD); else $(BUILD) 2>/dev/null || $(SUDO) $(BUILD); fi

wheel: .venv/ready ## the wheel, in dist/
	$(BIN)/python -m build --wheel

deb: .venv/ready ## the Debian package, in dist/
	$(BIN)/python packaging/deb.py

deb-test: .venv/ready ## that package on a bare Debian 12: installed by apt, removed
	$(SUDO) $(BIN)/python packaging/deb_test.py

rpm: .venv/ready ## the RPM, as far as this machine can build it, in dist/
	$(BIN)/python packaging/rpm.py

clean: ## forget everything that was set up here
	rm -rf .venv build dist reports .mypy_cache .ruff_cache .pytest_cache .hypothesis

packages: ## the Debian packages all of this needs
	@missing=; for p in $(PACKAGES); do \
	  [ "$$(dpkg-query -Wf '$${db:Status-Status}' $$p 2>/dev/null)" = installed ] \
	    || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; \
	  $(SUDO) apt-get -qq update && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing; fi

.venv/ready: pyproject.toml
	@$(MAKE) --no-print-directory packages
	@echo "setting up the virtual environment"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
