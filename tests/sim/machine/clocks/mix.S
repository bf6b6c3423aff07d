# mix.S: small algorithms. The clocks stand by each instruction; sums are by rounds.
#include "program.inc"

        .text

DATA
mix_hello:
        .asciz  "hello"
END_DATA
PROGRAM strlen, esi=mix_hello, gives=5
        mov     edi, esi                # 2
1:      cmp     byte ptr [esi], 0       # 80 3E i = 3; 5
        je      2f                      # 3, at last 7+2
        inc     esi                     # 2
        jmp     1b                      # 7+3
2:      mov     eax, esi                # 89 F0 = 2; 2
        sub     eax, edi                # 2
END     2 + 5*(5+3+2+10) + 5+9 + 2+2

PROGRAM strcpy, esi=mix_hello
1:      lodsb                           # AC = 1; 5
        stosb                           # 4
        test    al, al                  # 2
        jne     1b                      # 7+1, at last 3
END     6*(5+4+2) + 5*8 + 3

PROGRAM memcpy, esi=mix_hello, ecx=10
1:      mov     al, [esi]               # 8A 06 = 2; 4
        mov     [edi], al               # 2
        inc     esi                     # 2
        inc     edi                     # 2
        dec     ecx                     # 2
        jne     1b                      # 7+2, at last 3
END     10*(4+2+2+2+2) + 9*9 + 3

PROGRAM memmove_downwards, ecx=10, esi=source+9, edi=source+19
        std                             # 2
        rep movsb                       # 5+4*10
        cld                             # 2
END     2 + 45 + 2

# (48, 36), (36, 12), (12, 0)
PROGRAM gcd_by_division, eax=48, ebx=36, gives=12
1:      test    ebx, ebx                # 85 DB = 2; 2
        je      2f                      # 3, at last 7+2
        xor     edx, edx                # 2
        div     ebx                     # 38
        mov     eax, ebx                # 2
        mov     ebx, edx                # 2
        jmp     1b                      # 7+2
2:                                      # 2
END     2*(2+3+2+38+2+2+9) + 2+9

# (21, 15), (6, 15), (6, 9), (6, 3), (3, 3): twice from EAX, twice from EBX.
PROGRAM gcd_by_subtraction, eax=21, ebx=15, gives=3
1:      cmp     eax, ebx                # 39 D8 = 2; 2
        je      3f                      # 3, at last 7+2
        jb      2f                      # 3 or 7+2
        sub     eax, ebx                # 2
        jmp     1b                      # 7+2
2:      sub     ebx, eax                # 29 C3 = 2; 2
        jmp     1b                      # 7+2
3:                                      # 2
END     2*(2+3+3+2+9) + 2*(2+3+9+2+9) + 2+9

PROGRAM fibonacci, edx=1, ecx=10, gives=55
1:      add     eax, edx                # 01 D0 = 2; 2
        xchg    eax, edx                # 3
        loop    1b                      # 11+2, at last 11
END     10*(2+3) + 9*13 + 11

# 3 1 4 2: of 3 pairs the first and third are exchanged, of 2 the second, of 1 none.
DATA
unsorted:
        .long   3, 1, 4, 2
END_DATA
PROGRAM bubble_sort, edx=3, gives=3
1:      mov     ecx, edx                # 89 D1 = 2; 2
        mov     esi, offset unsorted    # 2
2:      mov     eax, [esi]              # 8B 06 = 2; 4
        cmp     eax, [esi+4]            # 6
        jle     3f                      # 3, or 7+3
        xchg    eax, [esi+4]            # 5
        mov     [esi], eax              # 2
3:      add     esi, 4                  # 83 C6 i = 3; 2
        dec     ecx                     # 2
        jne     2b                      # 7+2, at last 3
        dec     edx                     # 2
        jne     1b                      # 7+2, at last 3
        mov     eax, [unsorted+8]       # 4
END     3*(4+6+3+5+2+2+2) + 3*(4+6+10+2+2) + (2*9+3) + (9+3) + 3 + 3*(2+2+2) + 2*9+3 + 4

DATA
sixteen:
        .byte   1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
END_DATA
PROGRAM checksum, ebx=sixteen, ecx=16, gives=136
1:      add     al, [ebx+ecx-1]         # 02 44 0B d = 4; 6+1
        loop    1b                      # 11+4, at last 11
