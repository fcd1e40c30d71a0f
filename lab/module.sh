#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds the kernel module of host/module for a kernel: module.sh MODULES FILE, MODULES as /lib/modules/VERSION.
# Without headers for it FILE is empty, and the cases that need the module are skipped.
set -eu

version=$(basename "$(readlink -f "$1")")
file=$2
headers=$1/build
if [ ! -e "$headers/Makefile" ]; then
	headers=/usr/src/linux-headers-$version
	[ -e "$headers/Makefile" ] || "$(dirname "$0")/install.sh" "linux-headers-$version" || true
fi
mkdir -p "$(dirname "$file")"
if [ ! -e "$headers/Makefile" ]; then
	echo "no headers of Linux $version: cases with a driver of ours in the kernel will be skipped"
	: >"$file"
	exit 0
fi
build=$(dirname "$file")/$version
rm -rf "$build"
cp -r "$(dirname "$0")/../host/module" "$build"
make -s -C "$headers" M="$(readlink -f "$build")" modules >"$build/log" 2>&1 || { tail -5 "$build/log" >&2; exit 2; }
strip --strip-debug "$build/lifeline_stuck.ko" -o "$file"
