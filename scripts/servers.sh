#!/usr/bin/env bash
# Installs the servers that tests start, where they are missing and it may: databases as root, with apt-get, and
# Azurite with npm in a directory of its own. No service is started, now or at boot. What is missing in the end is
# said; the tests that need it are skipped.
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

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# install_azurite does not run what the packages of npm have to be run when they are installed.
install_azurite() (
	package=$1 dir=$2
	if ! command -v npm >/dev/null && may_install; then install_packages npm; fi
	mkdir -p "$(dirname "$dir")"
	part=$(mktemp -d "$dir.XXXXXX")
	trap 'rm -rf "$part"' EXIT
	npm install --ignore-scripts --no-audit --no-fund --loglevel=error --prefix "$part" "$package" || exit
	chmod 755 "$part"
	rm -rf "$dir"
	mv "$part" "$dir"
)

read -r package dir <<<"$(go run ./internal/servers/with -missing-azurite)" || true
if [ -n "$package" ]; then
	echo "installing $package" >&2
	install_azurite "$package" "$dir" >&2 || echo "tests that need Azurite will be skipped: to run them, npm install --prefix $dir $package" >&2
fi

packages=$(missing)
if [ -z "$packages" ]; then
	exit
fi
if may_install; then
	echo "installing $packages" >&2
	# shellcheck disable=SC2086 # a word is a package
	install_packages $packages >&2 || true # what is missing then is said below
	packages=$(missing)
fi
if [ -n "$packages" ]; then
	echo "tests that need a server will be skipped: to run them, apt-get install $packages" >&2
fi