END     16*7 + 15*15 + 11

# 5, 4, 3, 2 call, 1 does not. Each multiplier but 1 is at most 8: 9.
PROGRAM factorial, eax=5, gives=120
        call    1f                      # 7+3
        jmp     3f                      # EB d = 2; 7+2
1:      cmp     eax, 1                  # 83 F8 i = 3; 2
        jbe     2f                      # 3, at last 7+2
        push    eax                     # 2
        dec     eax                     # 2
        call    1b                      # 7+3
        pop     ecx                     # 59 = 1; 4
        imul    eax, ecx                # 9
        ret                             # 10+1 to POP, at last 10+2 to JMP
2:      mov     eax, 1                  # B8 i = 2; 2
        ret                             # 10+1
3:                                      # 2
END     10 + 4*(2+3+2+2+10) + (2+9+2+11) + 4*(4+9) + 3*11 + 12 + 9

DATA
addend: .long   0xFFFFFFFF, 1
        .long   1, 2
END_DATA
PROGRAM addition_of_64_bits, esi=addend, edi=addend+8, gives=4
        mov     eax, [esi]              # 4
        mov     edx, [esi+4]            # 4
        add     eax, [edi]              # 6
        adc     edx, [edi+4]            # 6
        mov     [ebx], eax              # 2
        mov     [ebx+4], edx            # 2
        mov     eax, edx                # 2
END     4+4+6+6+2+2+2

# 0xF0F1 has nine bits.
PROGRAM population_count, eax=0xF0F1, gives=9
1:      test    eax, eax                # 85 C0 = 2; 2
        je      2f                      # 3, at last 7+2
        lea     edx, [eax-1]            # 2
        and     eax, edx                # 2
        inc     ecx                     # 2
        jmp     1b                      # 7+2
2:      mov     eax, ecx                # 89 C8 = 2; 2
END     9*(2+3+2+2+2+9) + 2+9 + 2

DATA
mixed_case:
        .asciz  "aB1z"
END_DATA
PROGRAM upper_case, esi=mixed_case
1:      lodsb                           # AC = 1; 5
        test    al, al                  # 2
        je      3f                      # 3, at last 7+2
        cmp     al, 'a'                 # 2
        jb      2f                      # 3; B and 1: 7+1
        cmp     al, 'z'                 # 2
        ja      2f                      # 3
        sub     al, 32                  # 2
2:      stosb                           # AA = 1; 4
        jmp     1b                      # 7+1
3:                                      # 2
END     2*(5+2+3+2+3+2+3+2+4+8) + 2*(5+2+3+2+8+4+8) + 5+2+9

# 9 is too small, 13 too large, 11 is it.
DATA
odd:    .long   1, 3, 5, 7, 9, 11, 13, 15
END_DATA
PROGRAM binary_search, ebx=odd, edx=11, esi=0, edi=8, gives=5
1:      cmp     esi, edi                # 39 FE = 2; 2
        jae     3f                      # 3
        lea     eax, [esi+edi]          # 2+1
        shr     eax, 1                  # 3
        cmp     [ebx+eax*4], edx        # 5+1
        je      3f                      # 3, at last 7+2
        jb      2f                      # 7+3, then 3
        mov     edi, eax                # 2
        jmp     1b                      # 7+2
2:      lea     esi, [eax+1]            # 8D 70 d = 3; 2
        jmp     1b                      # 7+2
3:                                      # 2
END     (2+3+3+3+6+3+10+2+9) + (2+3+3+3+6+3+3+2+9) + (2+3+3+3+6+9)

PROGRAM decimal_digits, eax=1234, ebx=10, edi=target+8, gives=0x34333231
1:      xor     edx, edx                # 31 D2 = 2; 2
        div     ebx                     # 38
        add     dl, '0'                 # 2
        dec     edi                     # 2
        mov     [edi], dl               # 2
        test    eax, eax                # 2
        jne     1b                      # 7+2, at last 3
        mov     eax, [edi]              # 4
END     4*(2+38+2+2+2+2) + 3*9+3 + 4

DATA
matrix: .long   1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
END_DATA
PROGRAM nested_loops, esi=matrix, edx=3, gives=78
1:      mov     ecx, 4                  # B9 i = 2; 2
2:      add     eax, [esi]              # 03 06 = 2; 6
        add     esi, 4                  # 2
        loop    2b                      # 11+2, at last 11
        dec     edx                     # 2
        jne     1b                      # 7+2, at last 3
