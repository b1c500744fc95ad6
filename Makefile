# farside: make mission flies Chang'e 4, make test checks everything.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OUT    ?= ce4
ARGS   ?=

.PHONY: mission setup test bench clean kernels chromium
.DELETE_ON_ERROR:

mission: setup
	$(BIN)/farside fly chang-e-4 --out $(OUT) $(ARGS)

setup: $(VENV)/.ready

# Debian splits venv off from Python: fetch it where we may, say what is missing where we may not.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "farside needs Python 3.11 or newer ($(PYTHON) is older): make setup PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; } || { echo "Python's venv module is missing: install the Debian package python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock pyproject.toml hatch_build.py $(shell find web -type f -not -path '*/node_modules/*' 2>/dev/null) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.ready-test: requirements-test.lock $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.lock
	@touch $@

# The gallery is looked at in a real browser; the tests that need it say so where there is none.
chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || echo "no chromium: the gallery's browser tests will be skipped (Debian package chromium)"

test: $(VENV)/.ready-test chromium
	$(BIN)/ruff check src tests benchmarks docs hatch_build.py
	$(BIN)/ruff format --check src tests benchmarks docs hatch_build.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadgroup

bench: $(VENV)/.ready-test
	$(BIN)/python -m benchmarks

kernels:
	find src \( -name '*.nbi' -o -name '*.nbc' \) -delete

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +
