# The two commands of the README are `make run` and `make test`; `make check` is the fast gate before a commit.

GO      ?= go
BIN     := bin/cognate
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w"
GOFILES := $(shell git ls-files -co --exclude-standard '*.go' | grep -v '^internal/gen/')
PKGS    := ./...
# PATIENCE is for one package's tests, on the slowest machine. What waits for something gives up long before, and says for what.
PATIENCE := 2h

.PHONY: run build console test check bench overload soak chaos releases generate verify fmt lint deps clean licences sbom reproducible types vuln chart

build: console ## the binary, as the image has it: it needs no libraries
	@$(BUILD) -o $(BIN) ./cmd/cognate

run: build ## build and start Cognate in development mode, with example policies and people
	@$(BIN) dev --seeds examples/dev/seeds.yaml --policies examples/policies

console: ## the pages of the console, which the binary takes in; where there is no npm it does without them
	@tools/console.sh

test: deps console ## every test; installs what it needs
	@$(GO) test -timeout $(PATIENCE) ./cmd/... ./examples/... ./internal/...
	@$(GO) test -count=1 -timeout $(PATIENCE) ./test/... # they drive a binary and scripts that the cache of test results knows nothing of

check: fmt verify lint ## format, generated code, lint, import map, package docs, unit tests with the race detector
	@$(GO) test -race -short -timeout $(PATIENCE) $(PKGS)

fmt:
	@out=$$(gofmt -l $(GOFILES)); test -z "$$out" || { echo "gofmt these:"; echo "$$out"; exit 1; }

verify: ## generated code and references are what the generators write
	@$(GO) -C tools run ./awsgen -check -out ../internal/gen -api ../api

lint: # go vet is one of them; with a memory of its own: findings remembered for another copy of the tree name files that are not here
	@GOLANGCI_LINT_CACHE=$(CURDIR)/bin/lint $(GO) tool -modfile=tools/lint/go.mod golangci-lint run
	@cd tools && GOLANGCI_LINT_CACHE=$(CURDIR)/bin/lint $(GO) tool -modfile=$(CURDIR)/tools/lint/go.mod golangci-lint run --config $(CURDIR)/.golangci.yaml ./licences/...

generate: ## write generated code and references anew
	@$(GO) -C tools run ./awsgen -out ../internal/gen -api ../api
	@$(GO) test ./internal/app -run TestConfigReference -update

bench: build ## ratios against the machine's own limits, in one run; see docs/performance.md
	@$(GO) run ./test/bench

overload: build ## five times as many sign-ins as the machine can do, for SECONDS (60)
	@$(GO) run ./test/bench -only overload -seconds $(or $(SECONDS),60)

soak: build ## a mixed load at 70 % of capacity for SECONDS (1800), and what the server holds at the end
	@$(GO) run ./test/bench -only soak -seconds $(or $(SECONDS),1800)

ROUNDS ?= 200
chaos: deps ## kill server and database ROUNDS times for each engine, and look for what was lost; about half an hour
	@$(GO) test -count=1 -timeout 3h ./test/chaos -run TestKilled -rounds $(ROUNDS) -v

releases: deps ## the release of the commit OLDER beside this one: three nodes of both on one database
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; git archive $(OLDER) | tar -x -C $$dir; \
	(cd $$dir && $(GO) build -o older ./cmd/cognate); \
	$(GO) test -count=1 ./test/chaos -run TestTwoReleases -older $$dir/older -v

licences: build ## what is linked into the binary, and under which licences; refuses unknown ones and those that bind the whole
	@$(GO) -C tools run ./licences $(CURDIR)/$(BIN)

types: console ## the console's types and its linter, where npm is
	@[ ! -d console/node_modules ] || npm run check --silent --prefix console

vuln: ## known vulnerabilities in what is called; says so where their database cannot be reached
	@GO=$(GO) tools/vulncheck.sh

chart: ## the Helm chart, rendered as Helm does
	@$(GO) -C tools/helm test -timeout $(PATIENCE) ./...

sbom: build ## the same as CycloneDX JSON
	@$(GO) -C tools run ./licences -sbom $(CURDIR)/$(BIN) > $(BIN).cdx.json && echo $(BIN).cdx.json

reproducible: ## the last commit, built in two folders, is the same binary
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	for n in one another; do mkdir $$dir/$$n; git archive HEAD | tar -x -C $$dir/$$n; \
	  if [ -d console/node_modules ]; then cp -a console/node_modules $$dir/$$n/console/; fi; \
	  (cd $$dir/$$n && tools/console.sh && $(BUILD) -buildvcs=false -o ../$$n.bin ./cmd/cognate); done; \
	sha256sum $$dir/*.bin; cmp $$dir/one.bin $$dir/another.bin

deps:
	@tools/test-deps.sh

clean:
	@rm -rf bin
