# string.S: string instructions, alone and repeated. N is the number of iterations made, the one
# that ends a REPE or REPNE included.
#include "program.inc"

        .text

# Alone: MOVS 7, CMPS 10, SCAS 7, LODS 5, STOS 4.
PROGRAM movs
        movsb                           # A4: 7
        movsw                           # 66 A5: 7
        movsd                           # A5: 7
END     7+7+7

PROGRAM cmps
        cmpsb                           # A6: 10
        cmpsw                           # 66 A7: 10
        cmpsd                           # A7: 10
END     10+10+10

PROGRAM scas
        scasb                           # AE: 7
        scasw                           # 66 AF: 7
        scasd                           # AF: 7
END     7+7+7

PROGRAM lods
        lodsb                           # AC: 5
        lodsw                           # 66 AD: 5
        lodsd                           # AD: 5
END     5+5+5

PROGRAM stos
        stosb                           # AA: 4
        stosw                           # 66 AB: 4
        stosd                           # AB: 4
END     4+4+4

# Another segment costs nothing (the segments are all alike here).
PROGRAM movs_from_es
        movsb   es:[edi], es:[esi]      # 26 A4: 7
        lodsd   es:[esi]                # 26 AD: 5
END     7+5

# Downwards.
PROGRAM movs_downwards, esi=source+8, edi=target+8
        std                             # 2
        movsd                           # 7
        movsd                           # 7
        cld                             # 2
END     2+7+7+2

# REP MOVS: 5+4N.
PROGRAM rep_movs_0
        rep movsb                       # 5
END     5

PROGRAM rep_movs_1, ecx=1
        rep movsb                       # 5+4
END     5+4*1

PROGRAM rep_movs_2, ecx=2
        rep movsw                       # 5+4*2
END     5+4*2

PROGRAM rep_movs_1000, ecx=1000
        rep movsd                       # 5+4*1000
END     5+4*1000

PROGRAM rep_movs_bytes_1000, ecx=1000
        rep movsb                       # 5+4*1000
END     5+4*1000

# MOVS, STOS and LODS know no condition: F2 repeats as F3 does. Its figure is REP's.
PROGRAM repne_movs, ecx=3
        .byte   0xF2, 0xA4              # 5+4*3
END     5+4*3

# The count is ECX; CX with an address-size prefix, which the low addresses below allow.
PROGRAM rep_movs_cx_0, ecx=0x50000
        .byte   0xF3, 0x67, 0xA4        # CX is 0: 5
END     5

# REP STOS: 5+5N.
PROGRAM rep_stos_0
        rep stosd                       # 5
END     5

PROGRAM rep_stos_1, ecx=1
        rep stosd                       # 5+5
END     5+5*1

PROGRAM rep_stos_2, ecx=2
        rep stosb                       # 5+5*2
END     5+5*2

PROGRAM rep_stos_1000, ecx=1000
        rep stosd                       # 5+5*1000
END     5+5*1000

PROGRAM rep_stos_words, ecx=100
        rep stosw                       # 5+5*100
END     5+5*100

# Two in a row, and ECX is 0 for the second.
PROGRAM rep_stos_twice, ecx=10
        rep stosb                       # 5+5*10
        rep stosb                       # 5
END     5+5*10 + 5

# REPE CMPS: 5+9N. Source and target are zeros but for what the program puts there.
PROGRAM repe_cmps_0
        repe cmpsb                      # 5
END     5

PROGRAM repe_cmps_1, ecx=1
        repe cmpsb                      # 5+9
END     5+9*1

PROGRAM repe_cmps_2, ecx=2
        repe cmpsd                      # 5+9*2
END     5+9*2

PROGRAM repe_cmps_all_equal, ecx=1000
        repe cmpsd                      # 5+9*1000
END     5+9*1000

PROGRAM repe_cmps_first_differs, ecx=1000
        mov     byte ptr [esi], 1       # 2
        repe cmpsb                      # N = 1: 5+9
END     2 + 5+9*1

PROGRAM repe_cmps_last_differs, ecx=10
        mov     byte ptr [esi+9], 1     # 2
        repe cmpsb                      # N = 10: 5+9*10
END     2 + 5+9*10

