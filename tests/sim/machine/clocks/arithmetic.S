# arithmetic.S: ADD to CMP, TEST, INC to NEG, multiplication, division, decimal adjustment.
#include "program.inc"

        .text

# The eight operations. Between registers, either direction, and with an immediate, all take 2.
# Their figures with memory are not all alike: the manual gives, as arguments here,
#       memory,register (opcodes xx0, xx1)
#       register,memory (xx2, xx3)
#       memory,immediate (80, 81, 83)
.macro ALU op, memory_register, register_memory, memory_immediate
PROGRAM \op\()_register_register
        {store} \op     cl, dl          # 2
        {store} \op     cx, dx          # 2
        {store} \op     ecx, edx        # 2
        {load} \op      cl, dl          # 2
        {load} \op      cx, dx          # 2
        {load} \op      ecx, edx        # 2
END     2*3 + 2*3

PROGRAM \op\()_memory_register
        \op     [ebx], dl
        \op     [ebx+4], dx
        \op     [ebx+8], edx
END     \memory_register * 3

PROGRAM \op\()_register_memory
        \op     dl, [ebx]
        \op     dx, [ebx+4]
        \op     edx, [ebx+8]
END     \register_memory * 3

PROGRAM \op\()_accumulator_immediate
        \op     al, 5                   # 2
        \op     ax, 0x1234              # 2
        \op     eax, 0x12345678         # 2
END     2+2+2

PROGRAM \op\()_register_immediate
        \op     cl, 5                   # 80: 2
        \op     cx, 0x1234              # 81: 2
        \op     ecx, 0x12345678         # 81: 2
        \op     cx, 5                   # 83: 2
        \op     ecx, -5                 # 83: 2
END     2+2+2+2+2

PROGRAM \op\()_memory_immediate
        \op     byte ptr [ebx], 5               # 80
        \op     word ptr [ebx+4], 0x1234        # 81
        \op     dword ptr [ebx+8], 0x12345678   # 81
        \op     word ptr [ebx+4], 5             # 83
        \op     dword ptr [ebx+8], -5           # 83
END     \memory_immediate * 5

# A base and an index: one more.
PROGRAM \op\()_base_index, esi=4
        \op     [ebx+esi], edx
        \op     edx, [ebx+esi*4+8]
        \op     dword ptr [ebx+esi*2], 7
END     (\memory_register + 1) + (\register_memory + 1) + (\memory_immediate + 1)
.endm

        ALU     adc, 7, 6, 7            # 10-13 /r: 7 and 6; 80-83 /2: 7
        ALU     add, 7, 6, 7            # 00-03 /r: 7 and 6; 80-83 /0: 7
        ALU     and, 7, 6, 7            # 20-23 /r: 7 and 6; 80-83 /4: 7
        ALU     cmp, 5, 6, 5            # 38-3B /r: 5 and 6; 80-83 /7: 5
        ALU     or, 6, 7, 7             # 08-0B /r: 6 and 7; 80-83 /1: 7
        ALU     sbb, 6, 7, 7            # 18-1B /r: 6 and 7; 80-83 /3: 7
        ALU     sub, 6, 7, 7            # 28-2B /r: 6 and 7; 80-83 /5: 7
        ALU     xor, 6, 7, 7            # 30-33 /r: 6 and 7; 80-83 /6: 7

# TEST: 2/5.
PROGRAM test_register
        test    cl, dl                  # 84: 2
        test    cx, dx                  # 85: 2
        test    ecx, edx                # 85: 2
        test    al, 5                   # A8: 2
        test    ax, 0x1234              # A9: 2
        test    eax, 0x12345678         # A9: 2
        test    cl, 5                   # F6 /0: 2
        test    cx, 0x1234              # F7 /0: 2
        test    ecx, 0x12345678         # F7 /0: 2
END     2*9

PROGRAM test_memory, ecx=4
        test    [ebx], dl               # 84: 5
        test    [ebx], dx               # 85: 5
        test    [ebx], edx              # 85: 5
        test    byte ptr [ebx], 5       # F6 /0: 5
        test    word ptr [ebx], 5       # F7 /0: 5
        test    dword ptr [ebx], 5      # F7 /0: 5
        test    [ebx+ecx], edx          # 5+1
END     5*6 + 6

# INC, DEC, NEG, NOT: 2/6.
PROGRAM inc_register
        inc     ecx                     # 41: 2
        inc     cx                      # 66 41: 2
        inc     cl                      # FE /0: 2
        .byte   0x66, 0xFF, 0xC1        # INC CX: 2
        .byte   0xFF, 0xC1              # INC ECX: 2
END     2*5

