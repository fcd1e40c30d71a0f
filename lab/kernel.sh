#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unpacks Debian's kernel and its modules: kernel.sh FOLDER. Leaves FOLDER/vmlinuz and FOLDER/modules.
set -eu

folder=$1
[ "$(id -u)" -ne 0 ] || apt-get update >/dev/null 2>&1 || true
package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
if [ -z "$package" ]; then
	echo "Debian's lists name no linux-image-amd64; name a kernel yourself: make gate KERNEL=bzImage MODULES=folder" >&2
	exit 2
fi
version=${package#linux-image-}
HINT="name a kernel yourself: make gate KERNEL=bzImage MODULES=folder" "$(dirname "$0")/unpack.sh" "$package" "$folder/unpacked"
PATH=$PATH:/usr/sbin:/sbin depmod -b "$folder/unpacked" "$version"
ln -sfn "unpacked/lib/modules/$version" "$folder/modules"
ln -sfn "unpacked/boot/vmlinuz-$version" "$folder/vmlinuz"
