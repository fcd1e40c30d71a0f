#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Takes the kselftest harness and its runner out of Debian's kernel source: kselftest.sh FOLDER.
set -eu

folder=$1
source=usr/src/linux-source-6.1
"$(dirname "$0")/unpack.sh" linux-source-6.1 "$folder/package"
selftests=linux-source-6.1/tools/testing/selftests
tar -xJf "$folder/package/$source.tar.xz" -C "$folder" --strip-components=4 \
	"$selftests/kselftest.h" "$selftests/kselftest_harness.h" "$selftests/run_kselftest.sh" "$selftests/kselftest"
rm -rf "$folder/package"
