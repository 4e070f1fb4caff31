# make run    the main job, offline: install the base package and judge the bundled sample reviews
# make test   install everything and run all tests
# make test-engines  install Ray, Spark, polars and DuckDB and run the tests of tonality.scale and
#                of training on two devices
# make sanitize  the compiled kernel's tests under the address and undefined-behaviour sanitizers
# make lowest run the tests with the oldest version of each dependency that pyproject.toml allows
# make dist   build the sdist and a wheel, check them, and ask an offline install for a verdict
# make sbom   the same, and list what that install holds in build/tonality.cdx.json (CycloneDX)
# make docs   build the documentation site into build/site; a warning fails
# make lint / types / bench / clean
#
# Environments that do not disturb each other: `.venv` holds the base install that `run` uses, as a
# user has it; `.venv-dev` holds the editable install with every extra but the engines', which take
# 1 GB and a Java runtime; `.venv-engines` is for `test-engines`; `.venv-lowest` is for `lowest`;
# `.venv-release` holds the tools of `dist` and `sbom`; `.venv-docs` those of `docs`.

PYTHON ?= python3
JOBS ?= 2
PYTEST_ARGS ?=

SOURCES := pyproject.toml constraints.txt README.md hatch_build.py \
  $(shell find src -type f -not -name '*.pyc' -not -name '*.so')
DEV := .venv-dev/bin

# Builds run in an environment of their own, which reads constraints from the environment only.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := $(PIP_CONSTRAINT)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test test-engines sanitize lint types bench lowest dist sbom docs clean

run: .venv/.installed
	.venv/bin/tonality demo
	@echo 'Now your own: source .venv/bin/activate'
	@echo '              tonality predict "No regrets, we would stay there again."'

# The inference half is what every user runs: its branch coverage is held at 95 %.
INFERENCE := text network artifact explain tables score summarise serve cli check

test: .venv-dev/.installed
	$(DEV)/python -m pytest -q -n $(JOBS) --dist worksteal --cov --cov-report= $(PYTEST_ARGS)
	$(if $(PYTEST_ARGS),,$(DEV)/python -m coverage report --fail-under=95 \
	  --include="src/tonality/*.py$$(printf ',src/tonality/%s/*' $(INFERENCE))")

# Apart from `test`: what they install, and what a JVM and Ray take to start, would take half of the
# time that CI has. Without an engine its tests skip.
ENGINES := .venv-engines/bin

test-engines: .venv-engines/.installed
	TEST_DEVICES=1 $(ENGINES)/python -m pytest -q \
	  $(or $(PYTEST_ARGS),tests/scale tests/train/test_devices.py)

# The kernel's tests with a kernel that finds every wrong access and every undefined operation.
sanitize: .venv-dev/.installed
	$(DEV)/python hatch_build.py --sanitize
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	  ASAN_OPTIONS=detect_leaks=0 $(DEV)/python -m pytest -q tests/network/test_kernel.py \
	  tests/text/test_native_encoder.py; \
	  failed=$$?; $(DEV)/python hatch_build.py; exit $$failed

