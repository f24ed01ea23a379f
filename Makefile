# Every habit as one line. `make demo` and `make test` do all of their own set-up on a machine that has a Rust
# toolchain, Node with npm, and a C compiler; the tests also need strace and Chromium, which are installed where that is
# allowed.

# Outside the checkout, so that a second clone builds quickly.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/deedbook/target
# Under nextest where it is installed, else with cargo alone.
TEST_RUNNER := $(shell cargo nextest --version >/dev/null 2>&1 && echo nextest run --no-fail-fast || echo test --no-fail-fast)
NPM := npm --no-audit --no-fund --silent

.PHONY: demo build test every-call strace chromium nginx check deny bless bench soak help

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# What the pages are made of.
PAGES := $(shell find portal -name node_modules -prune -o -path portal/dist -prune -o -name '*.generated.ts' -prune -o -type f -print)

build: portal/dist/built ## the pages, then the programs `deedbook` and `ledger-verify`
	cargo build --locked -p deedbook-service -p ledger-verify

demo: build ## the service with a sample vendor: portal on 127.0.0.1:8080, console on 127.0.0.1:8081
	@"$(CARGO_TARGET_DIR)/debug/deedbook" demo

test: build strace chromium nginx graphql/conformance/node_modules ## all tests
	cargo $(TEST_RUNNER) --locked --workspace
	cargo run --locked --quiet -p replay-tests --features seeded-bugs --bin soak -- --seeded-bugs
	cd graphql/conformance && node --test
	cd portal && node --test tests/*.test.mjs

every-call: build strace ## the tests that fail or kill at a system call, at every one instead of a share
	DEEDBOOK_EVERY_CALL=1 cargo $(TEST_RUNNER) --locked -p replay-tests --test faults

# Where it cannot be had the tests that need it say so and fail.
strace:
	@command -v strace >/dev/null \
		|| { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends strace; } \
		|| echo 'strace cannot be installed here: the tests of faults will fail' >&2

# Where it is elsewhere, CHROMIUM tells.
chromium:
	@command -v "$${CHROMIUM:-/usr/bin/chromium}" >/dev/null \
		|| { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; } \
		|| echo 'Chromium cannot be installed here: the tests of the pages will fail' >&2

# What docs/operate.md puts in front of the service. Where it is elsewhere, NGINX tells.
nginx:
	@command -v "$${NGINX:-/usr/sbin/nginx}" >/dev/null \
		|| { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends nginx-light; } \
		|| echo 'nginx cannot be installed here: the test of the guide for operators will fail' >&2

check: portal/node_modules/installed deny ## formatting, lints, and what comes into the build
	cd portal && npm run --silent lint
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

# Licenses, bans and sources need no network. The database of advisories does; where it cannot be had, that is said.
deny:
	@command -v cargo-deny >/dev/null \
		|| cargo install --quiet --locked --no-default-features --version 0.20.2 cargo-deny
	cargo deny --locked check bans licenses sources
	@if cargo deny fetch db >/dev/null 2>&1; then cargo deny --locked check advisories; \
		else echo 'the database of advisories cannot be had here: they are not checked' >&2; fi

bless: ## writes what is generated: JSON Schemas, GraphQL SDL
	BLESS=1 cargo test --locked -p schemas
	UPDATE_SDL=1 cargo test --locked -p graphql

bench: ## measures this ledger beside what else one could pick, writes bench/RESULTS.md
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && apt-get install -qy postgresql; } \
		|| echo "PostgreSQL is not installed and is left out: Debian's package is called postgresql"
	cargo run --locked --release -p bench -- --data "$(CARGO_TARGET_DIR)/bench-data"

SECONDS ?= 60

soak: ## simulates the ledger on failing disks: `make soak SECONDS=3600`
	cargo run --locked --release -p replay-tests --bin soak -- --seconds $(SECONDS) --seed $$(date +%s)000000

# Cargo embeds what is here; without it the program serves a page that says how to make it.
portal/dist/built: portal/node_modules/installed $(PAGES) $(wildcard schemas/graphql/*.graphql)
	cd portal && npm run --silent build
	@touch $@

portal/node_modules/installed: portal/package.json portal/package-lock.json
	cd portal && $(NPM) ci
	@touch $@

graphql/conformance/node_modules: graphql/conformance/package-lock.json
	cd graphql/conformance && $(NPM) ci
	@touch $@
