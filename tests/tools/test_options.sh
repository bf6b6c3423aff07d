#!/bin/sh
# The command line: what is asked for wrongly is told in one line, with exit status 125.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

refuses 'command: missing (mmu386 --help lists them)'
refuses 'frobnicate: unknown command' frobnicate
refuses '--frobnicate: unknown option' --frobnicate
refuses ': unknown command' ''
# A line stays one.
refuses 'a?b: unknown command' 'a
b'

for command in run compare; do
    refuses "PROGRAM: missing (mmu386 $command --help tells more)" $command
    refuses "PROGRAM: missing (mmu386 $command --help tells more)" $command --functional --
    refuses '--frobnicate: unknown option' $command --frobnicate "$guest/value"
    refuses '--trails=x: unknown option' $command --trails=x "$guest/value"
    refuses '-x: unknown option' $command -x "$guest/value"
    refuses '--functional=1: takes no argument' $command --functional=1 "$guest/value"
    refuses '--ram: takes an argument' $command --ram
    refuses '--r: may be short for several options' $command --r "$guest/value"
    refuses '--cpu: z80: no such processor (there are i386, i486 and pentium)' \
        $command --cpu=z80 "$guest/value"
    refuses '--cpu: : no such processor (there are i386, i486 and pentium)' \
        $command --cpu= "$guest/value"
    for tlb in '' 32 32,4 32,4, ,4,lru 32,,lru 32,4,fifo 32,4,LRU 32,4,lru, 32,4,lru:1 32,4,random: \
        32,4,random:0 32,4,random:x 32,4,random:-1 32,4,random:1,1 32,4,randomly -32,4,lru \
        +32,4,lru ' 32,4,lru' '32, 4,lru' 0x20,4,lru 32.0,4,lru 4294967328,4,lru \
        18446744073709551648,4,lru 32,4,random:18446744073709551616; do
        refuses "--tlb: $tlb: not of the form ENTRIES,WAYS,POLICY (pointer, plru, lru, random or \
random:SEED, SEED from 1)" $command --tlb="$tlb" "$guest/value"
    done
    for tlb in 0,0,lru 0,1,lru 4,0,lru 24,4,pointer 32,3,lru 4,8,random 8192,4,lru 16,16,plru \
        512,512,pointer 4294967295,1,lru; do
        refuses "--tlb: $tlb: no such TLB (both are powers of two, ENTRIES up to 4096, WAYS up to \
ENTRIES, with plru up to 8, with pointer up to 256)" $command --tlb=$tlb "$guest/value"
    done
    for size in '' x -1 +1 ' 1M' 1MM 1T 0x100000 1.5M; do
        refuses "--ram: $size: not a size (a number of bytes, with K, M or G of its units)" \
            $command --ram="$size" "$guest/value"
    done
    for size in 0 1 255K 262143 4G 3221225473 18446744073709551616 18014398509481984K; do
        refuses "--ram: $size: out of range (256K to 3G)" $command --ram=$size "$guest/value"
    done
    refuses "$dir/none: No such file or directory" $command --root="$dir/none" "$guest/value"
    refuses "$0: Not a directory" $command --root="$0" "$guest/value"
    costs=$("$mmu386" run --cost=help | awk 'NR > 1 { printf "%s%s", n++ ? ", " : "", $1 }')
    for cost in x '' trapp trap-same this-is-a-name-of-more-than-thirty-two-letters; do
        refuses "--cost: $cost: no such cost (there are $costs)" $command --cost="$cost=1" \
            "$guest/value"
    done
    for cost in '' trap page_copy1; do
        refuses "--cost: $cost: not of the form NAME=CLOCKS" $command --cost="$cost" "$guest/value"
    done
    for clocks in '' -1 +1 ' 1' 1k 0x10 1.5 1000000001 18446744073709551616; do
        refuses "--cost: trap: $clocks: not a number of clocks, 0 to 1000000000" \
            $command --cost="trap=$clocks" "$guest/value"
    done
    for states in '' -1 +1 x 1x 256 4294967296; do
        refuses "--wait-states: $states: not a number, 0 to 255" \
            $command --wait-states="$states" "$guest/value"
    done
    for variable in NAME '' =VALUE; do
        refuses "--env: $variable: not of the form NAME=VALUE" $command --env="$variable" \
            "$guest/value"
    done
    refuses "$dir/none/stats: No such file or directory" \
        $command --stats="$dir/none/stats" "$guest/value"
    refuses "$dir: Is a directory" $command --stats="$dir" "$guest/value"