PROGRAM dec_register
        dec     ecx                     # 49: 2
        dec     cx                      # 66 49: 2
        dec     cl                      # FE /1: 2
        .byte   0x66, 0xFF, 0xC9        # DEC CX: 2
        .byte   0xFF, 0xC9              # DEC ECX: 2
END     2*5

PROGRAM neg_not_register
        neg     cl                      # F6 /3: 2
        neg     cx                      # F7 /3: 2
        neg     ecx                     # F7 /3: 2
        not     cl                      # F6 /2: 2
        not     cx                      # F7 /2: 2
        not     ecx                     # F7 /2: 2
END     2*6

.macro ONE_OPERAND op
PROGRAM \op\()_memory, ecx=4
        \op     byte ptr [ebx]          # 6
        \op     word ptr [ebx]          # 6
        \op     dword ptr [ebx]         # 6
        \op     dword ptr [ebx+ecx*4]   # 6+1
END     6+6+6+7
.endm
        ONE_OPERAND inc                 # FE, FF /0
        ONE_OPERAND dec                 # FE, FF /1
        ONE_OPERAND not                 # F6, F7 /2
        ONE_OPERAND neg                 # F6, F7 /3

# Sign extensions: CBW, CWDE 3; CWD, CDQ 2.
PROGRAM sign_extensions
        cbw                             # 66 98: 3
        cwde                            # 98: 3
        cwd                             # 66 99: 2
        cdq                             # 99: 2
END     3+3+2+2

# Decimal adjustment.
PROGRAM decimal_adjustment, eax=0x0109
        aaa                             # 37: 4
        aas                             # 3F: 4
        daa                             # 27: 4
        das                             # 2F: 4
        aam                             # D4 0A: 17
        aad                             # D5 0A: 19
END     4+4+4+4+17+19

# Multiplication: 9 where the multiplier m is 0, else max(ceil(log2|m|), 3) + 6; 3 more where an
# operand is in memory. m is the operand that is written out (r/m), or the immediate.
PROGRAM mul_by_0
        mul     cl                      # F6 /4: 9
        mul     cx                      # F7 /4: 9
        mul     ecx                     # 9
END     9+9+9

PROGRAM mul_by_1, ecx=1
        mul     cl                      # log2 1 = 0, but 3 at least: 3+6
        mul     cx                      # 9
        mul     ecx                     # 9
END     9+9+9

# 2, 4, 8: the least there is; 9 is the first to take more (ceil(log2 9) = 4).
PROGRAM mul_by_8_and_9, ecx=8, ebx=9
        mul     ecx                     # 3+6; EDX is lost
        mul     bl                      # 4+6
        mul     ebx                     # 4+6
END     9+10+10

# 255: 8 bits, 14, the most for a byte; 128 = 2^7: 13; 129: 14.
PROGRAM mul_bytes, ebx=255, ecx=128, edx=129
        mul     bl                      # 8+6
        mul     cl                      # 7+6
        mul     dl                      # 8+6
END     14+13+14

PROGRAM mul_words, ebx=0xFFFF, ecx=0x8000, edi=0x8001
        mul     bx                      # ceil(log2 65535) = 16: 22
        mul     cx                      # 15+6
        mul     di                      # 16+6
END     22+21+22

PROGRAM mul_doublewords, ebx=0xFFFFFFFF, ecx=0x80000000, edi=0x80000001, esi=0x12345
        mul     ebx                     # 32+6, the most there is
        mul     ecx                     # 31+6
        mul     edi                     # 32+6
        mul     esi                     # 2^16 < 0x12345 < 2^17: 17+6
END     38+37+38+23

# Only the operand's own bits count: CL of 0x1FF00 is 0, CX of 0x10004 is 4.
PROGRAM mul_by_a_part, ecx=0x1FF00, ebx=0x10004, esi=0x10020
        mul     cl                      # 9
        mul     bx                      # 3+6
        mul     si                      # 32 = 2^5: 5+6
        mul     ch                      # 0xFF: 8+6
END     9+9+11+14

# The accumulator's value counts for nothing.
PROGRAM mul_large_by_small, eax=0xFFFFFFFF, ecx=3
        mul     ecx                     # ceil(log2 3) = 2, but 3: 9
END     9

DATA
factors:
        .byte   200, 0, 0, 0            # 2^7 < 200 < 2^8
        .word   1000, 0                 # 2^9 < 1000 < 2^10
        .long   1000000                 # 2^19 < 1000000 < 2^20
        .long   0
        .long   -1000000
END_DATA
PROGRAM mul_memory, ebx=factors, ecx=4
        mul     byte ptr [ebx]          # 8+6+3
        mul     word ptr [ebx+4]        # 10+6+3
        mul     dword ptr [ebx+8]       # 20+6+3
        mul     dword ptr [ebx+12]      # 9+3
        mul     dword ptr [ebx+ecx*2]   # 20+6+3, +1