# What people read is in plain English; what is looked up, generated or measured need not be.
LOOKED_UP := $(addprefix docs/,commands.md http.md recipes.md format.md general.md)
PROSE := README.md CONTRIBUTING.md \
  $(filter-out $(LOOKED_UP),$(wildcard docs/*.md docs/tutorials/*.md docs/explanations/*.md))

lint: .venv-dev/.installed
	$(DEV)/ruff check
	$(DEV)/ruff format --check
	$(DEV)/deptry src
	$(DEV)/python docs/check_english.py $(PROSE)

types: .venv-dev/.installed
	$(DEV)/mypy

# Old versions warn on new Pythons, word a few messages otherwise and round the last bits otherwise.
LOWEST := .venv-lowest/bin
OTHERWISE := those_that_were_stored or what_cannot_be

lowest: .venv-lowest/.installed
	PYTHONWARNINGS=default,ignore::DeprecationWarning \
	  $(LOWEST)/python -m pytest -q -n $(JOBS) -o filterwarnings=default \
	  -k 'not ($(OTHERWISE))' --ignore-glob='tests/serve/test_page*' \
	  $(or $(PYTEST_ARGS),$(addprefix tests/,artifact check cli data evaluate explain measures \
	  network score serve sklearn summarise tables text train test_classifier.py))

# The wheel is built from the sdist, so a file that the sdist lacks is missed here. It is installed
# from a folder, without an index, in an environment that holds nothing else.
RELEASE := .venv-release/bin
WHEELHOUSE := build/wheelhouse
EMPTY := build/empty

dist: .venv-release/.installed
	rm -rf dist $(WHEELHOUSE) $(EMPTY)
	TONALITY_COMPILE=require $(RELEASE)/python -m build
	$(RELEASE)/twine check --strict dist/*
	$(RELEASE)/check-wheel-contents dist/*.whl
	$(RELEASE)/python -m pip download -q -d $(WHEELHOUSE) dist/*.whl
	$(PYTHON) -m venv --without-pip $(EMPTY)
	$(RELEASE)/python -m pip --python $(EMPTY)/bin/python install -q \
	  --no-index --find-links $(WHEELHOUSE) tonality
	$(EMPTY)/bin/python -I tests/wheel_smoke.py

sbom: dist
	$(RELEASE)/cyclonedx-py environment --output-reproducible --output-format JSON \
	  --output-file build/tonality.cdx.json $(EMPTY)/bin/python

DOCS := .venv-docs/bin

docs: .venv-docs/.installed
	$(DOCS)/python docs/stage_site.py build/pages
	$(DOCS)/zensical build --strict --clean
	$(DOCS)/python docs/check_site.py build/site

bench: .venv-dev/.bench
	$(DEV)/python -m benchmarks

.venv/.installed: $(SOURCES)
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q .
	@touch $@

# An editable install follows the Python sources by itself: only the dependencies and the C of the
# kernel make it stale.
.venv-dev/.installed: pyproject.toml constraints.txt hatch_build.py \
  $(wildcard src/tonality/native/*.[ch])
	test -x $(DEV)/python || $(PYTHON) -m venv .venv-dev
	$(DEV)/python -m pip install -q -e '.[train,transformers,serve,frames,excel,zstd,languages,dev]'
	@touch $@

.venv-engines/.installed: pyproject.toml constraints.txt hatch_build.py \
  $(wildcard src/tonality/native/*.[ch])
	test -x $(ENGINES)/python || $(PYTHON) -m venv .venv-engines
	$(ENGINES)/python -m pip install -q -e '.[train,ray,spark,polars,duckdb]' \
	  pytest hypothesis psutil pyyaml jsonschema kubernetes
	@touch $@

.venv-lowest/.installed: pyproject.toml constraints.txt tests/lowest_bounds.py
	test -x $(LOWEST)/python || $(PYTHON) -m venv .venv-lowest
	$(PYTHON) tests/lowest_bounds.py > .venv-lowest/constraints.txt
	PIP_CONSTRAINT=.venv-lowest/constraints.txt $(LOWEST)/python -m pip install -q \
	  -e '.[train,serve,frames,excel,zstd]' pytest pytest-xdist hypothesis httpx playwright psutil
	@touch $@

.venv-release/.installed: pyproject.toml constraints.txt
	test -x $(RELEASE)/python || $(PYTHON) -m venv .venv-release
	TONALITY_COMPILE=skip $(RELEASE)/python -m pip install -q '.[release]'
	@touch $@

# The packages alone: the reference of Python is read from the sources.
.venv-docs/.installed: pyproject.toml constraints.txt
	test -x $(DOCS)/python || $(PYTHON) -m venv .venv-docs
	TONALITY_COMPILE=skip $(DOCS)/python -m pip install -q '.[docs]'
	@touch $@

.venv-dev/.bench: .venv-dev/.installed
	$(DEV)/python -m pip install -q -e '.[train,transformers,serve,frames,excel,zstd,languages,dev,bench]'
	@touch $@

clean:
	rm -rf .venv .venv-dev .venv-engines .venv-lowest .venv-release .venv-docs build dist htmlcov .coverage .coverage.* \
	  .pytest_cache .mypy_cache .ruff_cache .hypothesis .cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