done
refuses '--fork: lazy: no such policy (there are eager and cow)' run --fork=lazy "$guest/value"
refuses '--policies=cow: unknown option' run --policies=cow "$guest/value"
refuses '--fork=cow: unknown option' compare --fork=cow "$guest/value"
refuses '--policies: : no such policy (there are eager and cow)' \
    compare --policies=cow, "$guest/value"
refuses '--policies: cow is named twice' compare --policies=cow,cow "$guest/value"
refuses '--format: xml: no such format (there are table, json and csv)' \
    compare --format=xml "$guest/value"
refuses "$dir/none/o: No such file or directory" compare -o "$dir/none/o" "$guest/value"
refuses '-o: takes an argument' compare -o

# Help and version, of the command and of each subcommand.
try "$mmu386" --version
expect_status 0
grep -Eq '^mmu386 [0-9]+\.[0-9]+\.[0-9]+$' "$out" || fail "printed '$(cat "$out")'"
version=$(cat "$out")
try "$mmu386" --help
expect_status 0
for command in run compare; do
    grep -q "^  $command  " "$out" || fail "does not list $command"
done
for command in run compare; do
    try "$mmu386" $command --version
    expect_status 0
    expect_output "$version"
    try "$mmu386" $command --help
    expect_status 0
    expect_silence
    for option in cpu tlb functional ram cost wait-states root env stats verbose help version; do
        grep -q -- "--$option" "$out" || fail "does not tell of --$option"
    done
    [ "$(awk 'length > 100' "$out" | wc -l)" -eq 0 ] || fail 'has lines that are too long'
done
try "$mmu386" run --cost=help
expect_status 0
expect_silence
[ "$(awk 'length > 100' "$out" | wc -l)" -eq 0 ] || fail 'has lines that are too long'
if [ -w /dev/full ]; then
    for options in 'run --cost=help' --help --version 'run --help' 'compare --version'; do
        what="mmu386 $options >/dev/full"
        status=0
        # shellcheck disable=SC2086 # words
        "$mmu386" $options >/dev/full 2>"$err" || status=$?
        expect_status 125
        expect_error 'mmu386: standard output: No space left on device'
    done
fi

# Options end at PROGRAM, or at --.
try "$mmu386" run "$guest/null" --help
expect_status 2
try "$mmu386" run -- "$guest/value"
expect_status 0
cp "$guest/value" "$dir/--help"
what='a program whose name is --help'
status=0
(cd "$dir" && exec "$mmu386" run -- --help) >"$out" 2>"$err" || status=$?
expect_status 0

# Sizes of memory that are good; the smallest need not hold the program.
for size in 262144 256K 1m 1048577 2M 3G; do
    try "$mmu386" run --ram=$size "$guest/null"
    [ "$status" -ne 125 ] || fail "refused: $(cat "$err")"
done

# TLBs that are good.
for tlb in 1,1,pointer 1,1,plru 32,4,lru 4096,4096,lru 4096,256,pointer 4096,8,plru \
    4096,4096,random 32,4,random:18446744073709551615; do
    for cpu in i386 pentium; do
        try "$mmu386" run --tlb=$tlb --cpu=$cpu "$guest/value"
        expect_status 0
    done
done
try "$mmu386" compare --tlb=1,1,lru "$guest/value"
expect_status 0

finish
