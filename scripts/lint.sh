#!/usr/bin/env bash
# Checks formatting, vet and staticcheck; golangci-lint too where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

tool() { go tool -modfile=go.tools.mod "$@"; }
failed=0

unformatted=$(tool gofumpt -l .)
if [ -n "$unformatted" ]; then
	printf 'not formatted (make fmt):\n%s\n' "$unformatted"
	failed=1
fi
go vet ./... || failed=1
go vet -tags assert ./... || failed=1
tool staticcheck ./... || failed=1
(cd benchmarks && go vet ./...) || failed=1
(cd internal/clouds && go vet ./...) || failed=1
if command -v golangci-lint >/dev/null; then
	golangci-lint run ./... || failed=1
else
	echo "golangci-lint is not installed: left out"
fi
exit $failed
