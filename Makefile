# Needs Python 3.11 or newer, make and a C library; everything else comes into .venv, by hash.
# make help lists the targets. Paths are relative, so the checkout may lie in any folder.

CYCLE = 2021-12-31T16
DRILLS =
CASE = january_2022
PYTHON =
UPGRADE =
IN = .venv/bin/python

# Compiled Python files are wanted (a forecast starts dozens of processes), and nothing from outside
# the environment is.
export PYTHONDONTWRITEBYTECODE =
unexport PYTHONPATH PYTHONHOME
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# The environment refreshes itself; where there is none yet, the newest suitable Python makes it.
SETUP = if [ -x $(IN) ] && [ -z "$(PYTHON)" ]; then python=$(IN); \
	else python=$$(PYTHON="$(PYTHON)" sh tools/find_python.sh) || exit 1; fi; \
	"$$python" tools/environment.py

.DEFAULT_GOAL := help
.PHONY: help forecast environment environment-cluster environment-test test test-kernels \
	test-browser test-cluster lint format lock benchmark clean distclean
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "make %-16s  %s\n", $$1, $$2 }'

forecast: environment ## install what is missing, run the default case, say where the bulletins are
	$(IN) -m forecast run $(CYCLE) --case $(CASE)
	@echo "Bulletin of the province: runs/$(CYCLE)/latest/products/bulletin.html"
	@echo "Bulletins of the cities:  runs/$(CYCLE)/latest/products/cities/"
	@echo "Tables:                   runs/$(CYCLE)/latest/products/cities_daily.csv, cities_hourly.csv"

environment: ## make or refresh .venv with what a forecast needs
	@$(SETUP) runtime

environment-cluster: ## the same with Dask, for members that outgrow the memory of a node
	@$(SETUP) cluster

environment-test: ## make or refresh .venv with the tools of tests, lint and benchmarks as well
	@$(SETUP) test

test: test-kernels ## run the tests: kernels without compilation first, then everything
	$(IN) -m pytest -m "not browser and not slurm"

test-kernels: environment-test ## run the kernels' tests as plain Python: index errors show, bounds are checked
	NUMBA_DISABLE_JIT=1 $(IN) -m pytest tests/kernels -q

lint: environment-test ## check style, types, imports, sizes and traces
	@$(IN) -m tools.lint

format: environment-test ## put every file into the form that lint asks for
	$(IN) -m ruff check --fix-only .
	$(IN) -m ruff format .
	$(IN) -m snakefmt --quiet Snakefile forecast/workflow

lock: environment-test ## write the hashed locks of pyproject.toml; make lock UPGRADE=--upgrade takes newer ones
	$(IN) -m tools.lock $(UPGRADE)

test-cluster: environment-test ## bring up a Slurm cluster on this machine (as root), run the drills on it, take it down
	@sh tools/test_cluster.sh $(IN) $(DRILLS)

benchmark: environment-test ## measure the transport kernels and the whole model
	$(IN) -m benchmarks.transport
	$(IN) -m benchmarks.model

test-browser: environment-test ## open the bulletins in a headless Chromium; pictures go to build/pages
	$(IN) -m tools.browser --install
	$(IN) -m pytest -m browser

clean: ## remove what tests and tools leave behind; runs/ and .venv stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -path ./.venv -prune -o -path ./runs -prune -o -type d -name __pycache__ -print | \
		while IFS= read -r folder; do rm -rf "$$folder"; done

distclean: clean ## remove .venv as well
	rm -rf .venv forecast.egg-info
