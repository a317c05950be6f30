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
	engine/rehearsal:FuzzScenario engine/expr:FuzzCompile engine/graph:FuzzParse server/document:FuzzParse

# Packages with goroutines: tested with the race detector.
RACE := ./engine/host/... ./engine/effect/... ./engine/timer/... ./engine/stream/... ./engine/store/memstore/... ./server/docstore/relay/... ./server/wsapi/...

.PHONY: help run build ui generate check test test-go test-race test-ui test-e2e soak bench clean

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(UI)/node_modules/.package-lock.json: $(UI)/package-lock.json
	cd $(UI) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(UI)/dist/index.html: $(UI)/node_modules/.package-lock.json $(shell find $(UI)/src $(UI)/index.html $(UI)/vite.config.ts -type f 2>/dev/null)
	cd $(UI) && npm run build

ui: $(UI)/dist/index.html ## build the user interface

build: ui ## build the server with the user interface inside: bin/fluxo
	$(GO) build -trimpath -o $(BIN) ./server/cmd/fluxo

run: build ## start the demo company on http://localhost:8080
	./$(BIN) serve --demo

generate: $(UI)/node_modules/.package-lock.json ## write the generated files again (API description, error codes, pictures, the UI's types of the API)
	$(GO) generate ./...
	cd $(UI) && npm run generate:api

check: ui ## static checks: format, vet, lint, import rules, generated files, UI lint and types
	@test -z "$$(gofmt -l engine server schemas docs $(UI)/embed.go)" || { gofmt -l engine server schemas docs; exit 1; }
	$(GO) vet ./...
	$(LINT) run ./...
	$(GO) test ./server/archtest/...
	$(GO) test -C .ci/tools/deploylint .
	$(GO) run -C .ci/tools/deploylint . $(CURDIR)/deploy/Dockerfile $(CURDIR)/deploy/compose.yaml $(CURDIR)
	cd $(UI) && npm run check

test: check test-go test-race test-ui test-e2e ## everything CI runs; about 11 minutes on 2 cores, longer the first time
	@echo "make test: all green"

test-go: ui .build/ferrettest ## Go unit, script, property, conformance and HTTP tests
	FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test ./...

test-race: ## the packages with goroutines under the race detector
	$(GO) test -race -short $(RACE)

test-ui: $(UI)/node_modules/.package-lock.json ## UI unit tests
	cd $(UI) && npm test

test-e2e: build ## the stories of each role in headless Chromium
	cd $(UI) && npm run e2e

soak: build .build/ferrettest ## all browser stories, kills, seeds and fuzz; about two hours, 80 minutes of them fuzzing
	cd $(UI) && npm run e2e -- all
	FLUXO_SOAK=1 FLUXO_SIM_SEEDS=1000 FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test -timeout 60m -count=1 ./engine/sim/... ./server/crashtest/... ./server/clustertest/...
	FLUXO_MODEL_RUNS=10000 $(GO) test -count=1 -timeout 60m -run TestStageAutomationModel ./server/apptest
	FLUXO_SOAK=1 FLUXO_FERRETTEST=$(CURDIR)/.build/ferrettest $(GO) test -count=1 -timeout 30m -run TestScriptsOnMongoDB ./engine/host
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
