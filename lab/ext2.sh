#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes an ext2 image of a folder: ext2.sh DIR IMAGE SIZE. The same files give the same bytes, whenever and in whatever
# order they were written: a run is resumed only on the images that it began with.
set -eu

dir=$1
image=$2
size=$3
PATH=$PATH:/usr/sbin:/sbin
# mke2fs -d keeps the order of the folder and the ctime of each file, which nothing can set; debugfs has this for its clock.
export E2FSPROGS_FAKE_TIME=1700000000

rm -f "$image.tmp"
truncate -s "$size" "$image.tmp"
mke2fs -q -t ext2 -U 4c464c4e-6c69-4665-8c69-6e6500000001 \
	-E hash_seed=4c464c4e-6c69-4665-8c69-6e6500000002,root_owner=0:0 "$image.tmp"
(cd "$dir" && find . -mindepth 1 -printf '%P %y\n' | LC_ALL=C sort) | while read -r path kind; do
	case $kind in
	d) echo "mkdir $path" ;;
	f) echo "write $dir/$path $path" ;;
	*) echo "$dir/$path: neither a file nor a folder: ext2.sh cannot store it" >&2 && exit 1 ;;
	esac
done >"$image.commands"
# It tells of what it could not do, and exits with 0.
debugfs -w -f "$image.commands" "$image.tmp" 2>&1 >/dev/null | {
	if grep -v '^debugfs [0-9]' >&2; then exit 1; fi
}
rm "$image.commands"
mv "$image.tmp" "$image"
