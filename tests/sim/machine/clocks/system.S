# system.S: what ring 3 may do with descriptors and system registers, checks, prefixes.
#
# Not here, since ring 3 may not: HLT, CLI, STI, CLTS, LGDT, LIDT, LLDT, LTR, LMSW, MOV to and from
# CR, DR and TR, IN, OUT, INS, OUTS. Nor what leaves the program: INT, INT 3, INTO that traps, calls
# and jumps through gates, task switches, IRET to a lesser privilege.
#include "program.inc"

        .text

# LAR: 15/16.
DATA
selectors:
        .word   USER_DATA, SMALL_DATA, USER_CODE, 0
END_DATA
PROGRAM lar, ecx=USER_DATA, ebx=selectors
        lar     eax, ecx                # 0F 02: 15
        lar     ax, cx                  # 15
        lar     eax, word ptr [ebx]     # 16
        lar     ax, word ptr [ebx+4]    # 16
END     15+15+16+16

# LSL: 20/21 where the limit counts bytes, 25/26 where it counts pages.
PROGRAM lsl_of_pages, ecx=USER_DATA, ebx=selectors
        lsl     eax, ecx                # 0F 03: 25
        lsl     ax, cx                  # 25
        lsl     eax, word ptr [ebx+4]   # 26
        lsl     ax, word ptr [ebx]      # 26
END     25+25+26+26

PROGRAM lsl_of_bytes, ecx=SMALL_DATA, ebx=selectors, gives=0xFFFF
        lsl     eax, ecx                # 20
        lsl     ax, cx                  # 20
        lsl     eax, word ptr [ebx+2]   # 21
        lsl     ax, word ptr [ebx+2]    # 21
END     20+20+21+21

# VERR: 10/11. VERW: 15/16.
PROGRAM verr_verw, ecx=USER_DATA, ebx=selectors, edx=0
        verr    cx                      # 0F 00 /4: 10
        verr    word ptr [ebx]          # 11
        verr    word ptr [ebx+edx*2]    # 11+1
        verw    cx                      # 0F 00 /5: 15
        verw    word ptr [ebx]          # 16
END     10+11+12 + 15+16

# A segment that is not writable is found not to be in the same time.
PROGRAM verw_of_code, ecx=USER_CODE
        verw    cx                      # ZF is 0: 15
        jne     1f                      # 7+2
        nop
1:                                      # 2
END     15 + 7+2

# ARPL: 20/21 in protected mode.
PROGRAM arpl, ecx=USER_DATA, edx=3
        arpl    cx, dx                  # 63: 20
        arpl    [ebx], dx               # 21
END     20+21

# SLDT 2/2, STR 23/27, SMSW 2/2 in protected mode. SGDT, SIDT: 9.
PROGRAM sldt
        sldt    ax                      # 0F 00 /0: 2
        sldt    word ptr [ebx]          # 2
END     2+2

PROGRAM str
        str     ax                      # 0F 00 /1: 23
        str     word ptr [ebx]          # 27
END     23+27

PROGRAM smsw
        smsw    ax                      # 0F 01 /4: 2
        smsw    word ptr [ebx]          # 2
END     2+2

PROGRAM sgdt_sidt
        sgdt    [ebx]                   # 0F 01 /0: 9
        sidt    [ebx+8]                 # 0F 01 /1: 9
END     9+9

# BOUND in range: 10. INTO without overflow: 3. WAIT: 6 at least, and nothing keeps it waiting.
DATA
bounds: .long   -5, 5
        .word   -5, 5
END_DATA
PROGRAM bound_in_range, ebx=bounds, ecx=0
        bound   eax, [ebx]              # 62: 10
        bound   ax, [ebx+8]             # 66 62: 10
        bound   eax, [ebx+ecx]          # 10+1
END     10+10+11

PROGRAM into_without_overflow
        test    eax, eax                # 2
        into                            # CE: 3
END     2+3

PROGRAM wait_for_nothing
        fwait                           # 9B: 6
END     6

PROGRAM nops
        nop                             # 90: 3
        nop                             # 3
        nop                             # 3
END     3+3+3

# The program that is empty.
PROGRAM nothing
END     0

# Prefixes take no clocks of their own: LOCK is 0 in the manual, the others have no figure.
PROGRAM prefixes_in_line
        lock add dword ptr [ebx], 5     # 7
        mov     eax, es:[ebx]           # 4
        mov     eax, ss:[ebx]           # 4
        mov     ecx, cs:[ebx]           # 4
        .byte   0x3E, 0x26              # two segments
        mov     ecx, [ebx]              # 4
END     7+4+4+4+4

PROGRAM lock_of_each
        lock inc dword ptr [ebx]        # 6
        lock xchg [ebx], eax            # 5
        lock bts dword ptr [ebx], 3     # 8
        lock not byte ptr [ebx]         # 6
END     6+5+8+6

# A prefix that means nothing to its instruction.
PROGRAM prefixes_without_meaning
        .byte   0x66
        .byte   0x66, 0x89, 0xC8        # MOV AX,CX: 2
        .byte   0x67, 0x40              # INC EAX: 2
        .byte   0x3E, 0x90              # NOP: 3
END     2+2+3

# Segments with another base are no slower: FS and GS once loaded.
PROGRAM other_segments, eax=USER_DATA
        mov     fs, eax                 # 18
        mov     ecx, fs:[ebx]           # 4
        mov     gs, eax                 # 18
        mov     gs:[ebx+8], ecx         # 2
        add     gs:[ebx+8], ecx         # 7
END     18+4+18+2+7
