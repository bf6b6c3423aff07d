#!/bin/sh
# What the simulator cannot do any more when a guest runs; as whom it reads; which file systems.
# $3 holds the sources.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
sources=$3

[ -z "${MMU386_BRIEF:-}" ] || {
    echo "skipped: there is no sandbox with a sanitizer"
    exit "$skipped"
}

chmod 755 "$dir"
make_args "$dir/args"
make_cat "$dir/cat"
make_program "$dir/loop" '\353\376'
# open(argv[1]); exits with the errno, or 0
make_program "$dir/open" '\213\134\044\010\061\311\270\005\000\000\000\315\200\061\333\205\300\171\004\367\330\211\303\270\001\000\000\000\315\200'

# ---- while a guest runs ----

what='a running simulator'
for options in '' --functional --log="$dir/log1" --trace="$dir/trace1" --root="$dir"; do
    "$mmu386" run ${options:+"$options"} "$dir/loop" &
    pid=$!
    sleep 1
    child=$(cat "/proc/$pid/task/$pid/children")
    child=${child%% *}
    for task in /proc/"$child"/task/*; do
        grep -q '^Seccomp:.2' "$task/status" || fail "$options: no filter: $(grep Seccomp "$task/status")"
        grep -q '^NoNewPrivs:.1' "$task/status" || fail "$options: may have new privileges"
    done
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
done

# ---- one who has taken it over ----

${CC:-cc} -shared -fPIC -O1 -w -o "$dir/breakout.so" "$sources/breakout.c" || exit "$skipped"
echo secret >"$dir/secret"
breaks() { # CALL [OPTION...]
    export BREAKOUT="$1" BREAKOUT_FILE="$dir/secret"
    shift
    try env LD_PRELOAD="$dir/breakout.so" "$mmu386" run "$@" "$dir/args" break
    unset BREAKOUT BREAKOUT_FILE
}
for options in '' --functional --log="$dir/log2" --root=/usr; do
    for call in socket execve fork ptrace kill setuid mount; do
        rm -f "$dir/log2"
        breaks "$call" ${options:+"$options"}
        expect_status 125
        expect_error 'mmu386: simulator: killed by signal 31, Bad system call (it made a system call that it has no need for)'
    done
done
for call in read write exec-memory; do
    breaks $call
    expect_status 0
    grep -aEq "^$call: (Permission denied|Operation not permitted)" "$out" || fail "$(cat "$out")"
done
breaks write --root=/usr
grep -aq '^write: Permission denied' "$out" || fail "$(cat "$out")"
# Files beside the root directory are Landlock's to refuse, where the kernel has it.
if grep -q landlock /sys/kernel/security/lsm 2>/dev/null; then
    breaks read --root=/usr
    grep -aq '^read: Permission denied' "$out" || fail "$(cat "$out")"
    mkdir "$dir/elsewhere"
    breaks read --root=/usr --stats="$dir/elsewhere/stats"
    grep -aq '^read: Permission denied' "$out" || fail "$(cat "$out")"
fi
breaks socket --no-sandbox
expect_status 0
grep -aq '^socket: done' "$out" || fail "$(cat "$out")"

# ---- everything that is written, is ----

for options in '' --functional; do
    rm -rf "$dir/made"
    mkdir "$dir/made"
    # shellcheck disable=SC2086 # nothing, or a word
    try "$mmu386" run $options --stats="$dir/made/stats" --log="$dir/made/log" \
        --root="$dir" "$guest/tree"
    expect_status 0
    expect_true "$dir/made/stats" '.exit_status == 0'
    try "$mmu386" faults "$dir/made/log" --limit=1
    expect_status 0
done
(cd "$dir/made" && exec "$mmu386" run --trace=trace --profile=profile --log=log2 "$guest/tree") \
    >"$out" 2>"$err" || fail "in a directory of its own: $(cat "$err")"
try "$mmu386" replay --log="$dir/made/log3" "$dir/made/trace"
expect_status 0
try "$mmu386" compare --stats="$dir/made/stats2" -o "$dir/made/table" --root="$dir" "$guest/tree"
expect_status 0
try "$mmu386" compare --replay "$dir/made/trace"
expect_status 0
[ "$(ls -A "$dir/made" | tr '\n' ' ')" = 'log log2 log3 profile stats stats2 table trace ' ] ||
    fail "left $(ls -A "$dir/made")"

# ---- as whom files are read ----

mkdir "$dir/root"
echo public >"$dir/root/public"
echo private >"$dir/root/private"
chmod 644 "$dir/root/public"
chmod 600 "$dir/root/private"
try "$mmu386" run --root="$dir/root" "$dir/open" /public
expect_status 0
if [ "$(id -u)" -eq 0 ]; then
    # Nobody needs no right to the directories above it.
    mkdir -m 700 "$dir/above"
    cp -r "$dir/root" "$dir/above/root"
    try "$mmu386" run --root="$dir/above/root" "$dir/open" /public
    expect_status 0
    for command in '' --functional --no-sandbox --log="$dir/made/log4"; do
        try "$mmu386" run ${command:+"$command"} --root="$dir/root" "$dir/open" /private
        expect_status 13 # EACCES
        expect_silence
        rm -f "$dir/made/log4"
        try "$mmu386" run ${command:+"$command"} --root="$dir/root" --root-as=self "$dir/open" /private
        expect_status 0
        rm -f "$dir/made/log4"
    done
    # Nor as root's group.
    chmod 640 "$dir/root/private"
    try "$mmu386" run --root="$dir/root" "$dir/open" /private
    expect_status 13
    chmod 700 "$dir/root"
    try "$mmu386" run --root="$dir/root" "$dir/open" /public
    expect_status 125
    expect_error "mmu386: $dir/root: nobody, as whom root reads it, may not search it (--root-as=self reads as root)"
    try "$mmu386" compare --root="$dir/root" "$dir/open" /public
    expect_status 125
    try "$mmu386" run --root="$dir/root" --root-as=self "$dir/open" /public
    expect_status 0
    chmod 755 "$dir/root"
    # What is written is root's, in a directory that is root's alone.
    mkdir -m 700 "$dir/own"
    try "$mmu386" run --root="$dir/root" --stats="$dir/own/stats" --log="$dir/own/log" \
        --trace="$dir/own/trace" "$dir/open" /public
    expect_status 0
    [ "$(ls -A "$dir/own" | tr '\n' ' ')" = 'log stats trace ' ] || fail "left $(ls -A "$dir/own")"
fi
try "$mmu386" run --root="$dir/root" --root-as=root "$dir/open" /public
expect_status 125
expect_error 'mmu386: --root-as: root: neither nobody nor self'
try "$mmu386" run --root-as=self "$dir/open" /public
expect_status 125

# ---- file systems that hold no files ----

try "$mmu386" run --root=/ --root-as=self "$dir/open" /proc/version
expect_status 2
for place in /sys/kernel /sys/fs/cgroup /sys/kernel/debug /sys/kernel/tracing /sys/kernel/security \
    /sys/fs/bpf /sys/kernel/config /dev/mqueue /dev/hugepages; do
    [ -d "$place" ] || continue
    file=$(find "$place" -xdev -maxdepth 1 -type f 2>/dev/null | head -n 1)
    [ -n "$file" ] || continue
    try "$mmu386" run --root=/ --root-as=self "$dir/open" "$file"
    expect_status 2
    try "$mmu386" run --root="$place" --root-as=self "$dir/open" "/${file##*/}"
    expect_status 2
done

finish
