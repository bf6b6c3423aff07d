#!/bin/sh
# What a Linux does for its programs beyond what the guests show: here as natively. Called with the
# directory of the programs' sources as the third argument.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

sources=$3
needs_static_programs

ways='--fork=cow --cpu=i386
--fork=eager --cpu=i386 --functional
--fork=eager --cpu=pentium
--fork=cow --cpu=i486 --functional'

# compile NAME
compile() {
    program=$dir/$1
    gcc -m32 -static -O1 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror "$sources/$1.c" \
        -o "$program" && return
    what=$1
    fail 'does not compile'
    finish
}

# same NAME
same() {
    compile "$1"
    native_status=0
    timeout 60 "$program" >"$dir/native.out" 2>/dev/null </dev/null || native_status=$?
    while read -r way; do
        # shellcheck disable=SC2086 # words
        try timeout 120 "$mmu386" run $way --force --stats="$dir/stats" -- "$program"
        what="$1 $way"
        expect_status "$native_status"
        cmp -s "$out" "$dir/native.out" || fail "$(diff "$dir/native.out" "$out" | head -20)"
        grep -q '"leaked": 0' "$dir/stats" || fail 'leaked frames'
    done <<EOF
$ways
EOF
    # A recording of it comes to the same counts.
    try "$mmu386" run --stats="$dir/stats" --trace="$dir/trace" --force -- "$program"
    try "$mmu386" replay --force --stats="$dir/again" "$dir/trace"
    expect_status "$native_status"
    jq 'del(.program)' "$dir/stats" >"$dir/wanted"
    jq 'del(.program)' "$dir/again" >"$dir/made"
    expect_same "$dir/made" "$dir/wanted" "a replay counts otherwise: $(diff "$dir/wanted" "$dir/made")"
}

same protnone
same forks
same sigflags

# What may be executed may be read: this paging knows no difference. (A host with protection keys
# does.)
compile execonly
for options in '' '--cpu=pentium --functional'; do
    # shellcheck disable=SC2086 # words
    try "$mmu386" run $options "$program"
    expect_status 0
    expect_output 'runs: 42
reads: 42
reads what was never touched: 0 0
the kernel reads: 6
the kernel writes: -1'
done
# The same of a program's segment, p_flags PF_X alone: mov ebx, [0x08048000]; exit with its low byte.
make_program "$dir/segment" '\213\035\000\200\004\010\270\001\000\000\000\315\200'
printf '\001' | dd of="$dir/segment" bs=1 seek=76 conv=notrunc 2>/dev/null
try "$mmu386" run "$dir/segment"
expect_status 127 # 0x7f, of "\177ELF"
expect_silence

# Deaths in a code segment of the program's own are told of by the instruction that is there.
compile segments
while read -r kind wanted said; do
    status=0
    "$program" "$kind" 2>/dev/null || status=$?
    what="segments $kind natively"
    expect_status "$wanted"
    try "$mmu386" run "$program" "$kind"
    expect_status "$wanted"
    expect_error "mmu386: pid 2: $said"
done <<'EOF'
ud2 132 killed by SIGILL: invalid opcode (#UD), cs 0x0007, eip 0x00000101: ud2
16 132 killed by SIGILL: invalid opcode (#UD), cs 0x0007, eip 0x00000101: bytes 0f 0b 00 00 00 00 00 00
null 139 page fault at 0x00000010, error 0x6 (not present, write, user), eip 0x00000101: mov dword ptr [0x10], 1
EOF

# What tells of the host's kernel, and of the simulator, is not there, whoever asks in what way.
compile kernelfiles
try "$mmu386" run --root=/ "$program" /proc/version /proc/self/status /proc/self/maps /proc/meminfo \
    /sys/kernel /sys/devices /proc/sys/kernel/version
expect_status 0
if grep -v ': stat No such file or directory, lstat No such file or directory, access No such file or directory, open No such file or directory, link No such file or directory$' "$out" >"$dir/seen"; then
    fail "sees $(cat "$dir/seen")"
fi
[ "$(wc -l <"$out")" -eq 7 ] || fail "printed '$(cat "$out")'"

finish
