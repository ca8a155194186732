# `make` prints the targets. PYTHON=/path/to/python3.11 chooses the interpreter that makes the environments.
.DEFAULT_GOAL := help
# One target after the other even under `make -j`: the machine is small and the tests share it.
.NOTPARALLEL:
# Installed packages may keep their compiled files: without them every start compiles pandas, MLflow and Airflow anew.
unexport PYTHONDONTWRITEBYTECODE

SPARK := .venv/bin
AIRFLOW := .venv-airflow/bin
TYPED := $(wildcard settings lakehouse features models jobs headwater dags tests bench setup)
# Processes of the test run: each has a Spark of 3 GiB, and a small plan keeps one core busy.
WORKERS ?= 2
LOCK := $(SPARK)/uv pip compile --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make both Python environments, fetch the jars, find Java 17; at once when nothing changed
	@bash setup/run

# Without the archive of Spark's classes, which takes longer to make than one demo wins by it.
.PHONY: demo
demo: ## One year of data to segments, scores, recommendations and a report, run by Airflow
	@bash setup/run --without-classes
	$(SPARK)/headwater demo

.PHONY: test
test: setup ## All tests that need nothing but this set-up
	$(SPARK)/python -m pytest tests --ignore=tests/dags -m "not system" -n $(WORKERS) --costs --cov --cov-report=
	$(SPARK)/python -m bench.covered
	$(AIRFLOW)/python -m pytest tests/dags --costs

.PHONY: test-unit
test-unit: setup ## The tests that need no JVM
	$(SPARK)/python -m pytest tests -m unit

.PHONY: test-system
test-system: setup ## The tests with a real browser and database; installs both with apt-get, as root
	@bash setup/browser
	@bash setup/database
	$(SPARK)/python -m pytest tests --ignore=tests/dags -m system

.PHONY: check
check: setup ## Lint, format and types, without changing a file
	$(SPARK)/ruff check .
	$(SPARK)/ruff format --check .
	$(SPARK)/mypy $(TYPED)

.PHONY: format
format: setup ## Let ruff mend what it can
	$(SPARK)/ruff check --fix .
	$(SPARK)/ruff format .

.PHONY: doctor
doctor: setup ## Try every part of the set-up and say what to do about what fails
	$(SPARK)/headwater doctor

.PHONY: up
up: setup ## Start Airflow's scheduler and web page on this machine
	$(SPARK)/headwater up

.PHONY: down
down: setup ## End what `make up` started
	$(SPARK)/headwater down

.PHONY: bench-demo
bench-demo: setup ## Seconds and peak memory of the demo, per stage
	$(SPARK)/python -m bench.demo

.PHONY: bench-quality
bench-quality: setup ## Planted faults over the real year: how many the anomaly check stops, and its false stops
	$(SPARK)/python -m bench.quality

.PHONY: bench-crash
bench-crash: setup ## Kill the pipeline at 50 random instants, restart it, and compare every row
	$(SPARK)/python -m bench.crash

.PHONY: bench-volume
bench-volume: setup ## 20.9 million promotions to bronze and silver: seconds and memory beside plain Spark
	$(SPARK)/python -m bench.volume

.PHONY: bench-backfill
bench-backfill: setup ## Three years in one command; a year in one pass beside ten single days
	$(SPARK)/python -m bench.backfill

.PHONY: bench-few-rows
bench-few-rows: setup ## Two deliveries computed in the driver and by Spark: up to how many rows the one is cheaper
	$(SPARK)/python -m bench.few_rows

.PHONY: bench-partitions
bench-partitions: setup ## A million profiles in four layouts: what partitions by segment would cost and win
	$(SPARK)/python -m bench.partitions

.PHONY: bench-peer
bench-peer: setup ## The demo's shop by one plain script beside ours: CPU seconds of a load, a training and a day
	$(SPARK)/python -m bench.beside_peer

.PHONY: mutants
mutants: setup ## Small faults in features, labels, segments, gate rules and measures: how many the tests see
	$(SPARK)/python -m bench.mutants

# Without Java's second compiler, which so short a program does not earn back: 20 s of processor time
# where it is 34 s with it, of which 11 s are Spark's start.
.PHONY: docs
docs: setup ## Write conf/lineage.json and docs/tables.md from the tables' definitions
	JDK_JAVA_OPTIONS=-XX:TieredStopAtLevel=1 $(SPARK)/headwater docs

.PHONY: lock
lock: setup ## Resolve both lock files anew; read the difference before committing it
	$(LOCK) setup.cfg --extra dev -o conf/locks/spark.txt
	$(LOCK) conf/locks/airflow.in -o conf/locks/airflow.txt

.PHONY: clean
clean: ## Remove the environments, the jars, the archive of classes and the caches; data/ stays
	rm -rf .venv .venv-airflow .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis headwater.egg-info
