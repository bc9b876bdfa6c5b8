# From a bare clone: `make demo` needs Python 3.11+, `make test` besides that the test peers, which root gets from apt.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --annotation-style line

.PHONY: help demo test bench lint peers lock clean

help: ## say what there is to make
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(VENV)/run.stamp ## environment, then the whole service with sample data, until Ctrl-C
	@exec $(VENV)/bin/gateway demo

# A file's tests stay in one worker, for its fixtures; taken in order, the long files come first and the short ones last.
test: $(VENV)/test.stamp peers lint ## environment, test peers, linters, all tests; what CI runs
	@$(PY) -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder \
		--cov --cov-report=term:skip-covered --durations=10 --durations-min=5

bench: $(VENV)/test.stamp peers ## the benchmarks
	@$(PY) -m tests.bench

lint: $(VENV)/test.stamp ## format, lint, types, import rules
	$(VENV)/bin/ruff format --quiet --check .
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/mypy --no-error-summary
	$(VENV)/bin/lint-imports

peers: $(VENV)/test.stamp ## the real programs that tests run against, from the system's packages
	@bash tests/peers/install.sh $$($(PY) -m tests.peers.programs)
	@bash tests/peers/asterisk.sh $$($(PY) -m tests.peers.programs --asterisk)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash tests/peers/axe.sh .cache/npm

lock: | $(PY) ## pin anew what pyproject.toml allows
	@$(PIP) install --quiet uv
	$(VENV)/bin/$(COMPILE) --upgrade pyproject.toml requirements/build.in -o requirements/run.txt
	$(VENV)/bin/$(COMPILE) --upgrade pyproject.toml requirements/build.in --group pyproject.toml:dev --extra speech \
		--constraint requirements/run.txt -o requirements/test.txt

clean: ## remove all that was made here
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov
	find gateway tests -name __pycache__ -prune -exec rm -rf {} +

# The files name all that is needed, so nothing is resolved: a newer release of an extra cannot get in their way.
$(VENV)/%.stamp: requirements/%.txt pyproject.toml | $(PY)
	@echo "installing requirements/$*.txt"
	@$(PIP) install -qq --require-hashes --no-deps -r requirements/$*.txt
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

# A version manager's shim may be on the PATH and yet run nothing: only one that ran counts.
$(PY):
	@for python in python3 python3.13 python3.12 python3.11 python; do \
		if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "making $(VENV) with $$("$$python" --version)"; \
			exec "$$python" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "No Python 3.11 or newer with the venv module is on the PATH (on Debian: apt-get install python3-venv)." >&2; \
	exit 1
