# `make` lists what there is.
PYTHON ?= python3
V := .venv/bin
DEMO ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench lock format messages docs clean

help:  ## what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## */make \1\t/' | expand -t 16

demo: .venv/runs  ## start the demonstration (DEMO="--no-browser --port 8080" for options)
	@$(V)/python -m compileall -q -j 0 chibo
	@$(V)/chibo demo $(DEMO)

test: .venv/tests  ## all tests that need nothing installed beside
	@$(V)/python -m compileall -q -j 0 chibo tests
	@$(V)/pytest -n auto --dist worksteal $(TESTS)

check: .venv/tests  ## everything CI asks for
	$(V)/ruff format --check .
	$(V)/ruff check .
	$(V)/djade --check $$(git ls-files '*.html' ':!*/jinja2/*')
	$(V)/mypy
	$(V)/lint-imports
	$(V)/python -m tests.checks
	$(MAKE) --no-print-directory test

bench: .venv/tests  ## measures, printed as ratios to bare SQL
	@$(V)/python -m bench

docs: .venv/runs  ## the generated docs anew
	@$(V)/chibo docs

messages: .venv/runs  ## gather what the program says for chibo/locale, and compile it (needs gettext)
	cd chibo && ../$(V)/chibo makemessages -l vi --add-location file --no-wrap --no-obsolete --ignore management
	sed -i '/^"POT-Creation-Date/d' chibo/locale/vi/LC_MESSAGES/django.po
	cd chibo && ../$(V)/chibo compilemessages

format: .venv/tests  ## put code and templates into form
	-$(V)/ruff check --fix-only -q .
	$(V)/ruff format -q .
	-$(V)/djade $$(git ls-files '*.html' ':!*/jinja2/*')

lock: .venv/tests  ## pin the newest versions allowed, with hashes only
	$(V)/pip install -q pip-tools
	$(V)/pip-compile $(LOCK) -o requirements.lock pyproject.toml
	$(V)/pip-compile $(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

LOCK := -q --upgrade --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	--no-annotate --no-header --strip-extras --allow-unsafe

clean:  ## away with the environment and caches; the data folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache chibo.egg-info

.venv/made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Chibo needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/runs: .venv/made requirements.lock pyproject.toml
	$(V)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(V)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/tests: .venv/runs requirements-dev.lock
	$(V)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
