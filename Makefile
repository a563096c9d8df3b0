# The only front door. `make help` lists what there is.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv/bin
SOURCES := shared/src services/booking/src services/concerns/src services/notifications/src services/reporting/src deploy
CHECKED := shared services tests deploy
EVENT_PATH := $(addprefix tests/shared/test_,event_path.py consumer.py relay_faults.py fences.py positions.py sending.py topics.py kafka_clients.py stall.py)
BUILT := shared/src/shared/pages/assets/app.css

.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt kafka load token faults soak kafkas mutants bench lock assets clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/dev assets ## everything that run, test and check need, into .venv

run: .venv/run assets ## the whole platform on http://127.0.0.1:8080 (PORT=, AREAS=file.geojson); Ctrl-C ends it
	@$(VENV)/python -m embedded

token: .venv/run ## a bearer token while `make run` is up: ROLE=coordinator|officer|duty|analyst|partner|admin
	@$(VENV)/python -m embedded token $(ROLE)

load: .venv/run ## reports from a CSV into a running platform: FILE=reports.csv
	@$(VENV)/python -m embedded load $(FILE)

test: .venv/dev assets ## all tests (ONLY=tests/booking for some; WORKERS=), on a real Kafka where one can be had
	@$(VENV)/python -m pytest $(or $(ONLY),-n $(or $(WORKERS),3) --dist loadfile --no-loadscope-reorder)

check: .venv/dev ## format, lint, types, and who may import whom
	@$(VENV)/ruff check $(CHECKED)
	@$(VENV)/ruff format --check $(CHECKED)
	@$(VENV)/pyright
	@$(VENV)/lint-imports

fmt: .venv/dev ## put the code into its form
	@$(VENV)/ruff check --fix --exit-zero --quiet $(CHECKED)
	@$(VENV)/ruff format $(CHECKED)

kafka: .venv/run .tools/kafka/fetched ## Apache Kafka on 127.0.0.1:9092 with our topics (Java 17, Maven); Ctrl-C ends it
	@deploy/kafka/run

faults: .venv/dev assets ## faults on real processes under load, then the checker: MINUTES=30 SEED= NODES=3
	@$(VENV)/python -m tests.faults --minutes $(or $(MINUTES),30) --nodes $(or $(NODES),3) $(if $(SEED),--seed $(SEED)); \
	found=$$?; $(VENV)/python -m tests.faults.report && exit $$found

soak: .venv/dev assets ## the long forms of the fault tests
	@$(VENV)/python -m pytest -m soak

kafkas: .venv/dev ## the event path on Kafka 4.3.1 and 3.9.1, on three secured nodes, and through pgbouncer
	@KAFKA_VERSION=3.9.1 $(VENV)/python -m pytest $(EVENT_PATH)
	@KAFKA_VERSION=3.9.1 KAFKA_SECURED=1 $(VENV)/python -m pytest $(EVENT_PATH) tests/secured
	@KAFKA_SECURED=1 KAFKA_NODES=3 $(VENV)/python -m pytest $(EVENT_PATH) tests/secured
	@PGBOUNCER=1 $(VENV)/python -m pytest $(EVENT_PATH)

mutants: .venv/dev ## take each fence out of a copy: a test must notice
	@$(VENV)/python -m tests.mutants

bench: .venv/dev ## how fast, on this machine: tests/bench/RESULTS.md (ROUNDS=, ONLY=booking,relay to try)
	@$(VENV)/python -m tests.bench

lock: .tools/uv/bin/uv ## requirements/*.lock from the pyproject files: names, versions, hashes, no addresses
	.tools/uv/bin/uv lock --quiet
	.tools/uv/bin/uv export --quiet --frozen --all-packages --no-emit-workspace --no-emit-project --no-annotate --no-header --no-dev -o requirements/run.lock
	.tools/uv/bin/uv export --quiet --frozen --all-packages --no-emit-workspace --no-emit-project --no-annotate --no-header -o requirements/dev.lock

assets: $(BUILT) ## the pages' style sheets, from npm by its lock file

clean: ## take away what was made here, but not .data
	rm -rf .venv .tools .pytest_cache .ruff_cache .import_linter_cache .hypothesis node_modules

# What was installed is remembered by these files: the second time is instant.
.venv/run: requirements/run.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	@test -x $(VENV)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv ..."
	@$(VENV)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	@printf '%s\n' $(addprefix $(CURDIR)/,$(SOURCES)) > "$$($(VENV)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/walkandtalk.pth"
	@touch $@

.venv/dev: .venv/run requirements/dev.lock
	@echo "installing the tools of test and check ..."
	@$(VENV)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

# Without npm's registry the pages come up unstyled, and work; CI does not let that pass.
$(BUILT): .venv/run $(wildcard deploy/assets/*.* shared/src/shared/pages/styles/*)
	@$(VENV)/python deploy/assets/build.py && touch -c $@ || { test "$$CI" != true; }

.tools/kafka/fetched: deploy/kafka/pom.xml
	@echo "fetching Apache Kafka's jars ..." >&2
	@mvn -q -f deploy/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.tools/kafka -DincludeScope=runtime
	@touch $@

.tools/kafka-%/fetched: deploy/kafka/pom.xml
	@echo "fetching Apache Kafka $*'s jars ..." >&2
	@mvn -q -f deploy/kafka/pom.xml dependency:copy-dependencies -Dkafka.version=$* -DoutputDirectory=$(CURDIR)/.tools/kafka-$* -DincludeScope=runtime
	@touch $@

.tools/spectral/fetched: tests/contracts/spectral/package-lock.json .venv/dev
	@echo "fetching Spectral ..." >&2
	@mkdir -p $(@D) && cp tests/contracts/spectral/*.json $(@D)/
	@cd $(@D) && $(CURDIR)/$(VENV)/npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

.tools/uv/bin/uv:
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
