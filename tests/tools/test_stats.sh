#!/bin/sh
# --stats: the names, the sums, and numbers that are known of the guest programs.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq

stats=$dir/stats

# of OPTION... GUEST ARGUMENT...: the stats of a run.
of() {
    rm -f "$stats"
    try "$mmu386" run --stats="$stats" "$@"
}

# What must add up after every run.
sums_hold() {
    expect_true "$stats" '
        (.faults | .total == .demand_zero + .cow_copy + .cow_reuse + .file + .segv + .oom) and
        (.frames | .allocated == .freed and .leaked == 0 and .peak <= .allocated and .peak > 0) and
        (.tables | .peak <= .allocated and .peak > 0) and
        .faults.cow_copy == .frames.copied_on_fault and
        .faults.demand_zero < .frames.zeroed and
        .forks == .processes - 1 and
        (if .cycles == null then .clocks == null and .fork_latency == null and .fault_clocks == null
         else .cycles == (.clocks | add) and .fault_clocks > 0 and .fault_clocks < .cycles and
            (.fork_latency | (.median == null) == (.worst == null)) and
            (.forks == 0) == (.clocks.fork == 0) and
            (.fork_latency.median // 0) <= (.fork_latency.worst // 0) and
            (.fork_latency.worst // 0) <= .cycles end)'
}

# All names, in their order.
of "$guest/value"
expect_status 0
names=$(jq -c '[paths | map(tostring) | join(".")]' "$stats")
wanted='["program","policy","cpu","exit_status","instructions","cycles","forks","processes",
"faults","faults.total","faults.demand_zero","faults.cow_copy","faults.cow_reuse","faults.file",
"faults.segv","faults.oom",
"frames","frames.allocated","frames.freed","frames.peak","frames.copied_at_fork",
"frames.copied_on_fault","frames.zeroed","frames.leaked","frames.copied_by_kernel",
"frames.taken_over_by_kernel",
"tables","tables.allocated","tables.peak",
"tlb","tlb.lookups","tlb.misses","tlb.flushes","tlb.page_invalidations",
"tlb.code","tlb.code.lookups","tlb.code.misses","tlb.code.compulsory","tlb.code.flush",
"tlb.code.fault","tlb.code.dirty","tlb.code.capacity",
"tlb.data","tlb.data.lookups","tlb.data.misses","tlb.data.compulsory","tlb.data.flush",
"tlb.data.fault","tlb.data.dirty","tlb.data.capacity",
"clocks","clocks.execute","clocks.walk","clocks.trap","clocks.fork","clocks.service",
"fork_latency","fork_latency.median","fork_latency.worst","fault_clocks","uncited_instructions",
"parameters","parameters.cpu","parameters.fork","parameters.ram_frames","parameters.functional",
"parameters.tlb","parameters.tlb.data","parameters.tlb.data.entries","parameters.tlb.data.ways",
"parameters.tlb.data.policy","parameters.tlb.data.seed","parameters.tlb.code",
"parameters.tlb.large","parameters.wait_states","parameters.costs"]'
[ "$names" = "$(echo "$wanted" | tr -d '\n')" ] || fail "has the names $names"
expect_true "$stats" ".program == \"$guest/value\" and .policy == \"cow\" and .cpu == \"i386\""
expect_true "$stats" '.exit_status == 0 and .forks == 1 and .processes == 2'
expect_true "$stats" '.instructions > 100 and .tlb.lookups >= .instructions and .tlb.misses > 0'

for options in --cpu=i386 '--cpu=i386 --functional' --cpu=i486 --cpu=pentium; do
    for fork in eager cow; do
        for program in stackfork value file 'three 32' 'tree 4' 'null write' signals touch \
            'codewrite self' 'forkbench 50 3 write' 'crowd 20' oom 'oom fork 40'; do
            # shellcheck disable=SC2086 # words
            of --fork=$fork --ram=2M $options -- "$guest/"$program
            sums_hold
        done
    done
done

# With and without the clock all but what the clock gives is the same.
for program in value file 'tree 4' signals 'oom'; do
    # shellcheck disable=SC2086 # words
    of --ram=1M "$guest/"$program
    jq 'del(.instructions, .tlb, .cycles, .clocks, .fork_latency, .fault_clocks, .uncited_instructions,
        .parameters)' "$stats" >"$dir/clocked"
    # shellcheck disable=SC2086
    of --ram=1M --functional "$guest/"$program
    expect_true "$stats" '.instructions == null and .tlb == null and .cycles == null and
        .clocks == null and .fork_latency == null and .fault_clocks == null and .uncited_instructions == null'
    jq 'del(.instructions, .tlb, .cycles, .clocks, .fork_latency, .fault_clocks, .uncited_instructions,
        .parameters)' "$stats" >"$dir/functional"
    expect_same "$dir/clocked" "$dir/functional" 'the clock changes the counts'
