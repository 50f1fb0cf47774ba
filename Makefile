# Everything a developer does. `make help` explains.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Groups of tests that share set-up stay together. In the order of pytest-django, in which those with a database come first:
# once a browser has run in a process, Django takes it for an asynchronous one and refuses its database.
TWO := -n 2 --dist loadgroup --no-loadscope-reorder

.PHONY: help run dev test test-fast check bench soak install install-dev lock messages format clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: install ## Start the portal: database, web, worker, beat, demo data
	@$(BIN)/python -m wolfsburg_portal.supervisor

dev: install-dev ## The same, starting anew with every change of the code
	@RELOAD=1 $(BIN)/python -m wolfsburg_portal.supervisor

test: install-dev ## Checks and the whole test suite
	@$(MAKE) --no-print-directory check
	@$(BIN)/python manage.py compilemessages --ignore .venv --ignore node_modules >/dev/null
	@$(PYTEST) $(TWO) tests

# Browsers, whole portals, races of many, tables of every page: what takes most of the time.
SLOW := tests/journeys tests/migrations tests/test_access.py tests/test_headers.py tests/test_fuzz_http.py \
	tests/accounts/test_account.py tests/accounts/test_middleware.py tests/accounts/test_passkeys.py \
	tests/api/test_guards.py tests/api/test_schema.py tests/applications/test_charges.py tests/applications/test_dog_tax.py \
	tests/applications/test_hearings.py tests/appointments/booking/test_transitions.py tests/appointments/test_load.py tests/appointments/reception/test_transitions.py \
	tests/appointments/timetable/test_availability.py tests/cases/test_audience.py tests/cases/test_invitations.py \
	tests/cases/test_matrix.py tests/core/test_cleaning.py tests/core/test_typed.py tests/core/test_uploads.py \
	tests/desk/test_case.py tests/desk/test_queue.py tests/formbuilder/test_fuzz.py tests/kita/allocation/test_commands.py tests/notices/test_deliveries.py tests/notices/test_documents.py tests/notices/test_seal.py \
	tests/notices/test_kills.py tests/notices/test_failures.py tests/notices/test_copies.py tests/notices/test_outbox.py tests/wolfsburg_portal/test_web.py

test-fast: install-dev ## The inner loop, below two minutes: without the slow ones
	@$(PYTEST) $(TWO) -q $(SLOW:%=--ignore=%) tests

check: install-dev ## ruff, mypy, import contracts, templates, migrations, translations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@SECRET_KEY=check DATABASE_URL=postgres://localhost/check $(BIN)/mypy apps wolfsburg_portal
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/python manage.py makemigrations --check --dry-run >/dev/null
	@$(BIN)/python scripts/check_translations.py

bench: install-dev ## Run what is in benchmarks/; one JSON line each
	@failed=0; for file in benchmarks/bench_*.py; do $(BIN)/python $$file || failed=1; done; exit $$failed

soak: install-dev ## The long runs: more malformed inputs, the kills, 200 notices amid random failures, 5,000 rule sets, 500 cases of three, 20,000 matchings, ten minutes of load
	@$(PYTEST) --soak tests/cases/test_audience.py tests/core/test_typed.py tests/formbuilder/test_fuzz.py tests/test_fuzz_http.py tests/notices/test_kills.py tests/notices/test_failures.py \
		tests/appointments/timetable/test_availability.py tests/api/test_schema.py tests/kita/allocation/test_matching.py tests/appointments/test_load.py

install: .venv/.run-installed node_modules/.installed
	@scripts/system-packages.sh run

install-dev: .venv/.dev-installed node_modules/.installed
	@scripts/system-packages.sh test

.venv/bin/uv: requirements/tools.txt
	@echo "Setting up Python …"
	@python=$$(scripts/python.sh) && "$$python" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

.venv/.run-installed: requirements/base.txt .venv/bin/uv
	@echo "Installing Python packages …"
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --system-certs --quiet --require-hashes -r requirements/base.txt
	@touch $@

.venv/.dev-installed: requirements/dev.txt .venv/bin/uv
	@echo "Installing Python packages …"
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync --system-certs --quiet --require-hashes requirements/dev.txt requirements/tools.txt
	@touch $@ .venv/.run-installed

node_modules/.installed: package-lock.json
	@command -v npm >/dev/null || { echo "Node.js with npm is missing: apt-get install nodejs npm" >&2; exit 1; }
	@echo "Installing front-end packages …"
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lock: .venv/bin/uv ## Pin requirements/*.in into requirements/*.txt with hashes
	@for name in tools base dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.12 \
		--generate-hashes --upgrade --custom-compile-command "make lock" \
		requirements/$$name.in -o requirements/$$name.txt || exit 1; done

messages: install-dev ## Collect texts for translation into locale/
	@$(BIN)/python scripts/messages.py

format: install-dev ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

clean: ## Delete what runs have left (data included)
	@rm -rf var test-results .pytest_cache .mypy_cache .ruff_cache .hypothesis
