#!/bin/sh
# The summary of a run and of a replay, why the TLB missed, and the parameters in the statistics.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq

cd "$dir" || exit 1
stats=$dir/stats

of() { try "$mmu386" run --force --stats="$stats" "$@"; }

# A count of the summary in $1, by its words.
count_of() { sed -n "s/^ *\([0-9]*\)  $2\( *#.*\)\{0,1\}\$/\1/p" "$1"; }

# --- on standard error, behind what the program writes ---

of --summary --trace=t "$guest/forkbench" 50 3 write
expect_status 0
cp "$err" run
expect_told "^ Counts of '.*/forkbench' \(i386, cow, 65536 KiB of memory\):$"
expect_told '^ *[0-9]+  TLB misses +# +[0-9]+\.[0-9][0-9] % of all accesses$'
expect_told '^ *[0-9]+  clocks +# +[0-9]+\.[0-9]{3} per instruction$'
for pair in 'instructions=.instructions' 'clocks=.cycles' '  walk=.clocks.walk' \
    'TLB misses=.tlb.misses' 'TLB hits=.tlb.lookups-.tlb.misses' 'page faults=.faults.total' \
    '  copied on write=.faults.cow_copy' '  misses of instructions=.tlb.code.misses' \
    '  misses of data=.tlb.data.misses' 'forks=.forks' 'frames allocated=.frames.allocated'; do
    count=$(count_of run "${pair%%=*}")
    expect_true "$stats" "${pair#*=} == ${count:-null}"
done
count=$(count_of run 'TLB misses')
total=$(count_of run 'accesses, through the TLB')
share=$(echo "$count $total" | awk '{ printf "%.2f", 100 * $1 / $2 }')
expect_told "^ *$count  TLB misses +# +$share % of all accesses$"
try "$mmu386" run --summary "$guest/null" read
expect_status 139
[ "$(count_of "$err" 'exit status')" = 139 ] || fail 'another exit status'
try "$mmu386" run "$guest/value"
expect_not_told 'Counts of'

# --- without the clock ---

try "$mmu386" run --summary --functional "$guest/forkbench" 50 3 write
expect_status 0
expect_told 'without the clock'
expect_not_told 'clocks|TLB'
[ "$(count_of "$err" 'page faults')" = "$(count_of run 'page faults')" ] || fail 'other faults'

# --- of a replay, on standard output ---

try "$mmu386" replay t
expect_status 0
expect_silence
sed 1,2d run >run.counts
sed 1,2d "$out" >replay.counts
expect_same run.counts replay.counts 'the replay counts otherwise'
for to in - /dev/stdout /dev/fd/1; do
    try "$mmu386" replay --stats=$to t
    expect_status 0
    expect_true "$out" '.tlb.misses > 0'
done
try "$mmu386" replay --stats=own t
expect_status 0
grep -q 'TLB misses' "$out" || fail 'no summary'
if [ -w /dev/full ]; then
    status=0
    "$mmu386" replay t >/dev/full 2>"$err" || status=$?
    expect_status 125
    expect_error 'mmu386: standard output: No space left on device'
fi
: >empty
try "$mmu386" replay empty
expect_status 125
expect_output ''
refuses '--summary: unknown option' replay --summary t
refuses '--summary: unknown option' compare --summary "$guest/value"

# --- why it missed ---

# What a TLB of any size misses does not depend on its size, and one that holds all misses no more.
for cpu in i386 i486 pentium; do
    what="causes of misses, $cpu"
    unavoidable=
    for tlb in 1,1,lru 8,4,plru 64,1,lru 4096,4096,lru; do
        of --cpu=$cpu --tlb=$tlb "$guest/tree"
        expect_status 0
        expect_true "$stats" '.tlb | .lookups == .code.lookups + .data.lookups and
            .misses == .code.misses + .data.misses and ([.code, .data] |
            all(.misses == .compulsory + .flush + .fault + .dirty + .capacity))'
        these=$(jq -c '.tlb | [.code.compulsory + .data.compulsory, .code.flush + .data.flush,
            .code.fault + .data.fault]' "$stats")
        [ "${unavoidable:=$these}" = "$these" ] || fail "$tlb: $these, not $unavoidable"
        [ $tlb = 1,1,lru ] && expect_true "$stats" '.tlb.data.capacity > 100'
    done
    expect_true "$stats" '.tlb | .code.capacity == 0 and .data.capacity == 0 and .data.dirty > 0'
done
# A page in each new address space is another one: each child's first write to its stack faults.
of "$guest/tree"
expect_true "$stats" '.tlb.data.compulsory >= 2 * .processes and .tlb.code.compulsory >= .processes'
expect_true "$stats" '.tlb.code.dirty == 0 and .tlb.data.fault <= .faults.total'

# --- parameters ---

of "$guest/value"
expect_true "$stats" '.parameters == {"cpu": "i386", "fork": "cow", "ram_frames": 16384,
    "functional": false, "tlb": {"data": {"entries": 32, "ways": 4, "policy": "pointer",
    "seed": null}, "code": null, "large": null},
    "wait_states": 0, "costs": {}}'
of --cpu=pentium --fork=eager --ram=1M --tlb=8,2,random:5 --wait-states=3 --cost=page_copy=5 \
    --cost=trap=48 "$guest/value"
expect_true "$stats" '.parameters | .cpu == "pentium" and .fork == "eager" and
    .ram_frames == 256 and .wait_states == 3 and .costs == {"page_copy": 5} and
    .tlb.data == {"entries": 8, "ways": 2, "policy": "random", "seed": 5} and
    .tlb.code == .tlb.data and .tlb.large != null'
of --functional "$guest/value"
expect_true "$stats" '.parameters | .functional and .tlb == null and .costs == null'
try "$mmu386" run --cpu=i486 --tlb=16,4,lru --trace=u "$guest/value"
try "$mmu386" replay --stats=- u
expect_true "$out" '.parameters | .cpu == "i486" and
    .tlb.data == {"entries": 16, "ways": 4, "policy": "lru", "seed": null}'
try "$mmu386" compare --format=csv --cost=trap=7 "$guest/value"
[ "$(head -n 1 "$out" | tr , '\n' | wc -l)" = "$(
    sed -n 2p "$out" | tr , '\n' | wc -l)" ] ||
    fail 'rows of CSV are not as long as their head'
for name in tlb_code_misses tlb_data_flush parameters_fork parameters_tlb_data_ways \
    parameters_costs_trap; do
    head -n 1 "$out" | tr , '\n' | grep -qx $name || fail "there is no column $name"
done

finish
