# bits.S: shifts and rotates, double shifts, bits, scans, conditions as bytes, flags.
#include "program.inc"

        .text

# Shifts and rotates take a constant time, whatever the count: 3/7, through the carry 9/10.
.macro SHIFT op, register, memory
PROGRAM \op\()_register, ecx=5
        \op     dl, 1                   # D0
        \op     dx, 1                   # D1
        \op     edx, 1                  # D1
        \op     dl, cl                  # D2
        \op     dx, cl                  # D3
        \op     edx, cl                 # D3
        \op     dl, 7                   # C0
        \op     dx, 15                  # C1
        \op     edx, 31                 # C1
END     \register * 9

PROGRAM \op\()_memory, ecx=0
        \op     byte ptr [ebx], 1       # D0
        \op     word ptr [ebx], 1       # D1
        \op     dword ptr [ebx], 1      # D1
        \op     byte ptr [ebx], cl      # D2; by 0
        \op     word ptr [ebx], cl      # D3
        \op     dword ptr [ebx], cl     # D3
        \op     byte ptr [ebx], 7       # C0
        \op     word ptr [ebx], 15      # C1
        \op     dword ptr [ebx], 31     # C1
        \op     dword ptr [ebx+ecx], 3  # one more
END     \memory * 10 + 1
.endm
        SHIFT   rol, 3, 7               # /0
        SHIFT   ror, 3, 7               # /1
        SHIFT   rcl, 9, 10              # /2
        SHIFT   rcr, 9, 10              # /3
        SHIFT   shl, 3, 7               # /4
        SHIFT   shr, 3, 7               # /5
        SHIFT   sar, 3, 7               # /7

# SHLD, SHRD: 3/7.
.macro DOUBLE_SHIFT op
PROGRAM \op\()_register, ecx=9
        \op     dx, bx, 5               # 3
        \op     edx, ebx, 31            # 3
        \op     dx, bx, cl              # 3
        \op     edx, ebx, cl            # 3
END     3*4

PROGRAM \op\()_memory, ecx=9
        \op     [ebx], dx, 5            # 7
        \op     [ebx], edx, 31          # 7
        \op     [ebx], dx, cl           # 7
        \op     [ebx], edx, cl          # 7
        \op     [ebx+ecx], edx, 1       # 7+1
END     7*5 + 1
.endm
        DOUBLE_SHIFT shld               # 0F A4, 0F A5
        DOUBLE_SHIFT shrd               # 0F AC, 0F AD

# BT: 3/12 with a register, 3/6 with an immediate. BTS, BTR, BTC: 6/13 and 6/8.
.macro BIT op, register, memory_register, memory_immediate
PROGRAM \op\()_register, ecx=9
        \op     dx, cx
        \op     edx, ecx
        \op     dx, 3
        \op     edx, 30
END     \register * 4

PROGRAM \op\()_memory, ecx=9, edx=77, esi=4
        \op     [ebx], cx
        \op     [ebx], ecx
        \op     [ebx], edx              # a bit beyond the doubleword at EBX
        \op     [ebx+esi], ecx          # one more
        \op     word ptr [ebx], 3
        \op     dword ptr [ebx], 30
END     \memory_register * 4 + 1 + \memory_immediate * 2
.endm
        BIT     bt, 3, 12, 6            # 0F A3, 0F BA /4
        BIT     bts, 6, 13, 8           # 0F AB, 0F BA /5
        BIT     btr, 6, 13, 8           # 0F B3, 0F BA /6
        BIT     btc, 6, 13, 8           # 0F BB, 0F BA /7

# BSF, BSR: 10+3n, n the zeros passed before the first one.
PROGRAM bsf_register, ecx=1, edx=0x80000000, esi=0x0100, edi=0x18
        bsf     eax, ecx                # n = 0
        bsf     eax, edx                # n = 31
        bsf     eax, edi                # n = 3
        bsf     ax, si                  # n = 8
        bsf     ax, cx                  # n = 0
END     10 + (10+3*31) + (10+3*3) + (10+3*8) + 10

PROGRAM bsr_register, ecx=1, edx=0x80000000, esi=0x0100, edi=0x18
        bsr     eax, ecx                # bit 0: n = 31
        bsr     eax, edx                # n = 0
        bsr     eax, edi                # bit 4: n = 27
        bsr     ax, si                  # bit 8 of 15: n = 7
        bsr     ax, cx                  # n = 15
END     (10+3*31) + 10 + (10+3*27) + (10+3*7) + (10+3*15)

DATA
scanned:
        .long   0x00100000
        .word   0x0040, 0xFFFF
END_DATA
PROGRAM bsf_memory, ebx=scanned, ecx=4
        bsf     eax, [ebx]              # n = 20
        bsf     ax, [ebx+4]             # n = 6
        bsf     eax, [ebx+ecx]          # n = 6; one more
END     (10+3*20) + (10+3*6) + (10+3*6+1)

PROGRAM bsr_memory, ebx=scanned, ecx=4
        bsr     eax, [ebx]              # bit 20 of 31: n = 11
        bsr     ax, [ebx+4]             # bit 6 of 15: n = 9
        bsr     eax, [ebx+ecx]          # 0xFFFF0040: n = 0; one more
END     (10+3*11) + (10+3*9) + (10+1)

# SETcc: 4/5, true or false.
PROGRAM set_register
        seto    al                      # 0F 90: 4
        setno   al                      # 91
        setb    al                      # 92
        setae   al                      # 93
        sete    al                      # 94
        setne   al                      # 95
        setbe   al                      # 96
        seta    al                      # 97
        sets    al                      # 98
        setns   al                      # 99
        setp    al                      # 9A
        setnp   al                      # 9B
        setl    al                      # 9C
        setge   al                      # 9D
        setle   al                      # 9E
        setg    al                      # 9F
END     4*16

PROGRAM set_memory, ecx=4
        seto    [ebx]                   # 5
        setno   [ebx]
        setb    [ebx]
        setae   [ebx]
        sete    [ebx]
        setne   [ebx]
        setbe   [ebx]
        seta    [ebx]
        sets    [ebx]
        setns   [ebx]
        setp    [ebx]
        setnp   [ebx]
        setl    [ebx]
        setge   [ebx]
        setle   [ebx]
        setg    [ebx+ecx]               # 5+1
END     5*16 + 1

# Flags: 2 each. CLI and STI are not for ring 3.
PROGRAM flags
        clc                             # F8: 2
        stc                             # F9: 2
        cmc                             # F5: 2
        std                             # FD: 2
        cld                             # FC: 2
END     2*5
