# Every target sets up .venv with what it needs when that is missing or stale.
PYTHON ?= $(shell command -v python3.11 || echo python3)
BIN := .venv/bin
GROUP ?= AGO,CIV,CMR,COD,EGY,MAR,NGA,SEN,STP,TUN,ZAF

.PHONY: brief test test-postgresql lint docs bench messages pins clean .venv

brief: .venv/base.stamp ## the main job, on the embedded world
	$(BIN)/bandung brief --members $(GROUP) --out brief

test: .venv/dev.stamp ## all tests
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

test-postgresql: .venv/dev.stamp ## those of the register on PostgreSQL too, where it is installed
	$(BIN)/python scripts/with_postgresql.py --if-installed $(BIN)/pytest -n auto -m "database and not browser" tests/register

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/dev.stamp
	$(BIN)/mkdocs build --strict --site-dir site

bench: .venv/bench.stamp ## this package beside its peers, in the same run
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.equilibrium
	$(BIN)/python -m benchmarks.coalitions
	$(BIN)/python scripts/with_postgresql.py --if-installed --durable $(BIN)/python -m benchmarks.register

messages: .venv/dev.stamp ## take new messages of the page up into every language's catalogue
	$(BIN)/pybabel -q extract -k say -k say_n:1,2 --no-default-keywords --no-location --omit-header -o build/brief.pot src/bandung/brief
	$(BIN)/python scripts/register_messages.py
	for lang in ar es fr pt; do $(BIN)/pybabel -q update -N --ignore-obsolete -l $$lang -i build/brief.pot -o src/bandung/brief/locale/$$lang/brief.po; done

.venv: .venv/dev.stamp ## everything, for working on the project

pins: .venv/dev.stamp ## choose the newest releases again
	$(BIN)/pip-compile -q --upgrade --strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements/base.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --extra register --extra dev -c requirements/base.txt -o requirements/dev.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --extra register --extra dev --extra bench -c requirements/dev.txt -o requirements/bench.txt pyproject.toml

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; say which Python (3.11 or newer) to use: make PYTHON=python3 ..."; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python cannot make a virtual environment here. On Debian: apt-get install python3-venv"; exit 1; }

.venv/base.stamp: requirements/base.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install -q --disable-pip-version-check -r requirements/base.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install -q --disable-pip-version-check -r requirements/dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@ .venv/base.stamp

.venv/bench.stamp: requirements/bench.txt .venv/dev.stamp
	$(BIN)/pip install -q --disable-pip-version-check -r requirements/bench.txt
	@touch $@

clean:
	rm -rf .venv brief site build dist
