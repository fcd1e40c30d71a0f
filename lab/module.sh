#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds the kernel modules of host/module for a kernel: module.sh MODULES FILE..., MODULES as /lib/modules/VERSION, and
# FILEs of one folder named as the modules. Without headers they are empty, and the cases that need them are skipped.
set -eu

version=$(basename "$(readlink -f "$1")")
modules=$1
shift
headers=$modules/build
if [ ! -e "$headers/Makefile" ]; then
	headers=/usr/src/linux-headers-$version
	[ -e "$headers/Makefile" ] || "$(dirname "$0")/install.sh" "linux-headers-$version" || true
fi
folder=$(dirname "$1")
mkdir -p "$folder"
if [ ! -e "$headers/Makefile" ]; then
	echo "no headers of Linux $version: cases with a driver of ours in the kernel will be skipped"
	for file in "$@"; do
		: >"$file"
	done
	exit 0
fi
build=$folder/$version
rm -rf "$build"
cp -r "$(dirname "$0")/../host/module" "$build"
make -s -C "$headers" M="$(readlink -f "$build")" modules >"$build/log" 2>&1 || { tail -5 "$build/log" >&2; exit 2; }
for file in "$@"; do
	strip --strip-debug "$build/$(basename "$file")" -o "$file"
done