PROGRAM repe_cmps_ends_early, ecx=100
        mov     word ptr [edi+12], 1    # the seventh word; 2
        repe cmpsw                      # N = 7: 5+9*7
END     2 + 5+9*7

PROGRAM repne_cmps, ecx=100
        mov     dword ptr [esi], 1      # 2
        mov     dword ptr [esi+4], 1    # 2
        repne cmpsd                     # the third are equal: 5+9*3
END     2+2 + 5+9*3

PROGRAM repne_cmps_of_other_sizes, ecx=100
        mov     dword ptr [esi], 0x00FF0101     # 2
        repne cmpsb                     # differ, differ, differ, equal: 5+9*4
        mov     word ptr [esi], 1       # 2
        repne cmpsw                     # 5+9*2
END     2 + 5+9*4 + 2 + 5+9*2

# REPE and REPNE SCAS: 5+8N.
PROGRAM repne_scas_0
        repne scasb                     # 5
END     5

DATA
hello:  .asciz  "hello"
letters:
        .ascii  "aaaaaaab"
END_DATA
PROGRAM repne_scas_length, ecx=-1, edi=hello, gives=5
        repne scasb                     # five letters and the NUL: 5+8*6
        mov     eax, -2                 # 2
        sub     eax, ecx                # 2
END     5+8*6 + 2 + 2

PROGRAM repne_scas_first, ecx=100, edi=hello, eax='h'
        repne scasb                     # 5+8
END     5+8*1

PROGRAM repne_scas_exhausted, ecx=3, edi=hello, eax='o'
        repne scasb                     # "hel": 5+8*3
END     5+8*3

PROGRAM repne_scas_last, ecx=5, edi=hello, eax='o'
        repne scasb                     # 5+8*5
END     5+8*5

PROGRAM repe_scas_ends_early, ecx=100, edi=letters, eax='a'
        repe scasb                      # up to the b: 5+8*8
END     5+8*8

PROGRAM repe_scas_0, ecx=0, edi=letters, eax='a'
        repe scasb                      # 5
END     5

PROGRAM repe_scas_words, ecx=1000
        repe scasw                      # all zeros: 5+8*1000
END     5+8*1000

PROGRAM repe_scas_doublewords_first, ecx=1000, eax=1
        repe scasd                      # N = 1: 5+8
END     5+8*1

PROGRAM repne_scas_doublewords, ecx=20, eax=1
        mov     [edi+16], eax           # the fifth; 2
        repne scasd                     # 5+8*5
END     2 + 5+8*5

PROGRAM repne_scas_words, ecx=20, eax=1
        mov     [edi+38], ax            # the last; 2
        repne scasw                     # 5+8*20
END     2 + 5+8*20

# A REP in a loop starts anew each time round, with another count.
PROGRAM rep_in_a_loop, edx=3
1:      mov     ecx, edx                # 89 D1 = 2; 2
        rep stosb                       # 5+5*EDX
        dec     edx                     # 2
        jne     1b                      # 7+2, at last 3
END     (2+5+5*3+2+9) + (2+5+5*2+2+9) + (2+5+5*1+2+3)

# A REP that is its block alone, and the target of a jump: F3 A4 = 2.
PROGRAM rep_as_a_target, ecx=4, edx=2
1:      rep movsb                       # 5+4*4; the second time 5
        dec     edx                     # 2
        jne     1b                      # 7+2, at last 3
END     (5+4*4 + 2 + 9) + (5 + 2 + 3)

# Pages of source and target are crossed in the midst of an element and of the whole.
PROGRAM rep_movs_across_pages, ecx=8, esi=source+PAGE_SIZE-6, edi=target+PAGE_SIZE-14
        rep movsd                       # 5+4*8
END     5+4*8

# Low addresses, which 16-bit registers reach.
        .section .low, "ax", @progbits
        .balign 4
low_words:
        .skip   64
PROGRAM rep_movs_cx, ecx=0x70003, esi=low_words, edi=low_words+32
        .byte   0xF3, 0x67, 0xA5        # CX is 3, SI, DI: 5+4*3
        .byte   0x67, 0xAD              # LODSD of SI: 5
END     5+4*3 + 5
