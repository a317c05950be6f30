# Fluxo: every command a developer needs. `make` lists them.
SHELL := /bin/bash
GO ?= go
BIN := bin/fluxo
UI := designer-ui
LINT := $(GO) tool -modfile=.ci/tools/golangci/go.mod golangci-lint
export CGO_ENABLED ?= 1
# How long make soak fuzzes each target.
FUZZTIME ?= 10m
# What it fuzzes: package:target. The same inputs, fewer of them, are in make test.
FUZZ := engine/bpmn:FuzzImport engine/bpmn:FuzzExpression engine/core:FuzzDefinition engine/core:FuzzState \
	engine/rehearsal:FuzzScenario engine/expr:FuzzCompile engine/expr:FuzzCutSecrets engine/graph:FuzzParse server/document:FuzzParse

# Packages whose tests take longest: they begin first, so that none of them is alone at the end.
LONG := ./server/crashtest ./server/apptest ./server/clustertest ./engine/host ./engine/store/mongostore

# The linters of make test. make check runs all, which takes five minutes the first time: the others look through every dependency.
FASTLINTERS := errcheck,ineffassign,misspell,revive,unconvert

# What a phase of make test took, beside its output.
timed = TIMEFORMAT='$@: %lR, processor %lU and %lS'; time

# Packages with goroutines: tested with the race detector; make soak takes the host too, which needs minutes for it.
RACE := ./engine/effect/... ./engine/timer/... ./engine/stream/... ./engine/store/memstore/... ./server/docstore/relay/... ./server/wsapi/...

.PHONY: help run build ui generate check test test-go test-race test-ui test-e2e soak bench clean

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(UI)/node_modules/.package-lock.json: $(UI)/package-lock.json
	cd $(UI) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(UI)/dist/index.html: $(UI)/node_modules/.package-lock.json $(shell find $(UI)/src $(UI)/index.html $(UI)/vite.config.ts -type f 2>/dev/null)
	cd $(UI) && npm run build || { rm -f dist/index.html; exit 1; }

ui: $(UI)/dist/index.html ## build the user interface

# Without -trimpath it shares what is compiled with the tests; deploy/Dockerfile builds what is shipped.
build: ui ## build the server with the user interface inside: bin/fluxo
	$(GO) build -ldflags "-s -w" -o $(BIN) ./server/cmd/fluxo

run: build ## start the demo company on http://localhost:8080
	./$(BIN) serve --demo

generate: $(UI)/node_modules/.package-lock.json ## write the generated files again (API description, error codes, pictures, the UI's types of the API)
	$(GO) generate ./...
	cd $(UI) && npm run generate:api

check: check-go check-ui ## static checks: format, vet, lint, import rules, generated files, UI lint and types

check-go: ui
	@test -z "$$(gofmt -l engine server schemas docs $(UI)/embed.go)" || { gofmt -l engine server schemas docs; exit 1; }
	$(timed) $(LINT) run $(LINTERS) ./...
	$(GO) test ./server/archtest/...
	$(GO) test -C .ci/tools/deploylint .
	$(GO) run -C .ci/tools/deploylint . $(CURDIR)/deploy/Dockerfile $(CURDIR)/deploy/compose.yaml $(CURDIR)

check-ui: ui
	cd $(UI) && npm run check && npm run check:size

test: build .build/ferrettest ## everything CI runs; about 10 minutes on 2 cores, longer the first time
	@echo "$(words $(PHASES)) phases, two at a time; each prints when it ends: $(PHASES)"
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) BUILT=yes LINTERS="--enable-only $(FASTLINTERS)" $(PHASES)
	@echo "make test: all green"

# Two phases at a time: the stories and the tests that kill servers wait a lot, and one worker tests the interface. The
# longest comes first, what needs few cores comes last.
PHASES := test-e2e check-go test-go test-race test-ui check-ui

test-go: ui .build/ferrettest ## Go unit, script, property, conformance and HTTP tests
	$(timed) FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test $(LONG) ./...

test-race: ## the packages with goroutines under the race detector
	$(timed) $(GO) test -race -short -vet=off $(RACE)

test-ui: $(UI)/node_modules/.package-lock.json ## UI unit tests
	cd $(UI) && $(timed) npm test

test-e2e: $(if $(BUILT),,build) ## the stories of each role in headless Chromium
	cd $(UI) && $(timed) npm run e2e

soak: build .build/ferrettest ## all browser stories, kills, seeds and fuzz; about two hours, 80 minutes of them fuzzing
	cd $(UI) && npm run e2e -- all
	$(GO) test -race -short ./engine/host/...
	FLUXO_SOAK=1 FLUXO_SIM_SEEDS=1000 FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test -timeout 60m -count=1 ./engine/sim/... ./server/crashtest/... ./server/clustertest/...
	FLUXO_MODEL_RUNS=10000 $(GO) test -count=1 -timeout 60m -run TestStageAutomationModel ./server/apptest
	FLUXO_SOAK=1 FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test -count=1 -timeout 30m -run TestScriptsOnMongoDB ./engine/host
	FLUXO_SOAK=1 FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test -count=1 -timeout 30m -run 'TestIntakeAndMergingOnMongoDB|TestListsOnMongoDB' ./server/apptest
	FLUXO_TEST_ELECTIONS=1 FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test -count=1 -timeout 30m ./engine/store/mongodb ./engine/store/mongostore ./server/docstore/mongostore ./server/file/mongostore
	FLUXO_TEST_ELECTIONS=1 FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test -count=1 -timeout 30m -run Mongo ./engine/sim ./engine/host
	set -e; for target in $(FUZZ); do \
		$(GO) test -run '^$$' -fuzz "^$${target#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s ./$${target%:*}; \
	done

bench: build ## figures: core, stores, host, API, live stream, UI
	.ci/bench

.build/ferrettest: $(wildcard engine/store/mongostore/ferrettest/*)
	@mkdir -p .build
	$(GO) build -C engine/store/mongostore/ferrettest -o $(CURDIR)/.build/ferrettest .

clean: ## remove what was built
	rm -rf bin .build $(UI)/node_modules
	find $(UI)/dist -mindepth 1 -not -name .gitkeep -delete
