#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Section 3 of the manual has all that the public headers have: each prototype, callback type and
# struct in the same words, members in their order, and the name of each enum, constant and macro.
# From the environment: SOURCE.
set -u
export LC_ALL=C
cd "$SOURCE" || exit 1
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
bad=0
complain() { echo "$*"; bad=1; }

# C on one line, without comments, with blanks only where words need them.
squeeze() {
	tr -s '[:space:]' ' ' | sed -E -e 's:/\*([^*]|\*[^/])*\*/::g' -e 's/ +/ /g' \
		-e 's/ ?([][*(),;{}=]) ?/\1/g'
}

cat include/pdiag/*.h include/pdiag/version.h.in > "$temp/all.h"
grep -v '^#' "$temp/all.h" | squeeze > "$temp/headers"
# The pages have declarations in bold, with names in italics and comments beside them.
sed -En -e 's/\\\(dq/"/g; s/\\-/-/g' -e 's/^\.(B|BI|BR) //p' man/*.3 | tr -d '"' |
	squeeze > "$temp/pages"

# need WHAT PATTERN: each match in the headers has to be in the pages.
need() {
	grep -oE "$2" "$temp/headers" | sed 's/^PDIAG_API //' | sort -u > "$temp/list"
	[ -s "$temp/list" ] || complain "no $1 was found in the headers"
	grep -oFf "$temp/list" "$temp/pages" | sort -u | comm -23 "$temp/list" - > "$temp/missing"
	while IFS= read -r text; do
		complain "no page of section 3 has this $1: $text"
	done < "$temp/missing"
}
need prototype 'PDIAG_API [^;]*;'
need type 'typedef [^;]*;'
need struct 'struct pdiag_[a-z0-9_]+\{[^}]*\}'

# Of enums, their constants and macros the names suffice.
{
	grep -oE 'enum pdiag_[a-z0-9_]+\{[^}]*\}' "$temp/headers" | grep -oE '(pdiag|PDIAG)_\w+'
	sed -nE 's/^#define (PDIAG_\w+).*/\1/p' "$temp/all.h" |
		grep -vE '_H$|^PDIAG_(API|PRINTF|BEGIN_DECLS|END_DECLS)$'
} | sort -u > "$temp/list"
[ "$(wc -l < "$temp/list")" -gt 200 ] || complain "only $(wc -l < "$temp/list") names were found"
grep -ohE '\b(pdiag|PDIAG)_\w+' man/*.3 | sort -u | comm -23 "$temp/list" - > "$temp/missing"
[ ! -s "$temp/missing" ] || complain "no page of section 3 names $(xargs < "$temp/missing")"
exit $bad
