# table.S: the table of the programs, and the memory that each of them finds anew.
#
# The executable's entry point is the table of tables: where the entries begin and end. An entry,
# in words: name, first instruction, EAX ECX EDX EBX ESP EBP ESI EDI, faults, 1 where the result
# is known, the result, the closing INT 0x80, clocks.

#include "program.inc"

        .text                           # where an entry point has to be
        .globl  clock_table
clock_table:
        .long   __start_programs, __stop_programs

        .bss
        .globl  operands, source, target, frame, stack_top
        .balign PAGE_SIZE
operands:
        .skip   PAGE_SIZE
source: .skip   PAGE_SIZE
target: .skip   PAGE_SIZE
        .skip   PAGE_SIZE
frame:  .skip   PAGE_SIZE
stack_top:
        .skip   PAGE_SIZE