done

# The two stores of stackfork: one copy and one takeover, and by an eager fork none.
of "$guest/stackfork"
expect_true "$stats" '.faults.cow_copy == 1 and .faults.cow_reuse == 1 and .faults.segv == 0'
expect_true "$stats" '.frames.copied_at_fork == 0'
of --fork=eager "$guest/stackfork"
expect_true "$stats" '.faults.cow_copy == 0 and .faults.cow_reuse == 0'
expect_true "$stats" '.frames.copied_at_fork == 1'

# 64 pages, touched and given back four times.
of "$guest/touch" 64 4
expect_true "$stats" '.faults.demand_zero >= 256'
expect_true "$stats" '.faults.demand_zero < 270'
expect_true "$stats" '.frames.peak < 80'

# A fork that shares 100 pages, of which the child writes all; and one that copies them.
of "$guest/forkbench" 100 2 write
expect_true "$stats" '.forks == 2'
expect_true "$stats" '.processes == 3'
expect_true "$stats" '.faults.cow_copy >= 200'
expect_true "$stats" '.frames.copied_at_fork == 0'
of --fork=eager "$guest/forkbench" 100 2 write
expect_true "$stats" '.frames.copied_at_fork >= 200'
expect_true "$stats" '.faults.cow_copy == 0'

# The clock: the same in every run and with a log; a cost and a wait state change what they are of.
of "$guest/forkbench" 50 3 write
cycles=$(jq .cycles "$stats")
copies=$(jq '.frames | .copied_on_fault + .copied_at_fork + .copied_by_kernel' "$stats")
bus=$(jq '.clocks.walk / 2' "$stats")
jq .clocks "$stats" >"$dir/clocks"
expect_true "$stats" '.fork_latency.worst >= .fork_latency.median and .fork_latency.median > 1000'
of "$guest/forkbench" 50 3 write
expect_true "$stats" ".cycles == $cycles"
of --log="$dir/clock.log" "$guest/forkbench" 50 3 write
jq .clocks "$stats" >"$dir/logged"
expect_same "$dir/clocks" "$dir/logged" 'the log changes the clocks'
of --cost=page_copy=5109 "$guest/forkbench" 50 3 write
expect_true "$stats" ".cycles == $cycles + 1000 * $copies"
of --cost=page_copy=1 --cost=page_copy=4109 "$guest/forkbench" 50 3 write
expect_true "$stats" ".cycles == $cycles"
of --wait-states=2 "$guest/forkbench" 50 3 write
expect_true "$stats" ".cycles == $cycles + 2 * $bus and .clocks.walk == 4 * $bus"
of "$guest/null" read
expect_true "$stats" '.fork_latency == {"median": null, "worst": null} and .clocks.fork == 0'

# The table of costs in the documents is the program's.
readme=$(dirname "$0")/../../tools/doc/files.md
"$mmu386" run --cost=help | awk 'NR > 1 { print $1, $2, $3, $4 }' >"$dir/costs"
sed -n '/^| cost |/,/^$/p' "$readme" | tail -n +3 |
    awk -F '|' 'NF { gsub(/[` ,]/, "", $2); print $2, $3 + 0, $4 + 0, $5 + 0 }' >"$dir/readme"
