#!/bin/sh
# What guests can make the simulator's memory grow by is bounded: pipes, mappings, processes, open
# files, lists of directories, programs, translated code. $3 holds the sources, $4 is `peak'.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
sources=$3
peak=$4

grow=$dir/grow
${CC:-cc} -m32 -static -O1 -w -o "$grow" "$sources/grow.c" 2>/dev/null || {
    echo "skipped: no 32-bit static C library"
    exit "$skipped"
}

# Programs that differ only in their names, and a directory with long ones in it.
root=$dir/root
mkdir -p "$root/many"
chmod 755 "$dir" "$root"
make_program "$dir/seven" '\263\007\270\001\000\000\000\315\200'
{ cat "$dir/seven"; head -c 4000000 /dev/zero; } >"$root/seven"
chmod 755 "$root/seven"
for i in $(seq 0 40); do ln -s seven "$root/p$i"; done
for i in $(seq 1500); do : >"$root/many/a_rather_long_name_of_a_file_that_is_in_this_directory_$i"; done

# What the simulator may have beside --ram, in KiB. A sanitizer's own is beyond counting.
fixed=$((150 * 1024))
[ -z "${MMU386_BRIEF:-}" ] || fixed=$((4 * 1024 * 1024))

# grows STATUS 'what it prints' OPTIONS... -- WHAT...: with 64 MiB of memory.
grows() {
    expected=$1 said=$2
    shift 2
    try "$peak" "$dir/peak" "$mmu386" run --root="$root" --ram=64M "$@"
    expect_status "$expected"
    [ -z "$said" ] || expect_output "$said"
    [ "$(cat "$dir/peak")" -le $((64 * 1024 + fixed)) ] || fail "took $(cat "$dir/peak") KiB"
}

for how in '' --functional; do
    # shellcheck disable=SC2086 # nothing, or a word
    {
        grows 137 'pipe: Too many open files in system' $how -- "$grow" pipes
        grows 137 'pipe: Too many open files in system' $how -- "$grow" half-pipes
        grows 137 'fork: Cannot allocate memory' $how -- "$grow" mappings
        grows 137 'fork: Resource temporarily unavailable' $how -- "$grow" zombies
        grows 137 'getdents64: Cannot allocate memory' $how -- "$grow" listings /many
        grows 137 'execve: Cannot allocate memory' $how -- "$grow" programs
    }
done

# Code: what a native run prints. Three quarters of the engine's buffer go by, and all of it.
"$grow" code 350000 >"$dir/native" 2>/dev/null || exit "$skipped"
grows 0 "$(cat "$dir/native")" --functional -- "$grow" code 350000

# The same with whoever listens.
grows 137 'pipe: Too many open files in system' --log="$dir/log" --trace="$dir/trace" \
    --profile="$dir/profile" -- "$grow" pipes
"$grow" code 20000 >"$dir/native"
grows 0 "$(cat "$dir/native")" --log="$dir/log2" --trace="$dir/trace2" --profile="$dir/profile2" \
    -- "$grow" code 20000
try "$mmu386" replay --stats=- "$dir/trace2"
expect_status 0

finish