END     3*(2 + 4*(6+2) + 3*13+11 + 2) + 2*9+3

PROGRAM reversed_bits, eax=0x16, ecx=8, gives=0x6800
1:      shr     al, 1                   # D0 E8 = 2; 3
        rcl     ah, 1                   # 9
        loop    1b                      # 11+2, at last 11
END     8*(3+9) + 7*13 + 11

# 3^13: the bits of 13 are 1, 0, 1, 1 from below; the squares 3, 9, 81, 6561.
PROGRAM power, eax=1, ebx=3, ecx=13, gives=1594323
1:      test    cl, 1                   # F6 C1 i = 3; 2
        je      2f                      # 3, or 7+3
        imul    eax, ebx                # 3: 9; 81: 7+6; 6561: 13+6
2:      imul    ebx, ebx                # 0F AF DB = 3; 3: 9; 9: 4+6; 81: 13; 6561: 19
        shr     ecx, 1                  # 3
        jne     1b                      # 7+3, at last 3
END     (2+3+9+9+3+10) + (2+10+10+3+10) + (2+3+13+13+3+10) + (2+3+19+19+3+3)

# 6 3 10 5 16 8 4 2 1: six even, two odd.
PROGRAM collatz, eax=6, gives=8
1:      cmp     eax, 1                  # 83 F8 i = 3; 2
        je      3f                      # 3, at last 7+2
        inc     ecx                     # 2
        test    al, 1                   # 2
        jne     2f                      # 3, or 7+4
        shr     eax, 1                  # 3
        jmp     1b                      # 7+3
2:      lea     eax, [eax+eax*2+1]      # 8D 44 40 d = 4; 2+1
        jmp     1b                      # 7+3
3:      mov     eax, ecx                # 89 C8 = 2; 2
END     6*(2+3+2+2+3+3+10) + 2*(2+3+2+2+11+3+10) + 2+9 + 2

# 58 + 67 in packed decimal: 125.
DATA
packed: .byte   0x58, 0x67
END_DATA
PROGRAM decimal_addition, esi=packed, gives=0x125
        mov     al, [esi]               # 4
        add     al, [esi+1]             # 6
        daa                             # 4
        adc     ah, 0                   # 2
END     4+6+4+2

# A function with a frame: (7 + 5) * 2.
PROGRAM function_with_a_frame, gives=24
        push    5                       # 2
        push    7                       # 2
        call    1f                      # 7+1
        add     esp, 8                  # 83 C4 i = 3; 2
        jmp     2f                      # 7+2
1:      push    ebp                     # 55 = 1; 2
        mov     ebp, esp                # 2
        sub     esp, 4                  # 2
        mov     eax, [ebp+8]            # 4
        add     eax, [ebp+12]           # 6
        mov     [ebp-4], eax            # 2
        shl     dword ptr [ebp-4], 1    # 7
        mov     eax, [ebp-4]            # 4
        leave                           # 4
        ret                             # 10+3
2:                                      # 2
END     2+2 + 8 + 2+2+2+4+6+2+7+4+4 + 13 + 2 + 9

# Cases 2, 1, 0 by way of a table.
DATA
cases:  .long   case_0, case_1, case_2
END_DATA
PROGRAM jump_table, ecx=2, gives=111
1:      jmp     [ecx*4+cases]           # FF 24 8D d = 4; 10 and 3 (case 2), 3, 2
case_2: add     eax, 100                # 83 C0 i = 3; 2
        jmp     2f                      # 7+1
case_1: add     eax, 10                 # 3; 2
        jmp     2f                      # 7+1
case_0: inc     eax                     # 40 = 1; 2
2:      dec     ecx                     # 49 = 1; 2
        jns     1b                      # 7+4, at last 3
END     (10+3 + 2 + 8 + 2 + 11) + (10+3 + 2 + 8 + 2 + 11) + (10+1 + 2 + 2 + 3)

PROGRAM product_of_words, ecx=0x1234, edx=0x5678, gives=0x06260060
        movzx   eax, dx                 # 3
        imul    eax, ecx                # 2^12 < 0x1234 < 2^13: 13+6
END     3 + 19
