#!/usr/bin/env bash
# Runs the tests of the packages named, prints a line a package and all output of those that failed, and at
# the end how many tests passed, failed and were skipped, and why. Exits as go test does. With ./... come those of
# the module internal/clouds. Servers are installed where that may be, and run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/servers.sh
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/with" ./internal/servers/with

# shellcheck disable=SC2016 # the inner shell has the arguments
"$bin/with" bash -c '
	code=0
	go test -v -timeout 60m "$@" || code=$?
	for packages in "$@"; do
		if [ "$packages" = ./... ]; then go -C internal/clouds test -v -timeout 10m ./... || code=$?; fi
	done
	exit $code
' test "$@" 2>&1 | awk '
	function name(s) { sub(/ \([0-9.]+s\)$/, "", s); sub(/^ *--- [A-Z]+: /, "", s); return s }

	/^=== / { test = $3; next }
	/^ *--- PASS: / { passed++; next }
	{ held = held $0 "\n" }
	/^ *--- FAIL: / { failed++; next }
	/^ *--- SKIP: / {
		n = name($0); why = n in said ? said[n] : "no reason given"; skipped++
		if (!count[why]++) reasons[++kinds] = why
		names[why] = names[why] "  " n "\n"
		next
	}
	/^ok  \t/ || /^\?   \t/ || /^\t.*coverage: / { print; fflush(); held = ""; split("", said); next }
	/^FAIL\t/ { printf "%s", held; fflush(); held = ""; split("", said); next }
	/^ +[^ ]+\.go:[0-9]+: / { s = $0; sub(/^ +[^ ]+\.go:[0-9]+: /, "", s); said[test] = s }
	END {
		printf "%s", held
		printf "tests: %d passed, %d failed, %d skipped\n", passed, failed, skipped
		for (i = 1; i <= kinds; i++) printf "%d %s skipped: %s\n%s", count[reasons[i]], count[reasons[i]] == 1 ? "test" : "tests", reasons[i], names[reasons[i]]
	}'
