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
# With old lists an old hypervisor would come, or one that is gone. Not root: with the lists that there are.
[ "$(id -u)" -ne 0 ] || apt-get update >update.log 2>&1 || true
if ! apt-get -o APT::Sandbox::User=root download "$package" >download.log 2>&1; then
	tail -5 download.log >&2
	printf 'cannot download %s; name a hypervisor yourself: make gate XEN=/path/to/xen.gz\n' \
		"$package" >&2
	exit 2
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