END     17+19+29+12+30

# IMUL goes by the magnitude.
PROGRAM imul_negative, ebx=-1, ecx=-128, edx=-100, esi=-32768, edi=0x80000000
        imul    bl                      # |-1| = 1: 3+6
        imul    cl                      # 128: 7+6
        imul    dl                      # 100: 7+6
        imul    bx                      # 9
        imul    si                      # 2^15: 15+6
        imul    ebx                     # 9
        imul    edi                     # 2^31: 31+6
END     9+13+13 + 9+21 + 9+37

PROGRAM imul_positive, ebx=0x7FFFFFFF, ecx=127, esi=0x7FFF
        imul    cl                      # 7+6
        imul    si                      # 15+6
        imul    ebx                     # 31+6
        imul    cx                      # 7+6
END     13+21+37+13

PROGRAM imul_memory, ebx=factors
        imul    byte ptr [ebx]          # 200 is -56: 6+6+3
        imul    word ptr [ebx+4]        # 10+6+3
        imul    dword ptr [ebx+8]       # 20+6+3
        imul    dword ptr [ebx+12]      # 9+3
        imul    dword ptr [ebx+16]      # 20+6+3
END     15+19+29+12+29

# 0F AF: m is the source.
PROGRAM imul_two_operands, ebx=factors, ecx=1000, edx=-5, eax=0x7FFFFFFF
        imul    eax, ecx                # 1000: 10+6
        imul    ax, dx                  # 5: 3+6
        imul    eax, edx                # 3+6
        imul    eax, [ebx+8]            # 20+6+3
        imul    ax, [ebx+4]             # 10+6+3
        imul    eax, [ebx+12]           # 0: 9+3
END     16+9+9 + 29+19+12

# 6B, 69: m is the immediate; the other operand may be as large as it likes.
PROGRAM imul_immediate, ecx=0x7FFFFFFF
        imul    eax, ecx, 5             # 6B: 3+6
        imul    eax, ecx, 100           # 7+6
        imul    eax, ecx, -100          # 7+6
        imul    eax, ecx, -128          # 7+6
        imul    eax, ecx, 0             # 9
        imul    ax, cx, 17              # 66 6B: 5+6
        imul    ecx, ecx, 16            # 4+6
END     9+13+13+13+9+11+10

PROGRAM imul_large_immediate, ecx=3
        imul    eax, ecx, 0x12345       # 69: 17+6
        imul    eax, ecx, 0x80000000    # -2^31: 31+6
        imul    eax, ecx, -1000         # 10+6
        imul    ax, cx, 0x1234          # 66 69: 2^12 < 0x1234 < 2^13: 13+6
        imul    ax, cx, 0x8000          # -2^15: 15+6
END     23+37+16+19+21

PROGRAM imul_memory_immediate, ebx=factors, ecx=4
        imul    eax, [ebx+8], 5         # 3+6+3
        imul    ax, [ebx+4], 100        # 7+6+3
        imul    eax, [ebx+8], 0x12345   # 17+6+3
        imul    ax, [ebx+4], 0x1234     # 13+6+3
        imul    eax, [ebx+ecx*2], 9     # 4+6+3, +1
END     12+16+26+22+14

# DIV: 14/17, 22/25, 38/41. IDIV: 19, 27, 43, wherever the operand is.
DATA
divisors:
        .long   7
END_DATA
PROGRAM div_register, eax=100, ebx=7
        div     bl                      # F6 /6: 14; AL 14, AH 2
        mov     ah, 0                   # 2
        div     bx                      # F7 /6: 22; AX 2
        mov     edx, 0                  # 2
        div     ebx                     # 38
END     14+2+22+2+38

PROGRAM div_memory, eax=100, ebx=divisors, ecx=0
        div     byte ptr [ebx]          # 17
        mov     ah, 0                   # 2
        div     word ptr [ebx]          # 25
        mov     edx, 0                  # 2
        div     dword ptr [ebx]         # 41
        mov     edx, 0                  # 2
        div     dword ptr [ebx+ecx*4]   # 41+1
END     17+2+25+2+41+2+42

PROGRAM idiv_register, eax=100, ebx=-7
        idiv    bl                      # F6 /7: 19
        mov     ah, 0                   # 2
        mov     al, 50                  # 2
        idiv    bx                      # F7 /7: 27
        cdq                             # 2
        idiv    ebx                     # 43
END     19+2+2+27+2+43

PROGRAM idiv_memory, eax=100, ebx=divisors
        idiv    byte ptr [ebx]          # 19
        mov     ah, 0                   # 2
        idiv    word ptr [ebx]          # 27
        cdq                             # 2
        idiv    dword ptr [ebx]         # 43
END     19+2+27+2+43
