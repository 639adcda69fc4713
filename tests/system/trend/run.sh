#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# run.sh MAKE_TRENDS FOLDER: writes trend charts into FOLDER, checks that they are XML, and opens
# them in headless Chromium. 77: something that is needed is not installed.
set -u
make_trends=$1
folder=$2
here=$(dirname "$0")

missing()
{
	echo "skipped: $1 is missing; apt-get install chromium chromium-driver python3-selenium"
	exit 77
}

rm -rf "$folder"
mkdir -p "$folder" || exit 1
"$make_trends" "$folder" || exit 1
if command -v xmllint >/dev/null; then
	for file in "$folder"/*.svg; do
		xmllint --noout --huge "$file" || exit 1
	done
	echo "ok: xmllint reads all charts"
fi
command -v chromium >/dev/null || missing chromium
command -v chromedriver >/dev/null || missing chromedriver
# Debian's own interpreter: the one that its packages are installed for.
/usr/bin/python3 -c 'import selenium' 2>/dev/null || missing python3-selenium
exec /usr/bin/python3 "$here/browse.py" "$folder"
