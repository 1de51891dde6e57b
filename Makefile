# make demo : a rehearsal without hardware      make test : all tests
# make lint : ruff, mypy, import rules          make clean: remove what these made
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench clean

.venv/demo: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[report]'
	@touch $@

.venv/dev: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[report,ui,mqtt,audio,rtlsdr,gis,dev]'
	@touch $@ .venv/demo

demo: .venv/demo
	$(BIN)/baksan demo

test: .venv/dev
	$(BIN)/python -m pytest --numprocesses=2

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_layers.py

bench: .venv/dev
	for file in tests/bench/*.py; do $(BIN)/python "$$file" || exit 1; done

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis baksan-demo
