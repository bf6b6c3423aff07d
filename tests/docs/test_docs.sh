#!/bin/sh
# test_docs.sh SOURCE BUILD DOCUMENT: runs the commands of a document and compares what they print.
#
# A block that is set off by four spaces, or by a fence of three backquotes with the word `console`,
# holds commands behind "$ " (one that ends in a backslash goes on in the next line), each with what
# it prints to both streams. A line "..." stands for any lines. The commands of one document run one
# after the other in a directory of their own, in which build/, guest/, traces/ and tools/ are.
# Documents whose commands need what this machine has not are skipped: `<!-- needs: gcc -m32 -->`.
set -u
source=$1
build=$2
document=$3
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

if grep -q '^<!-- needs: static i386 programs -->' "$source/$document"; then
    echo 'int main(void) { return 0; }' >"$dir/empty.c"
    if ! gcc -m32 -static "$dir/empty.c" -o "$dir/empty" 2>/dev/null; then
        echo "skipped: no static 32-bit programs are built here"
        exit 77
    fi
fi

mkdir "$dir/desk" || exit 1
ln -s "$build" "$dir/desk/build"
for name in guest traces tests; do
    ln -s "$source/$name" "$dir/desk/$name"
done

# N.command and N.expected, from 1 on; their count.
count=$(awk -v dir="$dir" '
    /^```/ { fenced = !fenced && /console/; outside = 0; more = 0; shown = 0; next }
    {
        line = $0
        if (!fenced && !sub(/^    /, "", line)) {
            if ($0 != "")
                shown = 0
            more = 0
            blanks = $0 == "" ? blanks + 1 : 0
            next
        }
        if (more) {
            command = command "\n" line
        } else if (line ~ /^\$ /) {
            close(out)
            command = substr(line, 3)
            out = dir "/" ++n ".expected"
            printf "" >out
            shown = 1
            blanks = 0
        } else if (shown) {
            for (; blanks > 0; blanks--)
                print "" >out
            print line >out
            next
        } else
            next
        more = command ~ /\\$/
        if (!more)
            print command >(dir "/" n ".command")
    }
    END { print n + 0 }' "$source/$document")

if [ "$count" -eq 0 ]; then
    echo "$document: no command in it"
    exit 1
fi

failures=0
i=0
while [ "$i" -lt "$count" ]; do
    i=$((i + 1))
    (cd "$dir/desk" && sh "../$i.command") >"$dir/printed" 2>&1 </dev/null
    awk -v what="$document: \$ $(head -1 "$dir/$i.command")" '
        NR == FNR { printed[NR] = $0; lines = NR; next }
        $0 == "..." { any = 1; next }
        any && $0 == "" { next }
        {
            do
                at++
            while (any && at <= lines && printed[at] != $0)
            if (at > lines || printed[at] != $0) {
                print what ": prints"
                print "    " (at <= lines ? printed[any ? lines + 1 : at] : "nothing more")
                print "  where it is to print"
                print "    " $0
                failed = 1
                exit
            }
            any = 0
        }
        END {
            if (!failed && !any && at < lines) {
                print what ": prints more: " printed[at + 1]
                failed = 1
            }
            exit failed
        }' "$dir/printed" "$dir/$i.expected" || {
        failures=$((failures + 1))
        if [ -n "${DOCS_SHOW:-}" ]; then cat "$dir/printed"; fi
    }
done
echo "$document: $count commands, $failures of them print something else"
[ "$failures" -eq 0 ]
