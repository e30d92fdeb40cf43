# CORE is what the race and assert legs run: everything that is safe for concurrent use or passes records on.
CORE  = . ./batching/... ./config/... ./deadletter/... ./offset/... ./retry/... ./source ./source/file/... ./source/sourcetest/... \
	./transform/... ./sink ./sink/duckdb/... ./sink/sinktest/... ./internal/decode/... ./internal/encode/...
# SQL does so too; the databases take their time, SQLite most, which is translated to Go: less data does.
SQL   = ./dialect/... ./sink/sql/... ./sink/snowflake/... ./source/sql/...
TOOL  = go tool -modfile=go.tools.mod
ROUNDS   = 1000
SOAK     = 10m
FUZZTIME = 10s

.PHONY: demo test race assert crash scale fuzz bench compare lint fmt tidy-check

demo: ## load a CSV file into a DuckDB file and query it
	go run ./examples/quickstart

test: ## all tests, those with the clouds' drivers too; says how many were skipped, and why
	scripts/test.sh ./...

race: ## the core under the race detector
	go test -race -timeout 20m $(CORE)
	go test -race -short -timeout 20m $(SQL)

assert: ## the core with arrow's checks against releasing too often
	go test -tags assert -timeout 20m $(CORE)
	go test -tags assert -short -timeout 20m $(SQL)

crash: ## kill a pipeline ROUNDS times, for every sink and mode, and soak streaming channels in faults for SOAK
	go test ./internal/crashtest -timeout 0 -v -crash.kills=$(ROUNDS) -crash.soak=$(SOAK)

scale: ## tables of growing size in the same memory: ARGS="duckdb 3 30", ARGS="postgres 10"; without, all
	cd benchmarks && go run ./scale $(ARGS)

fuzz: ## every fuzz test for FUZZTIME
	scripts/fuzz.sh $(FUZZTIME)

bench: ## every benchmark
	go test -run '^$$' -bench . -benchmem ./...

compare: ## one CASE against its reference; without CASE, say which there are
	@cd benchmarks && go run ./compare $(CASE)

lint: ## formatting, vet, staticcheck, and golangci-lint where it is installed
	scripts/lint.sh

fmt:
	$(TOOL) gofumpt -w .

tidy-check: ## go.mod and go.sum say what is used
	go mod tidy -diff
	cd benchmarks && go mod tidy -diff
	cd internal/clouds && go mod tidy -diff
