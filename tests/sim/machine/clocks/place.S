# place.S: where code lies, what changes it, what interrupts it: page boundaries, code that writes
# code, blocks entered more than once or in the middle, faults.
#include "program.inc"

# What follows begins so many bytes before the end of a page.
.macro BEFORE_PAGE_END bytes
        .balign PAGE_SIZE
        .skip   PAGE_SIZE - \bytes
.endm

        .section .edges, "ax", @progbits

        BEFORE_PAGE_END 2
PROGRAM instruction_across_pages
        mov     eax, 0x12345678         # B8 78 | 56 34 12; 2
        inc     ecx                     # 2
END     2+2

        BEFORE_PAGE_END 5
PROGRAM block_across_pages
        inc     eax                     # 2
        mov     ecx, [ebx+0x200]        # 8B 8B 00 02 | 00 00; 4
        add     eax, ecx                # 2
END     2+4+2

        BEFORE_PAGE_END 4
PROGRAM block_up_to_a_page
        inc     eax                     # 2
        add     eax, 3                  # the page's last three bytes; 2
        inc     ecx                     # the next one's first; 2
        inc     ecx                     # 2
END     2+2+2+2

        BEFORE_PAGE_END 4
PROGRAM jcc_at_page_end_taken
        test    eax, eax                # 2
        je      1f                      # the last two bytes; 7+1
        nop
1:      nop                             # 1; 3
END     2 + 7+1 + 3

        BEFORE_PAGE_END 4
PROGRAM jcc_at_page_end_not_taken
        test    eax, eax                # 2
        jne     1f                      # 3
        nop                             # the next page's first byte; 3
1:      nop                             # 3
END     2 + 3 + 3 + 3

        BEFORE_PAGE_END 5
PROGRAM jcc_across_pages
        test    eax, eax                # 2
        {disp32} je 1f                # 0F 84 d | d d d; 7+1
        nop
1:      nop                             # 1; 3
END     2 + 7+1 + 3

        BEFORE_PAGE_END 3
PROGRAM loop_at_page_end, ecx=50
1:      dec     ecx                     # 49 = 1; 2
        jne     1b                      # the last two bytes; 7+1, at last 3
        inc     eax                     # 2
END     49*(2+7+1) + 2+3 + 2

        BEFORE_PAGE_END 4
PROGRAM loop_across_pages, ecx=3
1:      inc     eax                     # 40 = 1; 2
        inc     eax                     # 2
        dec     ecx                     # 2
        nop                             # the last byte; 3
        jne     1b                      # in the next page; 7+1, at last 3
END     3*(2+2+2+3) + 2*(7+1) + 3

        BEFORE_PAGE_END 5
PROGRAM call_at_page_end
        call    1f                      # its return address is the next page's first; 7+1
        jmp     2f                      # 2; 7+2
1:      ret                             # 1; 10+2
2:                                      # 2
END     7+1 + 10+2 + 7+2

        BEFORE_PAGE_END 6
PROGRAM target_across_pages
        jmp     1f                      # 7+4
        nop
1:      add     dword ptr [ebx+0x200], 5        # 83 83 d | d d d i = 4; 7
END     7+4 + 7

        BEFORE_PAGE_END 3
PROGRAM target_in_the_next_page
        jmp     1f                      # 7+2
        nop
1:      mov     eax, 0x12345678         # B8 i = 2; the page's first; 2
END     7+2 + 2

        BEFORE_PAGE_END 1
PROGRAM rep_across_pages, ecx=5
        rep movsb                       # F3 | A4; 5+4*5
END     5+4*5

        BEFORE_PAGE_END 2
PROGRAM rep_at_page_end, ecx=5
        rep stosb                       # the last two bytes; 5+5*5
        inc     eax                     # 2
END     5+5*5 + 2

        BEFORE_PAGE_END 1
PROGRAM end_across_pages
END     0

# ---- blocks entered in other ways ----

        .text

# A block into whose middle the program jumps after it ran whole.
PROGRAM into_a_block, gives=7
        inc     eax                     # 2
