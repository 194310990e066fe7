# Everything below works on a fresh machine with Python 3.11+, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
WORKERS ?= 2

.PHONY: demo test test-fast check bench docs clean help

help:
	@echo "make demo       build a small lab on an embedded emulator, audit it, write the report to $(DEMO)/"
	@echo "make test       everything that CI runs: checks and all tests"
	@echo "make test-fast  the tests that need no server and no browser"
	@echo "make check      ruff, mypy --strict, import contracts, controls lint"
	@echo "make bench      the benchmarks; prints figures, judges nothing"
	@echo "make docs       regenerate the generated pages"

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[demo,azure]' --group dev
	@touch $@

demo: $(VENV)/.demo
	$(BIN)/weightguard demo --output $(DEMO)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/weightguard controls lint

test: $(VENV)/.dev check
	scripts/install-test-tools
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

test-fast: $(VENV)/.dev
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal -m "not slow and not wire and not browser"

bench: $(VENV)/.dev
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(VENV)/.dev
	$(BIN)/python scripts/generate_docs.py
	$(BIN)/python scripts/generate_demo_page.py

clean:
	rm -rf $(VENV) $(DEMO) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
