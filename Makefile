# `make demo` and `make test` are all a fresh machine needs: each sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TORCH := $(VENV)/.torch
OUT ?= demo-out
KERNEL := $(wildcard src/etude/stages/corpus/kernel/*.c src/etude/stages/corpus/kernel/*.h)

.PHONY: setup demo test check fix bench fuzz docs lock clean

setup: $(READY) $(TORCH)  ## virtual environment, pinned dependencies, the sandbox program

$(READY): pyproject.toml requirements/dev.txt hatch_build.py $(KERNEL)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: needs Python 3.11 or newer; set PYTHON=python3.12 or the like" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "make: no venv module; install it first: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		"$$(grep -o '^uv==[0-9.]*' requirements/dev.txt)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

# torch comes by pip and apart: uv would resolve the CUDA build and its gigabytes. The lock leaves it out,
# and what trains nothing does without.
$(TORCH): $(READY) requirements/torch.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
	@touch $@

demo: $(READY)  ## the main job on one real project, end to end, with a report
	@$(BIN)/etude demo --out $(OUT)

test: $(TORCH)  ## the default test suite
	@$(BIN)/python -m pytest -n 2 --dist loadgroup
	@$(BIN)/python -m pytest -q -m "browser and not slow" tests/web/browser

check: $(TORCH)  ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

fix: $(TORCH)  ## format and mend what can be mended by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(TORCH)  ## measure, as ratios against peers and stated limits
	@for name in boxes corpus corpus_recipe corpus_peers corpus_memory tokens verifiers verifier_cases code_verdicts validation training; do $(BIN)/python benchmarks/$$name.py || exit 1; done

fuzz: $(READY)  ## ten minutes of hostile bytes for the kernel, under sanitizers: a nightly target
	@$(BIN)/python tests/stages/corpus/kernel/fuzz/run.py --seconds 600

docs: $(READY)  ## the documentation, warnings as errors
	@$(BIN)/sphinx-build -q -n -W -b html docs docs/_build

lock: $(READY)  ## pin again; names and versions only, no addresses
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra dev --universal --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url --excludes requirements/torch.txt \
		-o requirements/dev.txt

clean:
	@rm -rf $(VENV) $(OUT) docs/_build
