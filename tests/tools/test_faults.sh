#!/bin/sh
# What is told of page faults, and that it is told the same every time.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# The address of a symbol, in eight digits.
address_of() { nm "$1" | awk -v name="$2" '$3 == name { print $1 }'; }

# The last line that a program's death leaves, and nothing else.
dies() {
    said=$1
    shift
    try "$mmu386" run "$@"
    expect_status 139
    [ "$(wc -l <"$err")" -eq 1 ] || fail "said '$(cat "$err")'"
    expect_told "^mmu386: pid 2: page fault at $said\$"
}
dies '0x00000000, error 0x4 \(not present, read, user\), eip 0x[0-9a-f]{8} <main\+0x[0-9a-f]+> at null\.c:[0-9]+: mov .*dword ptr \[.*' \
    "$guest/null" read
dies '0x00000000, error 0x6 \(not present, write, user\), eip 0x[0-9a-f]{8} <main\+0x[0-9a-f]+> at null\.c:[0-9]+: mov .*dword ptr \[.*' \
    "$guest/null" write
dies '0x00000000, error 0x4 \(not present, read, user\), eip 0x00000000' "$guest/null" jump
make_program "$dir/no-symbols" '\307\005\000\000\000\000\001\000\000\000'
dies '0x00000000, error 0x6 \(not present, write, user\), eip 0x08048054: mov dword ptr \[0\], 1' \
    "$dir/no-symbols"
make_program "$dir/write-code" '\307\005\000\200\004\010\001\000\000\000'
dies '0x08048000, error 0x7 \(protection, write, user\), eip 0x08048054: mov dword ptr \[0x8048000\], 1' \
    "$dir/write-code"

# Other deaths are not of a fault, and told of as what they are: an exception, and a signal that a process sends itself just after
# the kernel met an address that is no good: write(1, 0, 1); kill(getpid(), SIGSEGV).
make_program "$dir/ud2" '\017\013'
try "$mmu386" run "$dir/ud2"
expect_status 132
expect_error 'mmu386: pid 2: killed by SIGILL: invalid opcode (#UD), eip 0x08048054: ud2'
make_program "$dir/itself" '\270\004\000\000\000\273\001\000\000\000\061\311\272\001\000\000\000\315\200\270\024\000\000\000\315\200\211\303\271\013\000\000\000\270\045\000\000\000\315\200'
try "$mmu386" run "$dir/itself"
expect_status 139
expect_error 'mmu386: pid 2: killed by SIGSEGV from pid 2 (itself), eip 0x0804807c, after int 0x80'

# Nor is a signal that a process sends itself after it caught the one of its fault:
# signal(SIGSEGV, next), a store to 0, next: kill(getpid(), SIGSEGV).
make_program "$dir/caught" '\270\060\000\000\000\273\013\000\000\000\271\152\200\004\010\315\200\243\000\000\000\000\270\024\000\000\000\315\200\211\303\271\013\000\000\000\270\045\000\000\000\315\200'
try "$mmu386" run "$dir/caught"
expect_status 139
expect_error 'mmu386: pid 2: killed by SIGSEGV from pid 2 (itself), eip 0x0804807f, after int 0x80'
try "$mmu386" run -v "$dir/caught"
expect_told '^fault pid=2 cr2=0x00000000 error=0x6 .* refused$'
expect_not_told '^mmu386: .*page fault'

# Where there is no stack to tell the program of its fault on, it dies of that fault.
make_program "$dir/no-stack" '\270\060\000\000\000\273\013\000\000\000\271\154\200\004\010\315\200\061\344\243\000\000\000\000\061\333\270\001\000\000\000\315\200'
dies '0x00000000, error 0x6 \(not present, write, user\), eip 0x08048067: mov dword ptr \[0\], eax' \
    "$dir/no-stack"

# A program's symbols do not get to the terminal as they are.
if objcopy --redefine-sym main="$(printf 'm\033[31m\377')" "$guest/null" "$dir/odd" 2>/dev/null; then
    dies '0x00000000, .*, eip 0x[0-9a-f]{8} <m\?\[31m\?\+0x[0-9a-f]+> at null\.c:[0-9]+: mov .*' "$dir/odd" read
fi

# The two stores of stackfork: one fault is a copy, the other a takeover, at one place.
try "$mmu386" run -v "$guest/stackfork"
expect_status 0
expect_output 'stackfork: ok'
eip=$(address_of "$guest/stackfork" after_fork)
store="cr2=0xb[0-9a-f]{7} error=0x7 \\(protection, write, user\\) eip=0x$eip <after_fork> at stackfork\\.S:[0-9]+ \\[mov dword ptr \\[esp\\], eax\\]"
expect_told "^fault pid=[23] $store copied frame [0-9]+ to [0-9]+, references 2 to 1\$"
expect_told "^fault pid=[23] $store took over frame [0-9]+\$"
[ "$(grep -c 'error=0x7' "$err")" -eq 2 ] || fail "said '$(cat "$err")'"
expect_told '^fault pid=2 cr2=0x08[0-9a-f]{6} error=0x4 \(not present, read, user\) eip=0x08[0-9a-f]{6} <_start> at st[a-z]+\.S:[0-9]+ \[.*\] loaded frame [0-9]+ from file$'
expect_told ' zero-filled frame [0-9]+$'
try "$mmu386" run -v --fork=eager "$guest/stackfork"
expect_not_told 'error=0x7'

# The kernel's own stores.
try "$mmu386" run -v --cpu=i386 "$guest/file"
expect_told '^kernel pid=[0-9]+ page=0x[0-9a-f]{5}000 copied frame [0-9]+ to [0-9]+, references [0-9]+ to [0-9]+$'
try "$mmu386" run -v --cpu=i486 "$guest/file"
expect_not_told '^kernel .* copied'
expect_told '^fault pid=[0-9]+ cr2=0x[0-9a-f]{8} error=0x3 \(protection, write, supervisor\) eip=0xc0000[0-9a-f]{3} copied frame '

# What nobody serves.
try "$mmu386" run -v "$guest/null" read
expect_told '^fault pid=2 cr2=0x00000000 error=0x4 .* refused$'
try "$mmu386" run -v --ram=1M "$guest/oom"
expect_told '^fault pid=3 cr2=0x[0-9a-f]{8} error=0x6 .* no frame left$'
expect_told '^mmu386: pid 3: out of memory: page fault at 0x[0-9a-f]{8}, error 0x6 '

# Every line is one of these.
try "$mmu386" run -v "$guest/signals"
[ "$(grep -Evc '^(fault pid=[0-9]+ cr2=|kernel pid=[0-9]+ page=|mmu386: pid [0-9]+: )' "$err")" -eq 0 ] ||
    fail "said '$(cat "$err")'"

# Twice the same, and with the clock what there is without.
for program in stackfork value file 'tree 5' signals 'spin 50' 'codewrite self' 'oom'; do
    for options in --cpu=i386 --cpu=pentium '--fork=eager --cpu=i486'; do
        for mode in '' '' --functional; do
            # shellcheck disable=SC2086 # words
            try "$mmu386" run -v --ram=1M $options $mode "$guest/"$program
            cat "$out" "$err" >"$dir/now"
            [ ! -f "$dir/before" ] || expect_same "$dir/before" "$dir/now" 'is not as before'
            mv "$dir/now" "$dir/before"
        done
        rm "$dir/before"
    done
done

finish
