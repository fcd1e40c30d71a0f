#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unpacks the one hypervisor image /boot/xen-*.gz of a Debian package to a file: unpack.sh PACKAGE FILE.
# The package is not installed, so the machine's boot loader never learns of it.
set -eu

package=$1
file=$2
folder=$(dirname "$file")/$package

mkdir -p "$folder"
echo "unpacking Debian's $package"
cd "$folder"
get() { apt-get -o APT::Sandbox::User=root download "$package"; }
if ! get >download.log 2>&1; then
	if ! { apt-get update && get; } >download.log 2>&1; then
		tail -5 download.log >&2
		printf 'cannot download %s; name a hypervisor yourself: make gate XEN=/path/to/xen.gz\n' \
			"$package" >&2
		exit 2
	fi
fi
dpkg-deb -x "$package"_*.deb .
cd - >/dev/null
set -- "$folder"/boot/xen-*.gz
if [ $# -ne 1 ] || [ ! -f "$1" ]; then
	echo "$package holds no single /boot/xen-*.gz" >&2
	exit 2
fi
cp "$1" "$file.tmp"
mv "$file.tmp" "$file"
