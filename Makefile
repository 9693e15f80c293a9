# Every command that Rowkeep has; `make` alone lists them. Nothing needs Docker, root or an installed Postgres.
SHELL := /bin/sh
PYTHON ?= python3
ROLE ?= owner
WORKERS ?= logical
STEP ?= 1
JOBS ?= 2
PY := .venv/bin/python
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: run test test-run lint types table revision migrate check history audit effective psql url password rotate-seal retire-seal attack reach mutants bench price lock help disable enable

run: $(READY) ## serve the API on PORT (8000), with an embedded Postgres unless DATABASE_URL is set
	@exec $(PY) -m api

test: $(READY) ## every test on throw-away databases; T=path narrows, TEST_POSTGRES=url|container chooses the server, SEALED=0 leaves the seal out
	@exec $(PY) -m pytest -n $(WORKERS) $(T)

test-run: $(READY) ## the commands themselves, run in clones: slow
	@exec $(PY) -m pytest -m slow -n 0 tests/run

lint: $(READY) ## ruff, mypy strict, squawk on each revision, pgrls, and no drift between models and migrations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m migrations check --fresh

types: $(READY) ## mypy strict alone
	@exec $(PY) -m mypy

table: $(READY) ## write the one file of a new table: make table name=invoices access=owner|shared|tenant|authored|reference
	@exec $(PY) -m db.blank "$$name" "$$access"

revision: $(READY) ## write the migration that the models ask for: make revision m="add tags"
	@test -n "$$m" || { echo 'Say what it does: make revision m="add tags"' >&2; exit 1; }
	@exec $(PY) -m migrations revision "$$m"

migrate: $(READY) ## bring the database of OWNER_DATABASE_URL, or the embedded one, to the newest revision
	@exec $(PY) -m migrations upgrade

check: $(READY) ## say where the database of OWNER_DATABASE_URL, or the embedded one, differs from the models
	@exec $(PY) -m migrations check

history: $(READY) ## say what each revision changed in access, from the catalog; since=0001 starts after that one
	@exec $(PY) -m migrations history $(since)

audit: $(READY) ## what is wrong with the database of AUDITOR_ or OWNER_DATABASE_URL, read only: ARGS=--json, ARGS=--html
	@exec $(PY) -m migrations audit $(ARGS)

effective: $(READY) ## write policies/effective.sql, every policy and grant, from the catalog
	@exec $(PY) -m migrations effective

psql: $(READY) ## psql as ROLE=owner|api|auth|auditor
	@exec $(PY) -m db psql $(ROLE)

url: $(READY) ## the URL of ROLE=owner|api|auth|auditor; `make -s url` prints nothing else
	@exec $(PY) -m db url $(ROLE)

password: $(READY) ## set the password of the login ROLE=api|auth|auditor through OWNER_DATABASE_URL
	@exec $(PY) -m db password $(ROLE)

rotate-seal: $(READY) ## let the database of OWNER_DATABASE_URL know SEAL_KEY, beside the keys that it knows
	@exec $(PY) -m db.rotate add

retire-seal: $(READY) ## let it forget every other key, once each API has this SEAL_KEY
	@exec $(PY) -m db.rotate retire

reach: $(READY) ## write tests/isolation/reach anew: what each role and person reaches on each table, for the difference to be read
	@rm -f tests/isolation/reach/a*.txt
	@REACH=write $(PY) -m pytest -q -n 0 tests/isolation/test_reach.py
	@echo "wrote tests/isolation/reach: read the difference, it is what the policies let through"

attack: $(READY) ## try thousands of attacks as app_api on a fresh database; MODE=bare|sealed, FAST=1, PLANT=all|<hole>
	@exec $(PY) -m tests.attack

mutants: $(READY) ## weaken every policy, grant, trigger and function in turn: a test must notice. ONLY="words", STEP=n, T=path narrow it; LEARN=1 writes down who does
	@exec $(PY) -m tests.mutants --only "$(ONLY)" --step $(STEP) --jobs $(JOBS) $(if $(LEARN),--learn) $(T)

disable: $(READY) ## sign a person out everywhere and let them in no more: make disable ADDRESS=ada@example.com
	@exec $(PY) -m db disable "$(ADDRESS)" "$(SUBJECT)"

enable: $(READY) ## let a disabled person in again: make enable ADDRESS=ada@example.com
	@exec $(PY) -m db enable "$(ADDRESS)" "$(SUBJECT)"

bench: $(READY) ## measure what the README quotes
	@exec $(PY) -m bench

price: $(READY) ## measure what the seal and the reset cost beside neither; under four minutes
	@exec $(PY) -m bench.seal $(ARGS)

lock: ## write requirements.lock anew from pyproject.toml
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" \
	  && "$$folder/bin/python" -m pip install --quiet uv \
	  && { sed -n 1p requirements.lock; "$$folder/bin/uv" pip compile --quiet --universal --python-version 3.11 --upgrade \
	    --generate-hashes --no-emit-index-url --no-header --no-annotate --group dev pyproject.toml; } > requirements.new \
	  && mv requirements.new requirements.lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

# All of it goes to stderr, so that `make -s url` can be read by a script from the first time on.
$(READY): requirements.lock
	@{ $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(PYTHON) is %d.%d and Rowkeep needs 3.11 or newer: name one, as in make run PYTHON=python3.12" % sys.version_info[:2])' \
	  && echo "Making .venv from requirements.lock: about half a minute" \
	  && $(PYTHON) -m venv --clear .venv \
	  && $(PY) -m pip install --disable-pip-version-check --require-hashes --no-deps -r requirements.lock \
	  && touch $(READY); } >&2