1:      add     eax, 3                  # 83 C0 i = 3; 2
        test    edx, edx                # 2
        jne     2f                      # 3, then 7+2
        inc     edx                     # 2
        jmp     1b                      # 7+3
2:                                      # 2
END     2 + 2+2+3+2 + 7+3 + 2+2+7+2

# Into the middle of an instruction: MOV's immediate is four INCs.
PROGRAM into_an_instruction, gives=0x40404044
1:      mov     eax, 0x40404040         # B8 40 40 40 40; 2
        test    edx, edx                # 2
        jne     2f                      # 3, then 7+2
        inc     edx                     # 2
        jmp     1b+1                    # 40 = 1; 7+1
2:                                      # 2
END     2+2+3+2 + 7+1 + 2*4 + 2+7+2

# The middle first, then the whole.
PROGRAM out_of_a_block, gives=5
        jmp     2f                      # 7+1
1:      inc     eax                     # 40 = 1; 2
        inc     eax                     # 2
2:      inc     eax                     # 40 = 1; 2
        dec     edx                     # 2
        cmp     edx, -1                 # 2
        je      1b                      # 7+1, at last 3
        inc     eax                     # 2
END     7+1 + (2+2+2+7+1) + 2+2 + (2+2+2+3) + 2

# A block that jumps to itself.
PROGRAM block_to_itself, ecx=1000
1:      dec     ecx                     # 1; 2
        jne     1b                      # 7+1, at last 3
END     999*(2+7+1) + 2+3

# One block, other operands: the early out of the multiplication and the scan differ.
PROGRAM other_multipliers, ecx=1
        call    1f                      # 7+2
        mov     ecx, 1000               # B9 i = 2; 2
        call    1f                      # 7+2
        mov     ecx, 0xFFFFFFFF         # 2; 2
        call    1f                      # 7+2
        jmp     2f                      # 2; 7+2
1:      mul     ecx                     # F7 E1 = 2; 9, 10+6, 32+6
        ret                             # 10+2 each time
2:                                      # 2
END     (7+2 + 9 + 10+2) + 2 + (7+2 + 16 + 10+2) + 2 + (7+2 + 38 + 10+2) + 7+2

PROGRAM other_bits, eax=1, ecx=4
1:      bsf     edx, eax                # 0F BC D0 = 3; 10+3*0, 7, 14, 21
        shl     eax, 7                  # 3
        loop    1b                      # 11+3, at last 11
END     10 + (10+3*7) + (10+3*14) + (10+3*21) + 4*3 + 3*(11+3) + 11

# Several multiplications in one block: each has its own operand.
PROGRAM multipliers_in_a_row, ecx=3, edx=300, ebx=30000, esi=3000000
        imul    eax, ecx                # 9
        imul    eax, edx                # 2^8 < 300 < 2^9: 9+6
        bsf     edi, edx                # 300 = 100101100b: n = 2; 16
        imul    eax, ebx                # 2^14 < 30000 < 2^15: 15+6
        imul    eax, esi                # 2^21 < 3000000 < 2^22: 22+6
        imul    eax, edx                # 15
END     9 + 15 + 16 + 21 + 28 + 15

# The multiplier is worked out in the same block, from memory just written.
PROGRAM multiplier_just_made, ecx=100
        shl     ecx, 4                  # 1600; 3
        imul    eax, ecx                # 2^10 < 1600 < 2^11: 11+6
        mov     [ebx], ecx              # 2
        imul    eax, [ebx]              # 11+6+3
        mov     dword ptr [ebx], 1      # 2
        imul    eax, [ebx]              # 3+6+3
        imul    ecx, ecx                # 1600: 11+6
        imul    ecx, ecx                # 2560000, 2^21 < .. < 2^22: 22+6
END     3 + 17 + 2 + 20 + 2 + 12 + 17 + 28

# More instructions than a block of any translator is likely to have.
PROGRAM many_in_a_row, gives=1500
        .rept   1500
        inc     eax                     # 2
        .endr
END     2*1500

# The same code at two places.
.macro TWICE
        imul    eax, ecx
        add     [ebx], eax
        inc     eax
