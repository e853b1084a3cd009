# Livehouse. `make help` lists the commands.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := $(CURDIR)/.venv/bin
MADE := .venv/.made
STEP := tools/step.sh
QUIET := STEP_QUIET=1 $(STEP)
LANES := $(MAKE) --no-print-directory -j2
NATIVE_WHEEL := env --chdir native/python $(BIN)/maturin build --release --locked
PAGE := src/livehouse/web/page/index.html
OUT ?= dist

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export npm_config_audit := false
export npm_config_fund := false
export npm_config_update_notifier := false

NATIVE_SOURCES := $(shell find native \( -path native/target -o -path native/fuzz -o -name __pycache__ \) -prune -o -type f \
	\( -name '*.rs' -o -name '*.toml' -o -name '*.lock' -o -name '*.py' -o -name '*.pyi' -o -name py.typed \) -print)
PAGE_SOURCES := $(shell find frontend \( -name node_modules -o -name dist \) -prune -o -type f -print)

##@ Using it

.PHONY: run
run: ## Build what is missing, start Livehouse and print its address (ARGS="--http-port 8090" passes flags)
	@tools/require.sh "$(PYTHON)"
	@$(LANES) ready
	@exec $(BIN)/livehouse up $(ARGS)

.PHONY: demo
demo: ready ## Broadcast a generated picture with sound into a demo channel of the running node
	@exec $(BIN)/livehouse demo $(ARGS)

##@ Working on it

.PHONY: check
check: ## Lint, types, architecture and unit tests; under two minutes once set up
	@tools/require.sh "$(PYTHON)"
	@$(LANES) ready dev
	@$(LANES) --keep-going check-page check-native check-unit check-types check-lint check-imports

.PHONY: test
test: ## Everything: what `make check` does, then integration, conformance, packaging and browser tests
	@tools/require.sh "$(PYTHON)"
	@$(LANES) ready dev
	@$(QUIET) "Chromium for the browser tests" tools/install_chromium.sh
	@$(LANES) --keep-going check-page check-native check-types check-lint check-imports
	@tools/test.sh $(ARGS)

.PHONY: bench
bench: ready dev ## Run one scenario: make bench NAME=start; the last line is JSON with its figures
	@$(BIN)/python -m benchmarks $(NAME) $(ARGS)

.PHONY: fuzz
fuzz: ## Fuzz the parsers that read the network: make fuzz TARGET=sdp_offer SECONDS=600 (all of them without TARGET)
	@tools/fuzz.sh $(or $(SECONDS),60) $(TARGET)

.PHONY: sim
sim: ## Simulate whole rooms on bad networks: SEEDS=n tries new seeds, SEED=s runs one again
	@SIM_FROM=$(or $(SEED),$(shell date +%s)) SIM_SEEDS=$(or $(SEEDS),1) RUST_BACKTRACE=0 \
		cargo test --manifest-path native/Cargo.toml --release --locked --quiet -p rtc-server --test simulation \
		-- search --ignored --exact --nocapture

.PHONY: format
format: ready dev ## Format Python, Rust and the page's sources
	@$(QUIET) "ruff" bash -c '$(BIN)/ruff check --fix-only --quiet . ; $(BIN)/ruff format .'
	@$(QUIET) "rustfmt" cargo fmt --manifest-path native/Cargo.toml --all
	@$(QUIET) "prettier" npm --prefix frontend run format

.PHONY: screenshots
screenshots: ready dev ## Take the pictures of docs/images from a running demo
	@$(BIN)/python -m tools.screenshots

##@ Handing it on

.PHONY: wheels
wheels: ready dev ## Build the wheels of livehouse and livehouse_native into OUT (dist)
	@$(STEP) "wheel of livehouse_native" $(NATIVE_WHEEL) --out $(abspath $(OUT))
	@$(STEP) "wheel of livehouse" $(BIN)/python -m build --wheel --no-isolation --outdir $(OUT) .

.PHONY: lock
lock: dev ## Write the requirements*.lock files anew (UPGRADE=1 takes the newest that fits)
	@$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

.PHONY: audit
audit: dev ## Look for known vulnerabilities in what we depend on
	@$(BIN)/python tools/audit.py

.PHONY: clean
clean: ## Remove everything that was built or installed here; data folders stay
	@rm -rf .venv .build dist native/target native/fuzz/target frontend/node_modules src/livehouse/web/page
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

# ---- What `make run` needs. Stamps lie in .venv, so a new environment is filled anew; a second run finds all of it there.

.PHONY: ready dev
ready: $(MADE)/livehouse $(PAGE)
	@:
dev: $(MADE)/dev
	@:

$(MADE)/environment:
	@$(STEP) "1/6 Python environment in .venv" $(PYTHON) -m venv .venv
	@mkdir -p $(MADE) && touch $@

$(MADE)/runtime: requirements.lock requirements-build.lock | $(MADE)/environment
	@$(STEP) "2/6 Python packages" $(BIN)/pip install --require-hashes -r requirements.lock -r requirements-build.lock
	@touch $@

$(MADE)/native: $(NATIVE_SOURCES) | $(MADE)/runtime
	@$(STEP) "3/6 native core, release build (some minutes the first time)" bash -c 'rm -rf .build/native && \
		$(NATIVE_WHEEL) --out $(CURDIR)/.build/native && \
		$(BIN)/pip install --no-deps --no-index --force-reinstall .build/native/livehouse_native-*.whl'
	@touch $@

frontend/node_modules/.made: frontend/package-lock.json frontend/package.json
	@$(STEP) "4/6 page packages" npm --prefix frontend ci
	@touch $@

$(PAGE): $(PAGE_SOURCES) | frontend/node_modules/.made
	@$(STEP) "5/6 page" npm --prefix frontend run build
	@touch $@

$(MADE)/livehouse: pyproject.toml | $(MADE)/native
	@$(STEP) "6/6 Livehouse" $(BIN)/pip install --no-deps --no-index --no-build-isolation --editable .
	@touch $@

# A changed native source is built again although nothing after it needs to be.
ready: $(MADE)/native

$(MADE)/dev: requirements-dev.lock requirements-film.lock | $(MADE)/livehouse
	@$(STEP) "tools and test packages" bash -c '$(BIN)/pip install --require-hashes -r requirements-dev.lock && \
		$(BIN)/pip install --require-hashes --no-deps -r requirements-film.lock'
	@touch $@

# ---- The parts of `make check`, two side by side.

.PHONY: check-native check-page check-lint check-types check-imports check-unit
check-native:
	@$(QUIET) "cargo fmt" cargo fmt --manifest-path native/Cargo.toml --all --check
	@$(QUIET) "cargo clippy" cargo clippy --manifest-path native/Cargo.toml --release --workspace --all-targets --locked -- -D warnings
	@STEP_CLOSING=1 $(QUIET) "cargo test" cargo test --manifest-path native/Cargo.toml --release --workspace --locked

check-page: frontend/node_modules/.made
	@$(QUIET) "page: types, lint, feature rules, tests" npm --prefix frontend run check

check-lint:
	@$(QUIET) "ruff format" $(BIN)/ruff format --check .
	@$(QUIET) "ruff" $(BIN)/ruff check .

check-types:
	@$(QUIET) "mypy" $(BIN)/mypy

check-imports:
	@$(QUIET) "import rules" $(BIN)/lint-imports --no-logo

check-unit:
	@STEP_CLOSING=1 $(QUIET) "unit and architecture tests" $(BIN)/pytest -m "not integration" \
		--numprocesses=2 --dist=loadfile tests/unit tests/architecture
