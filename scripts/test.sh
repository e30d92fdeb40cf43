#!/usr/bin/env bash
# Runs the tests of the packages named, prints a line a package and all output of those that failed, and at
# the end how many tests passed, failed and were skipped, and why. Exits as go test does.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -v -timeout 30m "$@" 2>&1 | awk '
	function name(s) { sub(/ \([0-9.]+s\)$/, "", s); sub(/^ *--- [A-Z]+: /, "", s); return s }

	/^=== / { test = $3; next }
	/^ *--- PASS: / { passed++; next }
	{ held = held $0 "\n" }
	/^ *--- FAIL: / { failed++; next }
	/^ *--- SKIP: / { n = name($0); skipped++; list = list "  " n ": " (n in said ? said[n] : "no reason given") "\n"; next }
	/^ok  \t/ || /^\?   \t/ || /^\t.*coverage: / { print; fflush(); held = ""; split("", said); next }
	/^FAIL\t/ { printf "%s", held; fflush(); held = ""; split("", said); next }
	/^ +[^ ]+\.go:[0-9]+: / { s = $0; sub(/^ +[^ ]+\.go:[0-9]+: /, "", s); said[test] = s }
	END {
		printf "%s", held
		printf "tests: %d passed, %d failed, %d skipped\n", passed, failed, skipped
		if (skipped) printf "skipped:\n%s", list
	}'
