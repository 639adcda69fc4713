#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# browse.sh MAKE FOLDER BROWSE: has MAKE write pictures into FOLDER, checks that those that are SVG are
# XML, and has BROWSE, a program in Python, open them in headless Chromium. 77: something that is
# needed is not installed.
set -u
make=$1
folder=$2
browse=$3

missing()
{
	echo "skipped: $1 is missing; apt-get install chromium chromium-driver python3-selenium"
	exit 77
}

rm -rf "$folder"
mkdir -p "$folder" || exit 1
"$make" "$folder" || exit 1
if command -v xmllint >/dev/null; then
	for file in "$folder"/*.svg; do
		[ ! -e "$file" ] || xmllint --noout --huge "$file" || exit 1
	done
	echo "ok: xmllint reads all pictures"
fi
command -v chromium >/dev/null || missing chromium
command -v chromedriver >/dev/null || missing chromedriver
# Debian's own interpreter: the one that its packages are installed for.
/usr/bin/python3 -c 'import selenium' 2>/dev/null || missing python3-selenium
exec /usr/bin/python3 "$browse" "$folder"
