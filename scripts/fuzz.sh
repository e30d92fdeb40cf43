#!/usr/bin/env bash
# Runs every fuzz test of the module for the time given.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-10s}
grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' . | grep -v '^./benchmarks/' | sort | while read -r file; do
	grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | sed 's/^func //' | while read -r target; do
		echo "== $(dirname "$file") $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$(dirname "$file")" </dev/null
	done
done
