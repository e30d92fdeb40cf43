#!/usr/bin/env bash
# Installs the database servers that tests start, where they are missing and it may: as root, with apt-get. No
# service is started, now or at boot. What is missing in the end is said; the tests that need it are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

missing() { go run ./internal/servers/with -missing; }

# With this policy, apt-get does not start the services that it installs.
policy=/usr/sbin/policy-rc.d
aside=

forbid_starting() {
	if [ -e "$policy" ] || [ -L "$policy" ]; then
		aside=$(mktemp "$policy.XXXXXX")
		mv "$policy" "$aside"
	fi
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

put_back() {
	rm -f "$policy"
	if [ -n "$aside" ]; then mv "$aside" "$policy"; fi
}

install_packages() (
	trap '' INT TERM
	forbid_starting || exit
	trap put_back EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q || exit
	apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" || exit
	if [ -d /run/systemd/system ]; then
		for package in "$@"; do systemctl disable --quiet "${package%-server}" || exit; done
	fi
)

packages=$(missing)
if [ -z "$packages" ]; then
	exit
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing $packages" >&2
	# shellcheck disable=SC2086 # a word is a package
	install_packages $packages >&2 || true # what is missing then is said below
	packages=$(missing)
fi
if [ -n "$packages" ]; then
	echo "tests that need a server will be skipped: to run them, apt-get install $packages" >&2
fi
