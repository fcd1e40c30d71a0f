#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes a static libpci from Debian's source package pciutils: libpci.sh FOLDER leaves FOLDER/libpci.a and
# FOLDER/pci/pci.h. Debian ships the shared library alone. Lists and caches are the script's own, below FOLDER:
# the machine's apt need not know of source packages, and does not afterwards.
set -eu

mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$folder/work
log=$folder/libpci.log
: >"$log"

give_up() {
	rm -rf "$work"
	tail -5 "$log" >&2
	printf '%s; the whole log is %s, or put a static libpci.a and its pci/*.h into %s yourself\n' \
		"$1" "$log" "$folder" >&2
	exit 2
}

# The machine's own sources, both spellings, but of source packages. Media have none.
source_lists() {
	mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		sed 's/^[Tt]ypes:.*/Types: deb-src/' "$file" >"$work/parts/${file##*/}"
	done
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$file" ] || continue
		sed -n -E '/cdrom:/d; s/^[[:space:]]*deb(-src)?[[:space:]]+/deb-src /p' "$file"
	done | sort -u >"$work/parts/machine.list"
}

apt() {
	apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts" \
		-o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User=root "$@" >>"$log" 2>&1
}

echo "building libpci.a from Debian's pciutils"
rm -rf "$work"
source_lists
cd "$work"
# A list that some archive does not have spoils nothing: what matters is whether the source comes.
apt update || true
apt source --download-only pciutils || give_up "cannot download Debian's source package pciutils"
mkdir source
# Debian's patches are about the shared library.
rm -f pciutils_*.asc
tar -xf pciutils_*.orig.tar.* -C source --strip-components=1 >>"$log" 2>&1 ||
	give_up "cannot unpack $(echo pciutils_*.orig.tar.*)"
# The names of devices are not needed: no compression, network, database or file for them.
env -u MAKEFLAGS -u MAKELEVEL make -C source lib/libpci.a CC=gcc SHARED=no ZLIB=no DNS=no HWDB=no \
	LIBKMOD=no IDSDIR=/nonexistent >>"$log" 2>&1 || give_up "cannot build libpci.a"
mkdir -p "$folder/pci"
cp source/lib/config.h source/lib/header.h source/lib/pci.h source/lib/types.h "$folder/pci"
mv source/lib/libpci.a "$folder/libpci.a"
cd "$folder"
rm -rf "$work"
