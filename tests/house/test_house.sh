#!/bin/sh
# house.sh tells of everything that is against the order of the house, and of nothing else: each
# kind of it is put into a copy of the tree.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
LC_ALL=C
export LC_ALL
status=0

fail() {
    echo "FAILED: $*" >&2
    status=1
}

# ---- a tree in order ----

mkdir -p "$work/small/tests/house" "$work/small/mmu" "$work/small/sim/cpu" "$work/small/sim/linux" \
    "$work/small/tools"
cd "$work/small" || exit 1
cp "$here"/*.sh "$here"/*.awk "$here"/*.txt tests/house
sed -i '/^[^#]/d' tests/house/exceptions.txt
printf '#include <stdint.h>\n' >mmu/a.h
printf '#include "a.h"\n' >mmu/a.c
printf '#include <stdio.h>\n' >sim/door.h
printf '#include "a.h"\n#include "door.h"\n#include <unicorn/unicorn.h>\n' >sim/cpu/b.h
printf '#include "cpu/b.h"\n\n#include <capstone/capstone.h>\n' >sim/cpu/b.c
printf '#include "cpu/b.h"\n' >sim/linux/c.c
printf '#include "cpu/b.h"\n#include "e.h"\n' >tools/d.c
printf 'int e(void);\n' >tools/e.h
sh tests/house/house.sh >"$work/said" || fail 'a tree in order has a status of 1'
[ ! -s "$work/said" ] || fail "a tree in order: $(cat "$work/said")"

# ---- this tree, as it is and with what does not belong there ----

tree=$work/tree
mkdir "$tree" && cd "$here/../.." || exit 1
tar cf - mmu sim tools tests/house | tar xf - -C "$tree"
cd "$tree" || exit 1
sh tests/house/house.sh | sort >"$work/before"
: >"$work/expected"

# put FILE MESSAGE...: FILE is what comes on standard input, of which the MESSAGEs are told.
put() {
    mkdir -p "$(dirname "$1")"
    cat >"$1"
    shift
    for message; do
        echo "$message" >>"$work/expected"
    done
}

# The one file of folder $2 that includes <$1...>.
holder() { grep -lE "^#include <$1" "$2"/*.[ch]; }

# lines COUNT
lines() { awk -v count="$1" 'BEGIN { while (count-- > 0) print "// a line" }'; }

# body NAME COUNT: a function of COUNT lines.
body() {
    printf 'static int\n%s(int (*f)(int), __attribute__((unused)) int x)\n{\n' "$1"
    lines $(($2 - 4))
    printf '}\n'
}

# The order of the rooms.
put sim/linux/zz.h </dev/null
put sim/cpu/zz_up.c 'sim/cpu/zz_up.c:3: includes linux/zz.h, which room cpu may not know' <<'EOF'
#include "mmu.h"

#include "linux/zz.h"
EOF
put sim/zz.h </dev/null
put sim/zz.c 'sim/zz.c:2: includes linux/zz.h, which room door may not know' <<'EOF'
#include "zz.h"
#include "linux/zz.h"
EOF
put sim/linux/zz.c 'sim/linux/zz.c:1: includes zz.h without its room: linux/zz.h' \
    'sim/linux/zz.c:2: includes ../zz.h, which is not in the tree' <<'EOF'
#include "zz.h"
#include "../zz.h"
EOF
put sim/zz/zz.c 'sim/zz/zz.c:1: room zz is not in rooms.txt' \
    'sim/zz/zz.c:1: includes linux/zz.h, which room zz may not know' <<'EOF'
  #  include "linux/zz.h"
EOF
put mmu/zz.c 'mmu/zz.c:2: includes <unistd.h>, which room mmu may not know' \
    'mmu/zz.c:4: includes linux/zz.h, which room mmu may not know' \
    'mmu/zz.c:5: includes zz.h, which room mmu may not know' <<'EOF'
#include <stdint.h>
#include <unistd.h>
#include "mmu.h"
#include "linux/zz.h"
#include "zz.h"
EOF

# Circles: of two, of which one goes by way of its .c; of three.
put sim/machine/zz_a.h </dev/null
put sim/machine/zz_a.c \
    'sim/machine/zz_a.c:2: includes go in a circle: sim/machine/zz_a -> sim/machine/zz_b -> sim/machine/zz_a' <<'EOF'
#include "machine/zz_a.h"
#include "machine/zz_b.h"
EOF
put sim/machine/zz_b.h <<'EOF'
#include "machine/zz_a.h"
EOF
put tools/zz/a.h 'tools/zz/a.h:1: includes go in a circle: tools/zz/a -> tools/zz/b -> tools/zz/c -> tools/zz/a' <<'EOF'
#include "zz/b.h"
EOF
put tools/zz/b.h <<'EOF'
#include "zz/c.h"
EOF
put tools/zz/c.h <<'EOF'
#include "zz/a.h"
EOF
# No circle: two files of that name, in different folders.
put tools/zz/zz.h <<'EOF'
#include "linux/zz.h"
EOF

# Libraries.
put sim/cpu/zz_libraries.c \
    "sim/cpu/zz_libraries.c:1: includes unicorn/unicorn.h, as $(holder unicorn/ sim/cpu) does: only one file of sim/cpu may" \
    "sim/cpu/zz_libraries.c:2: includes capstone/x86.h, as $(holder capstone/ sim/cpu) does: only one file of sim/cpu may" \
    'sim/cpu/zz_libraries.c:3: includes sqlite3.h, which only one file of sim/log and one of tools/sweep may' <<'EOF'
#include <unicorn/unicorn.h>
#include <capstone/x86.h>
#include <sqlite3.h>
EOF
put sim/log/zz.c "sim/log/zz.c:1: includes sqlite3.h, as $(holder sqlite3.h sim/log) does: only one file of sim/log may" <<'EOF'
#include <sqlite3.h>
EOF
put tools/sweep/zz.c "tools/sweep/zz.c:1: includes sqlite3.h, as $(holder sqlite3.h tools/sweep) does: only one file of tools/sweep may" <<'EOF'
#include <sqlite3.h>
EOF
put tools/zz.c 'tools/zz.c:1: includes unicorn/unicorn.h, which only one file of sim/cpu may' <<'EOF'
#include <unicorn/unicorn.h>
EOF

# Lengths.
{
    printf '%080d\n%081d\n' 0 0
} | put tools/zz_line.c 'tools/zz_line.c:2: a line of 81 columns'
{
    printf '#include <stdio.h>\n\nstruct s {\n    int x;\n};\n'
    body short 60
    body long 61
    body excused 61
} | put tools/zz_body.c 'tools/zz_body.c:66: long has 61 lines'
lines 600 | put tools/zz_600.c
lines 601 | put tools/zz_601.c 'tools/zz_601.c:601: a file of 601 lines'
lines 601 | put tools/zz_excused.c

# Exceptions, of which none is there for nothing.
row=$(wc -l <tests/house/exceptions.txt)
cat >>tests/house/exceptions.txt <<'EOF'
function tools/zz_body.c excused a table
function tools/zz_body.c short a table
function tools/zz_body.c gone a table
file tools/zz_excused.c
file tools/zz_600.c a table
EOF
{
    echo "tests/house/exceptions.txt:$((row + 2)): nothing there is that long"
    echo "tests/house/exceptions.txt:$((row + 3)): nothing there is that long"
    echo "tests/house/exceptions.txt:$((row + 4)): does not say why"
    echo "tests/house/exceptions.txt:$((row + 5)): nothing there is that long"
} >>"$work/expected"

sh tests/house/house.sh >"$work/said" && fail 'its status is 0'
sort "$work/said" | comm -13 "$work/before" - >"$work/new"
sort "$work/expected" | diff - "$work/new" >&2 || fail 'it does not tell of < but of >'
exit "$status"
