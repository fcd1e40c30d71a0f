#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs the Debian packages that are named and missing. Nothing is done when nothing is missing.
set -eu

missing=
for package in "$@"; do
	status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
	[ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -ne 0 ]; then
	printf 'Missing Debian packages. As root, run:\n  %s\n' "$line" >&2
	exit 2
fi

export DEBIAN_FRONTEND=noninteractive
mkdir -p build
echo "installing:$missing"
# A fresh machine knows no packages until the lists are there; an old list may name versions that are gone.
if ! $line >build/apt.log 2>&1; then
	if ! { apt-get update && $line; } >build/apt.log 2>&1; then
		tail -5 build/apt.log >&2
		printf 'apt-get failed; the whole log is build/apt.log. The command was:\n  %s\n' "$line" >&2
		exit 2
	fi
fi
