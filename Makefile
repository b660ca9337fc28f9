.DEFAULT_GOAL := help
PY := .venv/bin/python
PORT ?= 8000
TESTS ?= tests
WORKERS ?= 2
SEEDS ?= 2000
STEPS ?= 40

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

.venv/runtime: requirements/runtime.txt
	python3 -m venv .venv && $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt && $(PY) -m pip install -q --disable-pip-version-check --no-deps -e . && touch $@

.venv/dev: .venv/runtime requirements/dev.txt
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt && touch $@

setup: .venv/dev  ## a .venv with everything; .venv/bin/portal is the console script

demo: .venv/runtime  ## the main job on this machine: make demo [PORT=8000] [FRESH=1] [HISTORY=20000]
	.venv/bin/portal demo --port $(PORT) $(if $(FRESH),--fresh) $(if $(HISTORY),--history $(HISTORY))

test: setup  ## all tests, on SQLite and PostgreSQL: make test [TESTS=tests/payments]
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(if $(CI),--show-capture=no) $(TESTS)

check: setup  ## style, types, ladder, templates, security
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports && .venv/bin/bandit -q -ll -c pyproject.toml -r portal

bench: setup  ## one JSON line per measure, as ratios against a reference in the same run
	$(PY) -m tests.bench

simulate: setup  ## the real code under faults, many seeds: make simulate [SEEDS=2000] [STEPS=40]
	.venv/bin/portal simulate --seeds $(SEEDS) --steps $(STEPS) --workers $(WORKERS)

messages:  ## brings translations/*.po up to date with the sources
	$(PY) -m tests.messages_po

lock:  ## requirements/*.txt from *.in, with hashes and without addresses
	uv pip compile -q --universal --generate-hashes --no-annotate --no-header --python-version 3.11 requirements/runtime.in -o requirements/runtime.txt && uv pip compile -q --universal --generate-hashes --no-annotate --no-header --python-version 3.11 requirements/dev.in -c requirements/runtime.txt -o requirements/dev.txt

.PHONY: help setup demo test check bench simulate messages lock
