# Everything runs in .venv; only Python >= 3.11 with pip and venv is needed beforehand.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEMO_STORE := .demo/store.db

.PHONY: help demo test slow lint types imports wheel bench clean

help:
	@echo "make demo    translate a real article and show the stored pairs with their scores"
	@echo "make test    run the tests (slow ones: make slow)"
	@echo "make lint types imports    style, types, import contracts"
	@echo "make wheel   build the wheel, install it into an empty environment and translate with it"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/base: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable .
	@touch $@

.venv/full: .venv/base
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[all,test,lint]'
	@touch $@

demo: .venv/base
	@rm -rf .demo && mkdir .demo
	$(BIN)/mt translate corpora/articles/clustermunitie.nl.txt --output .demo/clustermunitie.en.txt --store $(DEMO_STORE)
	@echo; cat .demo/clustermunitie.en.txt
	$(BIN)/mt show clustermunitie.nl.txt --store $(DEMO_STORE)

test: .venv/full
	$(BIN)/python -m pytest

slow: .venv/full
	$(BIN)/python -m pytest -m slow

lint: .venv/full
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .venv/full
	$(BIN)/mypy

imports: .venv/full
	$(BIN)/lint-imports

wheel: .venv/full
	rm -rf dist .wheel && $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(PYTHON) -m venv .wheel
	.wheel/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt dist/*.whl
	cd .wheel && MT_HOME=home ./bin/mt translate ../corpora/articles/teken.nl.html --output teken.en.html
	grep -q '<h1>' .wheel/teken.en.html && ! cmp -s .wheel/teken.en.html corpora/articles/teken.nl.html

clean:
	rm -rf .venv .wheel .demo dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
