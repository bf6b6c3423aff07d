#!/bin/sh
# Every way for a machine to end while processes are alive, with everybody listening to it. A
# sanitizer's build shows whether anybody is told who is no longer there.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# ends STATUS WHAT-RUNS...: with every listener, alone and together.
ends() {
    wanted=$1
    shift
    while read -r options; do
        # shellcheck disable=SC2086 # words
        try "$mmu386" run $options "$@"
        expect_status "$wanted"
    done <<EOF

--functional
--verbose
--functional --log=$dir/log --force
--log=$dir/log --force
--stats=$dir/stats --force
--profile=$dir/profile --force
--trace=$dir/trace --force
--trace=$dir/trace --stats=$dir/stats --log=$dir/log --force
EOF
}

# The first process ends, and leaves one that waits: fork; pause or, after it yielded, exit(3).
make_program "$dir/leaves" '\270\002\000\000\000\315\200\205\300\164\023\270\236\000\000\000\315\200\273\003\000\000\000\270\001\000\000\000\315\200\270\035\000\000\000\315\200'
ends 3 "$dir/leaves"
try "$mmu386" replay --stats="$dir/again" "$dir/trace"
expect_status 3
expect_true "$dir/again" '.processes == 2 and .frames.leaked == 0'
expect_same "$dir/again" "$dir/stats" "a replay counts otherwise"

# The program's arguments do not fit: its process has begun, and has nothing to run.
words=$(head -c 120000 /dev/zero | tr '\0' x)
ends 126 --ram=256K "$guest/sort" "$words" "$words"
expect_error "mmu386: $guest/sort: does not fit in the machine's memory"

finish