.endm
PROGRAM same_code_twice, ecx=5
        TWICE                           # 9+7+2
        mov     ecx, 5000               # 2
        TWICE                           # 2^12 < 5000 < 2^13: 19+7+2
END     9+7+2 + 2 + 19+7+2

# ---- code that writes code ----

# Copied, and called at its second place.
PROGRAM copied_code, ecx=3, edx=1000, esi=copied, edi=operands, ebp=operands
        rep movsb                       # 5+4*3
        mov     ecx, edx                # 2
        call    ebp                     # 7+2
        mov     ecx, 3                  # B9 i = 2; 2
        call    copied                  # 7+2
        jmp     1f                      # 2; 7+2
copied: mul     ecx                     # F7 E1 = 2; 1000: 10+6; then 3: 9
        ret                             # 10+2, 10+2
1:                                      # 2
END     5+4*3 + 2 + (7+2 + 16 + 10+2) + 2 + (7+2 + 9 + 10+2) + 7+2

        .section .written, "ax", @progbits

# INC becomes NOP for the second round.
PROGRAM rewritten_opcode, edx=2, gives=1
1:      inc     eax                     # 40 = 1: 2; then 90 = 1: 3
        mov     byte ptr [1b], 0x90     # 2
        dec     edx                     # 2
        jne     1b                      # 7+1, at last 3
END     (2+2+2+7+1) + (3+2+2+3)

# The immediate is the multiplier.
PROGRAM rewritten_immediate, ecx=1, edx=2
1:      imul    eax, ecx, 0x100         # 69 C1 i = 3; 8+6; then 20+6
        mov     dword ptr [1b+2], 1000000       # 2
        dec     edx                     # 2
        jne     1b                      # 7+3, at last 3
END     (14+2+2+7+3) + (26+2+2+3)

# The store comes after a multiplication of its own block, whose source it changes.
PROGRAM rewritten_multiplication, ebx=1, ecx=1000, edx=2
1:      imul    eax, ecx                # 0F AF C1 = 3; 10+6; then by EBX: 9
        mov     byte ptr [1b+2], 0xC3   # 2
        dec     edx                     # 2
        jne     1b                      # 7+3, at last 3
END     (16+2+2+7+3) + (9+2+2+3)

# Two NOPs become INC AX, of two bytes: m changes.
PROGRAM rewritten_target, edx=2, gives=1
        jmp     1f                      # 7+1
        nop
1:      nop                             # 90 = 1; 3
        nop                             # 3; then 66 40 = 2; 2
        mov     word ptr [1b], 0x4066   # 2
        dec     edx                     # 2
        jne     1b                      # 7+2, at last 3
END     7+1 + (3+3+2+2+7+2) + (2+2+2+3)

# A routine that is overwritten between two calls.
PROGRAM rewritten_routine, ecx=4, eax=0x41, edi=rewritten
        call    rewritten               # 7+1
        rep stosb                       # 5+5*4
        call    rewritten               # 7+1
        jmp     1f                      # 2; 7+2
rewritten:
        nop                             # 90 = 1: 3; then INC ECX, 41 = 1: 2
        nop
        nop
        nop
        ret                             # 10 + 2 (F3 AA), then 10+2
1:                                      # 2
END     (7+1 + 4*3 + 10+2) + 5+5*4 + (7+1 + 4*2 + 10+2) + 7+2

# Data beside the code is written, code is not changed.
PROGRAM written_beside_code, ecx=20
1:      mov     [2f], ecx               # 89 0D d = 3; 2
        dec     ecx                     # 2
        jne     1b                      # 7+3, at last 3
        jmp     3f                      # 7+2
2:      .long   0
3:                                      # 2
END     19*(2+2+7+3) + 2+2+3 + 7+2

# ---- faults ----

# A page is missing; the program goes on at the instruction that faulted once it is there. What the
# page holds then is C3 all over: RET.

        .text

PROGRAM fault_of_a_load, ebx=absent, faults=1
        inc     ecx                     # 2
        mov     eax, [ebx]              # 4
        inc     ecx                     # 2
