# What one types most: install, learn, test, build. `make` alone lists it.

PYTHON ?= python3
FOLDER ?= my-course
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Browsers are slow to start, so the tests of one file stay in one process. ARGS with an -n of its own replaces this.
PARALLEL = $(if $(filter -n%,$(ARGS)),,-n 2 --dist loadfile)

.PHONY: help lab play demo build test soak lint pictures bench bench-grading sheets slides book docs site

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-13s %s\n' "$$name" "$$what"; done

lab: .venv/installed ## open the course in JupyterLab, in FOLDER (my-course)
	@$(BIN)/bpcore lab "$(FOLDER)"

play: .venv/installed-play ## the Playground in a browser, without a notebook
	@$(BIN)/bpcore play $(ARGS)

demo: .venv/installed ## see the library at work, without a notebook
	@$(BIN)/bpcore demo $(ARGS)

build: .venv/installed-test ## make solutions/*.ipynb and course/ from the prose and the exercises
	@$(BIN)/bpcore build $(ARGS)

test: .venv/installed-test ## run the tests; ARGS goes to pytest, as in ARGS="-n 0 -k chain"
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

soak: .venv/installed-test ## every mistake over twenty seeds, every pair of mistakes, a class of 300 (some minutes)
	@BPCORE_SOAK=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal tests/exercises/test_catalogue.py $(ARGS)
	@BPCORE_SOAK=1 $(BIN)/python -m pytest -q -n 0 -s tests/grading/test_class.py

bench-grading: .venv/installed-test ## grade 40 submissions with nbgrader and with bpcore: time and memory (some minutes)
	@$(BIN)/python -m benchmarks.grading $(ARGS)

sheets: .venv/installed ## make the sheets for teaching assistants, solutions/TA.md, from the exercises
	@$(BIN)/python scripts/make_sheets.py

slides: .venv/installed-test ## make slides from the cells that are marked for it, in slides/, for any browser
	@$(BIN)/python scripts/make_slides.py $(ARGS)

pictures: .venv/installed-test ## take the README's screenshots anew
	@BPCORE_PICTURES=$(CURDIR)/pictures $(BIN)/python -m pytest -q tests/browser/test_course.py tests/browser/test_playground.py -k "report or trained"

book: .venv/installed-docs ## the reading copy: the course with its pictures, and the reference, as pages in book/
	@$(BIN)/python docs/course.py $(ARGS)
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs book && echo "Open book/index.html"

docs: .venv/installed-docs ## the reference from the docstrings, in book/ (with the units that `make book` has run)
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs book && echo "Open book/api/index.html"

bench: .venv/installed ## compare speeds with those peers that are installed: pip install -e '.[peers]'
	@$(BIN)/python -m benchmarks.peers $(ARGS)

site: .venv/installed-test ## the course as a site that runs in the reader's browser, in site/
	@$(BIN)/python scripts/make_site.py $(ARGS)

lint: .venv/installed-test ## check the style
	@$(BIN)/ruff check .

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "bpcore needs Python 3.11 or newer, and '$(PYTHON)' is not that: name one, as in 'make lab PYTHON=python3.12'." >&2; exit 1; }
	@$(PYTHON) -m venv .venv

# A stamp says what is installed, so that nothing asks the network again until the dependencies change.
# The order-only .venv/bin/python keeps a newer interpreter file from making the stamps old.
.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing bpcore into .venv (once; this needs a network)"
	@$(PIP_INSTALL) -e .
	@touch $@

.venv/installed-play: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing bpcore and what serves the Playground into .venv (once; this needs a network)"
	@$(PIP_INSTALL) -e '.[play]'
	@touch .venv/installed $@

.venv/installed-docs: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing bpcore and what makes its pages into .venv (once; this needs a network)"
	@$(PIP_INSTALL) -e '.[docs]'
	@touch .venv/installed $@

# The tests need all that the course needs and more: one install makes both stamps new.
.venv/installed-test: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing bpcore and its test tools into .venv (once; this needs a network)"
	@$(PIP_INSTALL) -e '.[test]'
	@touch .venv/installed .venv/installed-docs .venv/installed-play $@
