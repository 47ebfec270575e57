# Needs Python >= 3.11 with venv, and make. Everything is installed into .venv, in the versions of constraints.txt.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV  := .venv
BIN   := $(VENV)/bin
PIP   := $(BIN)/python -m pip install -qq --no-compile -c constraints.txt
# Neighbours in a file share fixtures and what they compiled, so workers get them together; idle ones take from the rest.
PYTEST := $(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal

# Small matrices: threads of the linear algebra library cost more than they give, and the test workers share the cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
# Nothing is written outside of this folder.
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/matplotlib
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help demo check test evidence lint bench mutants lowered clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1  \2/p' $(MAKEFILE_LIST)

demo: $(VENV)/demo.stamp  ## design the published scenario: a table, and files with pictures in out/paper
	@$(BIN)/multistatic design paper --out out/paper

check: lint  ## style, types, layers and the quick tests: about two minutes
	$(PYTEST) -m "not slow and not evidence"

test: lint  ## style, types, layers and tests: nine minutes on two cores
	$(PYTEST)

evidence: $(VENV)/test.stamp  ## statistics with many trials, faults by the hundred, properties of fresh examples: long
	$(PYTEST) -m evidence
	$(PYTEST) --hypothesis-profile=fresh tests/properties tests/faults

lint: $(VENV)/test.stamp  ## style, types and layers only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

bench: $(VENV)/test.stamp  ## time the algorithms beside their rivals: about ten minutes
	@$(BIN)/python -m benchmarks.table

mutants: $(VENV)/test.stamp  ## change one formula at a time and tell which changes the tests do not notice: some ten minutes
	@$(BIN)/python -m tests.mutants.run

lowered: $(VENV)/test.stamp  ## write the kernels in LLVM's language that the package ships, after an edit of a kernel
	@$(BIN)/python -m tests.lowered

clean:  ## remove everything that was made here
	rm -rf $(VENV) out build dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than what they were made from as long as nothing has to be installed again.
$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(VENV)/bin/pip
	@$(PIP) setuptools
	$(PIP) --no-build-isolation -e '.[all]'
	@touch $@

# What the tests need includes all that the demo needs.
$(VENV)/test.stamp: pyproject.toml constraints.txt | $(VENV)/bin/pip
	@$(PIP) setuptools
	$(PIP) --no-build-isolation -e '.[test]'
	@touch $@ $(VENV)/demo.stamp

# pip comes last when venv makes an environment, so an interrupted one is made again.
$(VENV)/bin/pip:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	  if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$python" --version); installing takes a minute or two."; \
	    "$$python" -m venv --clear $(VENV); exit; \
	  fi; \
	done; \
	echo "Python 3.11 or newer with venv is needed and was not found (Debian and Ubuntu: apt install python3-venv)." >&2; \
	echo "If it has another name: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; exit 1