[ -s "$dir/costs" ] || fail 'lists no costs'
expect_same "$dir/costs" "$dir/readme" "the documents' costs are others"

# The kernel's own store into a shared page: by hand on the processor without CR0.WP, else a fault.
of --cpu=i386 "$guest/file"
expect_true "$stats" '.frames.copied_by_kernel >= 4'
of --cpu=i486 "$guest/file"
expect_true "$stats" '.frames.copied_by_kernel == 0'

# The TLB asked for, whichever option comes first: the processor's own, by its name or not; the least
# one misses most, one that holds all misses least, another policy or seed otherwise.
tlb_of() {
    of "$@" --tlb="$tlb" -- "$guest/three" 32
    expect_status 0
    jq .tlb "$stats" >"$dir/first"
    of --tlb="$tlb" "$@" -- "$guest/three" 32
    jq .tlb "$stats" >"$dir/tlb"
    expect_same "$dir/first" "$dir/tlb" "--tlb=$tlb depends on its place"
    jq .misses "$dir/tlb" >"$dir/misses"
    read -r misses <"$dir/misses"
}
for cpu in i386 i486 pentium; do
    of --cpu=$cpu "$guest/three" 32
    own=$(jq .tlb.misses "$stats")
    lookups=$(jq .tlb.lookups "$stats")
    tlb=1,1,lru && tlb_of --cpu=$cpu
    [ "$misses" -gt "$own" ] || fail "$cpu: $misses misses with one entry, $own with its own"
    expect_true "$dir/tlb" ".lookups >= $lookups"
    tlb=4096,4096,lru && tlb_of --cpu=$cpu
    [ "$misses" -le "$own" ] || fail "$cpu: $misses misses with all, $own with its own"
done
for own in i386,32,4,pointer i486,32,4,plru; do
    tlb=${own#*,} && tlb_of --cpu="${own%%,*}"
    of --cpu="${own%%,*}" "$guest/three" 32
    jq .tlb "$stats" >"$dir/own"
    expect_same "$dir/own" "$dir/tlb" "$own is not the processor's own"
done
all=
for tlb in 8,4,pointer 8,4,plru 8,4,lru 8,4,random 8,4,random:1 8,4,random:5; do
    tlb_of --cpu=i486
    all="$all $misses"
done
# shellcheck disable=SC2086 # words
set -- $all
[ "$4" = "$5" ] || fail "the seed is not 1 where none is given: $all"
[ "$(printf '%s\n' "$@" | sort -u | wc -l)" -eq 5 ] || fail "policies miss as often: $all"
of --functional "$guest/three" 32
expect_true "$stats" '.tlb == null'

# A death of a fault, and one for want of a frame.
of "$guest/null" read
expect_status 139
expect_true "$stats" '.exit_status == 139 and .faults.segv == 1 and .faults.oom == 0'
of --ram=1M "$guest/oom"
expect_true "$stats" '.faults.segv == 0 and .faults.oom == 1'

# Where they go.
try "$mmu386" run --stats=- "$guest/stackfork"
expect_status 0
[ "$(head -n 1 "$out")" = 'stackfork: ok' ] || fail 'the output is not first'
tail -n +2 "$out" >"$stats"
expect_true "$stats" '.exit_status == 0'
status=0
what='--stats=- with standard output closed'
"$mmu386" run --stats=- "$guest/stackfork" >&- 2>"$err" || status=$?
expect_status 125
expect_error 'mmu386: standard output: Bad file descriptor'
if [ -w /dev/full ]; then
    try "$mmu386" run --stats=/dev/full "$guest/stackfork"
    expect_status 125
    expect_output 'stackfork: ok'
    expect_error 'mmu386: /dev/full: No space left on device'
fi

# A name that is no UTF-8 gives JSON all the same.
odd=$dir/$(printf 'caf\351')
if cp "$guest/stackfork" "$odd" 2>/dev/null; then
    of "$odd"
    expect_status 0
    expect_true "$stats" '.program | endswith("/caf?")'
fi

finish
