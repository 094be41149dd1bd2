# make demo   the main job on a fresh machine; the pages stay up until Ctrl-C (ARGS=--once: then stop)
# make test   everything the tests need, then the tests (ARGS passes options to pytest)
# make check  formatting, lint, types and the import contracts
# make bench  the benchmarks, one JSON line each
# make pictures      make the manual's pictures anew, in Chromium
# make walks         walk every task of the manual in Chromium; the folder walks shows where each ended
# make translations  collect new sentences into the catalogues

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo test check bench catalogues pictures walks translations clean

$(VENV)/.product: pyproject.toml packaging/build_hook.py packaging/catalogues.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[node,central]'
	touch $@

$(VENV)/.dev: $(VENV)/.product
	$(BIN)/python -m pip install --quiet --group dev
	touch $@

# Built from source: the compiler and pcsc-lite's headers come first.
$(VENV)/.pcsc: $(VENV)/.dev packaging/dev/system-packages.sh
	sh packaging/dev/system-packages.sh
	$(BIN)/python -m pip install --quiet --editable '.[pcsc]'
	touch $@

catalogues: $(VENV)/.product
	@$(BIN)/python packaging/catalogues.py > /dev/null

demo: $(VENV)/.product catalogues
	$(BIN)/yika demo $(ARGS)

test: $(VENV)/.dev $(VENV)/.pcsc catalogues
	sh packaging/dev/system-packages.sh
	sh packaging/dev/printer-emulator.sh $(VENV)
	$(BIN)/python -m pytest -n auto $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev catalogues
	$(BIN)/python tests/bench/run.py $(ARGS)

pictures: $(VENV)/.dev
	$(BIN)/python packaging/dev/manual_pictures.py

walks: $(VENV)/.dev catalogues
	YIKA_WALKS=walks $(BIN)/python -m pytest tests/browser/test_manual_walks.py $(ARGS)

translations: $(VENV)/.dev
	$(BIN)/python packaging/dev/translations.py

clean:
	rm -rf $(VENV) build dist demo-data walks
