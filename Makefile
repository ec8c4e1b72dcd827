# What one types here. `make` alone lists the targets.
#
# Everything is built in the release profile, optimised and with overflow checks: one build serves the program, the
# tests and the benchmark (docs/adr/0002-tests-in-the-release-profile.md).

CARGO := cargo
DATA  := data
TOOLS := target/tools
# The version of cargo-deny that deny.toml is written for.
CARGO_DENY_VERSION := 0.20.2

.DEFAULT_GOAL := help
.PHONY: help run test bench chaos planted services cluster lint doc format ready services-ready checks

help: ## List the targets.
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ready ## Build, make the demo store once, serve it on 127.0.0.1:8080.
	@sh deploy/run.sh $(CARGO) $(DATA)

test: ready services-ready checks ## Everything that must hold: formatting, lints, documentation, all tests.
	$(CARGO) test --release --locked --workspace

bench: ready services-ready ## Measure the speeds that are promised, each beside its limit: a till's, then a chain's.
	$(CARGO) bench --locked -p salesync --bench speed
	$(CARGO) bench --locked -p salesync-log --bench kafka
	$(CARGO) bench --locked -p salesync --bench chain

chaos: ready services-ready ## Kill a till 200 times under load, then torment a chain until it has seen enough (make test: less of both).
	SALESYNC_TEST_KILLS=200 $(CARGO) test --release --locked -p salesync --test crash -- --nocapture
	SALESYNC_TEST_CHAOS_SECONDS=$${SALESYNC_TEST_CHAOS_SECONDS:-3600} $(CARGO) test --release --locked -p salesync --test chaos -- --nocapture

planted: ready services-ready ## Plant two dozen bugs in a copy, one after the other, and see that the tests find each; takes an hour.
	@sh deploy/planted.sh $(CARGO)

services: services-ready ## Start a Kafka broker and a PostgreSQL database of your own, until Ctrl-C; says how tests are told to use them.
	@sh deploy/cluster.sh services

cluster: ready ## A chain on this machine: three command instances, two projectors, one for queries, with demo load, until Ctrl-C.
	$(CARGO) build --release --locked -p salesync
	@sh deploy/cluster.sh all target/release/salesync

lint: ready checks ## The checks of `make test` without the tests, and what may be depended on (deny.toml); builds cargo-deny the first time.
	test -x $(TOOLS)/bin/cargo-deny || $(CARGO) install cargo-deny --locked --version $(CARGO_DENY_VERSION) --root $(TOOLS)
	$(TOOLS)/bin/cargo-deny --locked check bans licenses sources

doc: ready ## Build the documentation of every crate, with warnings denied; prints where it is.
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --no-deps
	@echo "Open target/doc/salesync/index.html"

format: ready ## Format all code.
	$(CARGO) fmt --all

checks:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --no-deps

# A missing tool is said in one sentence that names the next step, before anything else fails less clearly.
ready:
	@command -v $(CARGO) >/dev/null || { echo "Salesync is built with Rust, and cargo is not here: install Rust from https://rustup.rs, then run make again."; exit 1; }
	@command -v rustc >/dev/null || { echo "cargo is here but rustc is not: install Rust from https://rustup.rs, then run make again."; exit 1; }
	@command -v cc >/dev/null || { echo "SQLite is compiled in and needs a C compiler, and cc is not here: install one (Debian, Ubuntu: apt install build-essential; macOS: xcode-select --install), then run make again."; exit 1; }
	@command -v c++ >/dev/null || { echo "Kafka's client library is compiled in and needs a C++ compiler, and c++ is not here: install one (Debian, Ubuntu: apt install build-essential; macOS: xcode-select --install), then run make again."; exit 1; }
	@rustc --version | awk '{ split($$2, v, "."); exit !(v[1] > 1 || v[2] >= 95) }' || { echo "Salesync needs Rust 1.95 or newer and this is $$(rustc --version): run 'rustup toolchain install 1.95.0', then make again."; exit 1; }

# What the tests need beside, said before anything is built: the broker and the database come as Maven packages.
services-ready:
	@test -n "$$SALESYNC_TEST_KAFKA" || command -v java >/dev/null || { echo "The tests run against a real Kafka, which needs Java 17, and java is not here: install it (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk@17), or name a broker in SALESYNC_TEST_KAFKA, then run make again."; exit 1; }
	@test -n "$$SALESYNC_TEST_KAFKA" -a -n "$$SALESYNC_TEST_POSTGRES" || command -v mvn >/dev/null || { echo "Kafka and PostgreSQL for the tests are fetched by Maven, and mvn is not here: install it (Debian, Ubuntu: apt install maven; macOS: brew install maven), then run make again."; exit 1; }
	@test -n "$$SALESYNC_TEST_KAFKA" && echo "tests use the Kafka broker that SALESYNC_TEST_KAFKA names" || echo "tests start a Kafka broker of their own (deploy/services/broker.sh)"
	@test -n "$$SALESYNC_TEST_POSTGRES" && echo "tests use the PostgreSQL that SALESYNC_TEST_POSTGRES names" || echo "tests start a PostgreSQL of their own (deploy/services/database.sh)"
