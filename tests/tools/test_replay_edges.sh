#!/bin/sh
# Little programs of instructions that few programs have, recorded and replayed: the recording is
# whole, and the replay counts what the run did.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# replays NAME CODE: a program that exits with status 0.
replays() {
    name=$1
    make_program "$dir/$name" "$2"
    chmod +x "$dir/$name"
    for cpu in i386 pentium; do
        rm -f "$dir/trace" "$dir/run.json" "$dir/again.json"
        try "$mmu386" run --cpu=$cpu --trace="$dir/trace" --stats="$dir/run.json" "$dir/$name"
        expect_status 0
        expect_silence
        try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
        expect_status 0
        expect_same "$dir/run.json" "$dir/again.json" "$name: other counts"
    done
}

# Loads of segment registers whose operand runs into the next page. MOV ESP,0BFFFDFFAh; a frame of
# five words; IRET; POP DS; LES; LDS; exit(0).
replays crossing '\274\372\337\377\277\307\004\044\201\200\004\010\307\104\044\004\163\000\000\000\307\104\044\010\002\002\000\000\307\104\044\014\375\337\377\277\307\104\044\020\173\000\000\000\317\307\004\044\173\000\000\000\037\307\104\044\376\173\000\000\000\304\104\044\372\307\104\044\375\000\000\173\000\305\104\044\373\270\001\000\000\000\061\333\315\200'

# A single step that leads into the instruction itself, or back to it: it did run. PUSHF; OR [ESP],
# TF; POPF; JMP, by which SIGTRAP kills.
for jump in '\353\377' '\353\376'; do
    make_program "$dir/stepped" "\234\201\014\044\000\001\000\000\235$jump\300"
    rm -f "$dir/trace" "$dir/run.json" "$dir/again.json"
    try "$mmu386" run --trace="$dir/trace" --stats="$dir/run.json" "$dir/stepped"
    expect_status 133
    expect_true "$dir/run.json" '.instructions == 4'
    try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
    expect_same "$dir/run.json" "$dir/again.json" 'stepped: other counts'
done

# What is no instruction, but for the engine a longer one, behind which the page ends: #UD, whether
# or not there is a next page. mmap2 of 10000000h; MOVSB to its end; NOP; C5 F2, which is LDS of a
# register, and so on.
make_program "$dir/illegal" '\270\300\000\000\000\273\000\000\000\020\271\000\020\000\000\272\007\000\000\000\276\062\000\000\000\277\377\377\377\377\061\355\315\200\276\216\200\004\010\277\362\017\000\020\271\016\000\000\000\363\244\270\362\017\000\020\377\340\220\305\362\135\141\362\046\017\265\274\361\236\031\000'
for options in --functional "--trace=$dir/trace" --cpu=pentium; do
    rm -f "$dir/trace"
    try "$mmu386" run "$options" "$dir/illegal"
    expect_status 132
    expect_told 'eip 0x10000ff3'
done
rm -f "$dir/again.json"
rm -f "$dir/trace" "$dir/run.json"
try "$mmu386" run --trace="$dir/trace" --stats="$dir/run.json" "$dir/illegal"
try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
expect_same "$dir/run.json" "$dir/again.json" 'illegal: other counts'

# What the host's processor executes, FBLD, reads across a page's end: mmap2 of two pages at 10000000h;
# FBLD of 10000FFCh; exit.
make_program "$dir/decimal" '\270\300\000\000\000\273\000\000\000\020\271\000\040\000\000\272\007\000\000\000\276\062\000\000\000\277\377\377\377\377\061\355\315\200\337\045\374\017\000\020\270\001\000\000\000\061\333\315\200'
rm -f "$dir/trace" "$dir/run.json" "$dir/again.json"
try "$mmu386" run --trace="$dir/trace" --stats="$dir/run.json" "$dir/decimal"
expect_status 0
try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
expect_same "$dir/run.json" "$dir/again.json" 'decimal: other counts'

# An instruction of the FPU across a page's end, while an exception is unmasked: mmap2 of two pages at
# 10000000h; MOVSB to 10000FFDh; FNINIT; FLDCW 037Bh; FLD1; a jump there; FADD [10000100h]; exit.
make_program "$dir/across" '\270\300\000\000\000\273\000\000\000\020\271\000\040\000\000\272\007\000\000\000\276\062\000\000\000\277\377\377\377\377\061\355\315\200\276\230\200\004\010\277\375\017\000\020\271\017\000\000\000\363\244\333\343\331\055\247\200\004\010\331\350\270\375\017\000\020\377\340\330\005\000\001\000\020\270\001\000\000\000\061\333\315\200\173\003'
rm -f "$dir/trace" "$dir/run.json" "$dir/again.json"
try "$mmu386" run --trace="$dir/trace" --stats="$dir/run.json" "$dir/across"
expect_status 0
try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
expect_same "$dir/run.json" "$dir/again.json" 'across: other counts'

# The same where each instruction is looked at, since EFLAGS.AC is set.
make_program "$dir/aligned" '\234\201\014\044\000\000\004\000\235\270\300\000\000\000\273\000\000\000\020\271\000\040\000\000\272\007\000\000\000\276\062\000\000\000\277\377\377\377\377\061\355\315\200\276\241\200\004\010\277\375\017\000\020\271\017\000\000\000\363\244\333\343\331\055\260\200\004\010\331\350\270\375\017\000\020\377\340\330\005\000\001\000\020\270\001\000\000\000\061\333\315\200\173\003'
rm -f "$dir/trace" "$dir/run.json" "$dir/again.json"
try "$mmu386" run --cpu=pentium --trace="$dir/trace" --stats="$dir/run.json" "$dir/aligned"
expect_status 0
try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
expect_same "$dir/run.json" "$dir/again.json" 'aligned: other counts'

# Any instruction, and any across the end of the last page that there is: a part of each.
for which in 0 2 3; do
    rm -f "$dir/trace" "$dir/run.json" "$dir/again.json"
    try "$mmu386" run --trace="$dir/trace" --stats="$dir/run.json" "$guest/encodings" 5 740 $which
    expect_status 0
    try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
    expect_status 0
    expect_same "$dir/run.json" "$dir/again.json" "encodings $which: other counts"
done

finish
