# farside: make mission flies Chang'e 4, make test checks everything.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEERS  := .peers
OUT    ?= ce4
ARGS   ?=

PEER_LIBRARIES := libxrender1 libxfixes3 libxi6 libxkbcommon0 libxext6 libsm6 libgl1 libllvm19

.PHONY: mission setup test bench peers clean kernels chromium
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

# Renderers that the tracer is measured against, in an environment of their own: nothing of them is part of farside.
peers: $(PEERS)/.ready

# Blender's module is built for one version of Python and wants libraries of a desktop; Mitsuba runs faster with LLVM.
$(PEERS)/.ready: benchmarks/peers/requirements.txt | $(VENV)/bin/python
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Blender's module needs Python 3.11, and $(VENV) has another: the peers stay out"; exit 1; }
	$(BIN)/python -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends $(PEER_LIBRARIES) >/dev/null; } || echo "not installed, for want of root or of a package: $(PEER_LIBRARIES)"
	@$(PEERS)/bin/python -c 'import bpy, mitsuba' || { echo "the peers need the Debian packages $(PEER_LIBRARIES)"; exit 1; }
	@touch $@

kernels:
	find src \( -name '*.nbi' -o -name '*.nbc' \) -delete

clean:
	rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +
