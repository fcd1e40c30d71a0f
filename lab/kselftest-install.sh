#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Lays a kselftest collection out: kselftest-install.sh KSELFTEST DIR AGENT GUEST MODULE PROGRAM...
# KSELFTEST is where kselftest.sh has put the kernel's runner. The layout is that of the kernel's own `make install`.
set -eu

kselftest=$1
dir=$2
agent=$3
guest=$4
module=$5
shift 5

mkdir -p "$dir/kselftest" "$dir/lifeline"
cp "$kselftest/run_kselftest.sh" "$dir/"
cp "$kselftest"/kselftest/* "$dir/kselftest/"
chmod +x "$dir/run_kselftest.sh" "$dir"/kselftest/*
cp "$agent" "$guest" "$module" "$@" "$dir/lifeline/"
cp "$(dirname "$0")/../suites/kvm/settings" "$(dirname "$0")/../suites/kvm/config" "$dir/lifeline/"
for program in "$@"; do
	echo "lifeline:$(basename "$program")"
done >"$dir/kselftest-list.txt"