END     2+4+2

PROGRAM fault_of_a_store, ebx=absent, faults=1
        mov     [ebx], eax              # 2
        mov     [ebx], eax              # 2
END     2+2

PROGRAM fault_of_both, ebx=absent, faults=1
        inc     ecx                     # 2
        add     [ebx], eax              # 7
        inc     ecx                     # 2
END     2+7+2

PROGRAM faults_in_one_block, ebx=absent, faults=3
        mov     eax, [ebx]              # 4
        inc     ecx                     # 2
        mov     [ebx+PAGE_SIZE], eax    # 2
        inc     ecx                     # 2
        add     eax, [ebx+2*PAGE_SIZE]  # 6
        inc     ecx                     # 2
END     4+2+2+2+6+2

PROGRAM fault_of_two_pages, ebx=absent+PAGE_SIZE-2, faults=2
        mov     eax, [ebx]              # 4
END     4

PROGRAM faults_of_movs, esi=absent, edi=absent+PAGE_SIZE, faults=2
        movsd                           # 7
END     7

PROGRAM fault_of_a_push, esp=absent+PAGE_SIZE, faults=1
        inc     eax                     # 2
        push    eax                     # 2
        pop     eax                     # 4
END     2+2+4

PROGRAM fault_of_pusha, esp=absent+PAGE_SIZE+12, faults=2
        pusha                           # 18
        popa                            # 24
END     18+24

PROGRAM fault_of_a_call, esp=absent+PAGE_SIZE, faults=1
        inc     eax                     # 2
        call    1f                      # 7+1
        jmp     2f                      # 2; 7+2
1:      ret                             # 1; 10+2
2:                                      # 2
END     2 + 7+1 + 10+2 + 7+2

PROGRAM fault_of_enter, esp=absent+PAGE_SIZE, faults=1
        enter   16, 0                   # 10
        leave                           # 4
END     10+4

PROGRAM fault_of_a_multiplier, ebx=absent, faults=1
        mul     dword ptr [ebx]         # 0xC3C3C3C3: 32+6+3
END     41

# The block has clocks from before and after the fault that its operands decide.
PROGRAM fault_between_multipliers, ebx=absent, ecx=1000, faults=1
        imul    eax, ecx                # 10+6
        mov     [ebx], eax              # 2
        imul    eax, ecx                # 16
        bsr     edx, ecx                # bit 9 of 31: 10+3*22
END     16 + 2 + 16 + 76

PROGRAM fault_of_a_division, ebx=absent, faults=1
        div     dword ptr [ebx]         # 41
END     41

# The page that a jump goes to: m is that of the instruction that is there at last.
PROGRAM fault_of_a_fetch, eax=absent, faults=1
        inc     ecx                     # 2
        call    eax                     # 7+1
        inc     ecx                     # 41 = 1; 2; RET went 10+1
END     2 + 7+1 + 10+1 + 2

# The instruction that was jumped to faults.
PROGRAM fault_of_a_target, ebx=absent, faults=1
        jmp     1f                      # 7+3
        nop
1:      mov     eax, [ebx+4]            # 8B 43 d = 3; 4
        inc     ecx                     # 2
END     7+3 + 4 + 2

# Each time round another page is missing.
PROGRAM faults_in_a_loop, ebx=absent, ecx=4, faults=4
1:      inc     dword ptr [ebx]         # FF 03 = 2; 6
        add     ebx, PAGE_SIZE          # 2
        loop    1b                      # 11+2, at last 11
END     4*(6+2) + 3*(11+2) + 11

PROGRAM fault_of_a_rep_at_its_start, edi=absent, ecx=8, faults=1
        rep stosd                       # 5+5*8
END     5+5*8

# In the midst it has made iterations; what goes on is a REP with the rest of the count.
PROGRAM fault_of_a_rep_in_its_midst, edi=absent+PAGE_SIZE-16, ecx=8, faults=2
        rep stosd                       # 4 and 4: 5+5*4 twice
END     5+5*4 + 5+5*4
