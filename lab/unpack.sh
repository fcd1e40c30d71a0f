#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unpacks a Debian package below a folder: unpack.sh PACKAGE FOLDER.
# It is not installed: the machine's boot loader never learns of a hypervisor or a kernel that is only tested.
set -eu

package=$1
folder=$2

mkdir -p "$folder"
echo "unpacking Debian's $package"
cd "$folder"
# With old lists an old version would come, or one that is gone. Not root: with the lists that there are.
[ "$(id -u)" -ne 0 ] || apt-get update >update.log 2>&1 || true
if ! apt-get -o APT::Sandbox::User=root download "$package" >download.log 2>&1; then
	tail -5 download.log >&2
	printf 'cannot download %s; %s\n' "$package" "${HINT:-it must come from a Debian mirror}" >&2
	exit 2
fi
dpkg-deb -x "$package"_*.deb .
rm -f "$package"_*.deb
