# make demo: play the guide on the built-in ends and write the reports to build/
# make kill-matrix: break each end in every known way and see that every check notices
# make strangers: judge implementations that the checks were not written for
# make bench: measure callproof and its peers (OPTIONS=--quick; OPTIONS=--write for docs/performance.md)
# make torture: kills, wrong requests, odd addresses, memory; under 10 minutes (OPTIONS=--write for docs/robustness.md)
# make soak MINUTES=10: what grows under steady load (OPTIONS=--write)
# make test-browser: the pages in Chromium, which it installs
# make screenshots: draw the pictures of README and docs anew, on the ports 8080 and 8081
# make image: do what the Dockerfile says, in a root folder of its own that debootstrap makes
# make lock: lock newer releases of what callproof needs, and write the SBOM of the wheel
# make test-docs: do what README and docs show, and see that they name all there is
# make worst: what the worst single requests take, and others meanwhile
# make check: all that CI runs; make check FAST=1: what the changes since main are likely to break, in under a minute
# make test: the tests        make lint: style, types and floors        make docs: write the generated pages, build the site
# make site: build the documentation into build/site, to be opened in a browser as files

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# With one line that says how far it is. Of what it brings a fifth is ever imported, and compiled then.
PIP := $(PYTHON) tools/install.py $(BIN)/pip install --disable-pip-version-check --progress-bar off --no-compile
# Five for two cores: tests wait for processes, clocks and pages half of their time. Each begins with a part of its own, whose
# fixtures no other makes, and takes from the others what is left at the end.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 2) * 5 // 2)')

# Tests start hundreds of interpreters. Where the environment forbids them to keep what they compiled, each of
# them would compile the whole package again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: check demo test test-docs test-browser lint docs site screenshots kill-matrix kill-quick compiled strangers bench torture soak image lock clean worst

demo: .venv/demo
	@$(BIN)/callproof check --junit build/report.xml --json build/report.json

ifdef FAST
check: .venv/dev
	$(BIN)/python -m tools.check_changed
else
check: .venv/dev
	@# Types and site take one core each; the tests take all there are, and their time.
	$(MAKE) --jobs 2 lint site kill-quick compiled
	$(MAKE) test
endif

kill-quick: .venv/dev
	$(BIN)/python -m tools.kill_matrix --quick

# Each worker of the tests would compile them all.
compiled: .venv/dev
	@-$(BIN)/pytest --collect-only -q >/dev/null

worst: .venv/dev
	$(BIN)/python -m tools.worst_requests

strangers: .venv/dev
	$(BIN)/python -m tools.strangers

test: .venv/dev
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

test-docs: .venv/dev
	$(BIN)/pytest -n auto tests/docs

test-browser: .venv/dev
	@command -v chromium >/dev/null || apt-get install -q -y --no-install-recommends chromium
	CALLPROOF_TESTS_NEED=chromium $(BIN)/pytest -n 2 tests/browser

screenshots: .venv/dev
	@command -v chromium >/dev/null || apt-get install -q -y --no-install-recommends chromium
	$(BIN)/python -m tools.screenshots

kill-matrix: .venv/dev
	$(BIN)/python -m tools.kill_matrix

bench: .venv/dev
	$(BIN)/python -m benchmarks $(OPTIONS)

torture: .venv/dev
	$(BIN)/python -m tools.torture $(OPTIONS)

image: .venv/dev
	@command -v debootstrap >/dev/null || apt-get install -q -y --no-install-recommends debootstrap
	$(BIN)/python -m tools.image

soak: .venv/dev
	$(BIN)/python -m tools.soak --minutes $(or $(MINUTES),10) $(OPTIONS)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/dev
	$(BIN)/python -m tools.docs
	@$(MAKE) --no-print-directory site

# What material has to say of the future of mkdocs is no warning about these pages. With --quiet nothing would be strict.
site: .venv/dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --clean --strict
	@echo "The site: build/site/index.html"

# uv writes the hashes of every platform's files; the SBOM is of what is there after an install on this one.
LOCK := .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-header
lock:
	rm -rf .venv/lock .venv/locked
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet --disable-pip-version-check uv cyclonedx-bom
	$(LOCK) --extra dev --output-file locked/dev.txt pyproject.toml
	$(LOCK) --no-deps --output-file locked/apart.txt locked/apart.in
	$(LOCK) --constraints locked/dev.txt --output-file locked/run.txt pyproject.toml
	$(LOCK) --constraints locked/dev.txt --extra postgres --output-file locked/image.txt pyproject.toml
	$(PYTHON) -m venv --without-pip .venv/locked
	.venv/lock/bin/uv pip install --quiet --python .venv/locked/bin/python --require-hashes --requirement locked/run.txt
	.venv/lock/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml \
		--output-file locked/callproof.cdx.json .venv/locked/bin/python

clean:
	rm -rf .venv .bench build dist

.venv/demo: pyproject.toml
	$(PYTHON) -m venv .venv
	@$(PIP) --editable .
	@touch $@

# Only what is locked, by its hashes; nothing is looked up that could be another one tomorrow.
.venv/dev: pyproject.toml locked/dev.txt locked/apart.txt
	$(PYTHON) -m venv .venv
	@# npm takes its time beside pip.
	@if command -v npm >/dev/null; then { npm install --silent --no-audit --no-fund --no-update-notifier \
		--prefix .venv/node node-retailcrm-api@1.0.8 axe-core@4.14.1 || echo "npm failed; what it brings is not tested"; } & fi; \
	$(PIP) --require-hashes --requirement locked/dev.txt \
		&& $(PIP) --require-hashes --no-deps --requirement locked/apart.txt \
		&& $(PIP) --no-deps --no-build-isolation --editable .; \
	status=$$?; wait; exit $$status
	@touch .venv/demo $@
