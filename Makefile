# Each target does its own set-up. PYTHON picks the interpreter: make test PYTHON=python3.12
.DEFAULT_GOAL := help
TARGETS := help venv demo models notebooks test test-all test-core test-long lint bench bench-models wheel clean
.PHONY: $(TARGETS)

# Work from the folder of this file, wherever make was started (spaces in the path are fine).
ROOT := $(shell f='$(MAKEFILE_LIST)'; cd "$$(dirname "$${f# }")" && pwd -P)
ifneq ($(ROOT),$(shell pwd -P))

$(TARGETS):
	@$(MAKE) --no-print-directory -C "$(ROOT)" $@

else

export MLFLOW_DISABLE_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where it is set, every test process and notebook compiles its libraries anew: seconds each. What is kept lies in .venv
# and in ignored folders.
unexport PYTHONDONTWRITEBYTECODE

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
endif
BIN := .venv/bin
STAMP := .venv/.stamp

help:
	@echo "make demo    grade a made-up population, write pages to build/demo"
	@echo "make models  train the reference models again, write their cards"
	@echo "make notebooks  run every notebook, render it to build/notebooks"
	@echo "make test    run the quick tests: ten minutes at most"
	@echo "make test-all  run the tests that CI runs: half an hour at most"
	@echo "make test-core  commands, explanations, letters and objections from the wheel, where no extra is installed"
	@echo "make test-long  what takes hours: long series of tests, 100,000 fuzz cases, 1,000 faults, cards on noise; results in build/"
	@echo "make lint    ruff and mypy"
	@echo "make bench   run the benchmarks"
	@echo "make bench-models  cards beside their peers, in an environment of its own"
	@echo "make wheel   build dist/*.whl"
	@echo "make venv    only set up .venv (the others do it themselves)"
	@echo "make clean   remove what the others wrote, but not .venv"

venv: $(STAMP)

$(STAMP): requirements.txt pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed ('$(PYTHON)' is not): apt-get install python3 python3-venv make" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python cannot make a virtual environment: apt-get install python3-venv make" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)
	$(BIN)/creditscore demo --out build/demo

models: $(STAMP)
	$(BIN)/creditscore model card --regenerate models

notebooks: $(STAMP)
	$(BIN)/python scripts/render_notebooks.py build/notebooks

# Each worker starts with half of the tests, so that most files set up once; at the end they share what is left.
test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not long" $(PYTEST_ARGS)

test-all: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long" $(PYTEST_ARGS)

# An environment of its own: the wheel and what it needs, then what runs tests. It is measured in between.
CORE := build/core
CORE_TESTS := $(addprefix tests/,without_extras objections evidence/test_letter.py \
	$(addprefix cli/test_,grade.py case_desk.py decisive.py explain.py failed_runs.py lists.py rules.py) \
	$(addprefix explanation/test_,ledger.py depths.py document.py shapley.py))
test-core: wheel
	rm -rf $(CORE)
	"$(PYTHON)" -m venv $(CORE)
	$(CORE)/bin/python -m pip install --quiet -c requirements.txt dist/creditscore-*.whl
	$(BIN)/python scripts/measure_install.py core=$(CORE)
	$(CORE)/bin/python -m pip install --quiet --no-compile -c requirements.txt pytest hypothesis packaging jsonschema
	PYTHONPATH= $(CORE)/bin/python -m pytest -p tests.without_extras.plugin -m "not slow and not long" $(CORE_TESTS) $(PYTEST_ARGS)

test-long: $(STAMP)
	mkdir -p build
	LONG_RESULTS=build/long.json $(BIN)/python -m pytest -n 2 --dist worksteal -m long -p tests.long_results $(PYTEST_ARGS)
	$(BIN)/python -m tests.single_faults --faults $(or $(FAULTS),1000) --seed $(or $(SEED),1) --out build/faults.json
	$(BIN)/python -m tests.modelling.noise_simulation --full --out build/noise.json
	$(BIN)/python -m tests.fuzz --cases $(or $(CASES),100000) --seed $(or $(SEED),1) --out build/fuzz.json

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py

# Peers pin other versions than requirements.txt, so they live apart; the arrays they share are the same.
BENCH := .venv-bench
$(BENCH)/.stamp: requirements.txt pyproject.toml
	"$(PYTHON)" -m venv $(BENCH)
	grep -E '^(numpy|pandas|pyarrow|scikit-learn|scipy)==' requirements.txt > $(BENCH)/constraints.txt
	$(BENCH)/bin/python -m pip install --quiet --no-compile -c $(BENCH)/constraints.txt -e '.[bench-models]'
	@touch $@

bench-models: $(BENCH)/.stamp
	$(BENCH)/bin/python benchmarks/models.py $(BENCH_ARGS)

wheel: $(STAMP)
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

endif
