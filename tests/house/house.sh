#!/bin/sh
# The order of the house: who may include whom, which one file knows a library, no circles of
# includes, and how long a line, a function and a file may be. The tables beside this script say it;
# each line printed is something that is against it.
set -u
cd "$(dirname "$0")/../.." || exit 1
here=tests/house
# shellcheck disable=SC2046 # no name has a blank
exec awk -f $here/house.awk $here/rooms.txt $here/libraries.txt $here/exceptions.txt \
    $(find mmu sim tools -name '*.[ch]' | LC_ALL=C sort)
