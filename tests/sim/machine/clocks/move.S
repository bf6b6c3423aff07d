# move.S: MOV and its kin, the stack, addresses.
#include "program.inc"

        .text

# MOV r/m,r and r,r/m: 2 between registers (88, 89, 8A, 8B).
PROGRAM mov_register_register
        {store} mov al, cl              # 88 C8: 2
        {store} mov ax, cx              # 66 89: 2
        {store} mov eax, ecx            # 89: 2
        {load} mov al, cl               # 8A: 2
        {load} mov ax, cx               # 66 8B: 2
        {load} mov eax, ecx             # 8B: 2
END     2+2+2 + 2+2+2

# MOV m,r: 2.
PROGRAM mov_memory_register
        mov     [ebx], cl               # 88: 2
        mov     [ebx+4], cx             # 89: 2
        mov     [ebx+8], ecx            # 89: 2
END     2+2+2

# MOV r,m: 4.
PROGRAM mov_register_memory
        mov     cl, [ebx]               # 8A: 4
        mov     cx, [ebx+4]             # 8B: 4
        mov     ecx, [ebx+8]            # 8B: 4
END     4+4+4

# MOV AL/AX/EAX,moffs: 4; the other way: 2.
PROGRAM mov_accumulator_offset
        mov     al, [operands]          # A0: 4
        mov     ax, [operands+4]        # A1: 4
        mov     eax, [operands+8]       # A1: 4
END     4+4+4

PROGRAM mov_offset_accumulator
        mov     [operands], al          # A2: 2
        mov     [operands+4], ax        # A3: 2
        mov     [operands+8], eax       # A3: 2
END     2+2+2

# The same addresses with a ModRM byte: 4 and 2 likewise.
PROGRAM mov_register_absolute
        mov     ecx, [operands]         # 8B 0D: 4
        mov     [operands], ecx         # 89 0D: 2
END     4+2

# MOV r,imm (B0, B8): 2. MOV r/m,imm (C6, C7): 2/2.
PROGRAM mov_register_immediate
        mov     cl, 5                   # B1: 2
        mov     cx, 0x1234              # 66 B9: 2
        mov     ecx, 0x12345678         # B9: 2
        .byte   0xC6, 0xC1, 5           # MOV CL,5: 2
        .byte   0x66, 0xC7, 0xC1, 5, 0  # MOV CX,5: 2
        .byte   0xC7, 0xC1, 5, 0, 0, 0  # MOV ECX,5: 2
END     2+2+2 + 2+2+2

PROGRAM mov_memory_immediate
        mov     byte ptr [ebx], 5       # C6: 2
        mov     word ptr [ebx+4], 5     # C7: 2
        mov     dword ptr [ebx+8], 5    # C7: 2
END     2+2+2

# A base and an index: one more each, for loads and stores, whatever the scale.
PROGRAM mov_base_index, ecx=4
        mov     eax, [ebx+ecx]          # 4+1
        mov     eax, [ebx+ecx*4]        # 4+1
        mov     eax, [ebx+ecx*8+16]     # 4+1
        mov     [ebx+ecx+0x100], eax    # 2+1
        mov     byte ptr [ebx+ecx*2], 1 # 2+1
END     5+5+5 + 3+3

# No base, or no index: nothing more, SIB byte or not.
PROGRAM mov_one_of_them, ecx=4
        mov     eax, [ecx*4+operands]   # index alone: 4
        mov     eax, [esp-4]            # base alone, with an SIB byte: 4
        mov     eax, [ebp+8]            # base alone: 4
        mov     [ebx+0x12], al          # 2
END     4+4+4+2

# LEA: 2, and 3 with base and index.
PROGRAM lea, ecx=4
        lea     eax, [ebx]              # 2
        lea     eax, [ebx+0x1234]       # 2
        lea     ax, [ebx+8]             # 2
        lea     eax, [ecx*8+5]          # 2
        lea     eax, [ebx+ecx]          # 2+1
        lea     eax, [ebx+ecx*4+8]      # 2+1
        lea     eax, [operands]         # 2
END     2+2+2+2 + 3+3 + 2

# 16-bit addresses: [BX+SI] is a base and an index as well, [BX], [SI] and [disp16] are not.
PROGRAM lea_of_16_bits, ebx=0x10, esi=0x20
        lea     eax, [bx+si]            # 67 8D 00: 2+1
        lea     eax, [bx]               # 2
        lea     eax, [si+4]             # 2
        lea     eax, [bp+di+0x123]      # 2+1
END     3+2+2+3

# MOVZX, MOVSX: 3/6.
PROGRAM movzx_register
        movzx   ax, cl                  # 66 0F B6: 3
        movzx   eax, cl                 # 0F B6: 3
        movzx   eax, cx                 # 0F B7: 3
END     3+3+3

PROGRAM movzx_memory
        movzx   ax, byte ptr [ebx]      # 6
        movzx   eax, byte ptr [ebx]     # 6
        movzx   eax, word ptr [ebx+2]   # 6
END     6+6+6

PROGRAM movsx_register
        movsx   ax, cl                  # 66 0F BE: 3
        movsx   eax, cl                 # 0F BE: 3
        movsx   eax, cx                 # 0F BF: 3
END     3+3+3

PROGRAM movsx_memory, ecx=2
        movsx   ax, byte ptr [ebx]      # 6
        movsx   eax, byte ptr [ebx+ecx] # 6+1
        movsx   eax, word ptr [ebx+2]   # 6
END     6+7+6

# XCHG: 3 between registers, 5 with memory; with the accumulator (90+r) 3.
PROGRAM xchg_register
        xchg    dl, cl                  # 86: 3
        xchg    dx, cx                  # 66 87: 3
        xchg    edx, ecx                # 87: 3
        xchg    eax, ecx                # 91: 3
        xchg    ax, dx                  # 66 92: 3
END     3+3+3 + 3+3

PROGRAM xchg_memory
        xchg    [ebx], cl               # 86: 5
        xchg    [ebx+4], cx             # 87: 5
        xchg    [ebx+8], ecx            # 87: 5
END     5+5+5

# XLAT: 5; its address of EBX and AL is its own.
PROGRAM xlat, eax=3
        xlatb                           # D7: 5
END     5

# LAHF 2, SAHF 3.
PROGRAM lahf_sahf, eax=0x200
        sahf                            # 3
        lahf                            # 2
END     3+2

# PUSH r, imm: 2.
PROGRAM push_register
        push    eax                     # 50: 2
        push    cx                      # 66 51: 2
        push    dx                      # 2
        push    edi                     # 2
        push    esp                     # 2
END     2+2+2+2+2

PROGRAM push_immediate
        push    5                       # 6A: 2
        push    0x12345678              # 68: 2
        .byte   0x66, 0x68, 0x34, 0x12  # PUSH imm16: 2
        .byte   0x66, 0x6A, 0x12        # PUSH imm8, as a word: 2
END     2+2+2+2

# PUSH m: 5; FF /6 of a register has no figure but that of PUSH r: left out.
PROGRAM push_memory, ecx=4
        push    dword ptr [ebx]         # FF /6: 5
        push    word ptr [ebx+4]        # 66 FF /6: 5
        push    word ptr [ebx+4]        # 5
        push    dword ptr [ebx+ecx*2]   # 5+1
END     5+5+5+6

# POP r: 4; POP m: 5.
PROGRAM pop_register, esp=frame
        pop     eax                     # 58: 4
        pop     cx                      # 66 59: 4
        pop     dx                      # 4
END     4+4+4

PROGRAM pop_memory, esp=frame, ecx=4
        pop     dword ptr [ebx]         # 8F /0: 5
        pop     word ptr [ebx+4]        # 66 8F /0: 5
        pop     word ptr [ebx+6]        # 5
        pop     dword ptr [ebx+ecx*2]   # 5+1
END     5+5+5+6

# PUSHA 18, POPA 24.
PROGRAM pusha_popa
        pusha                           # 60: 18
        popa                            # 61: 24
END     18+24

PROGRAM pusha_popa_of_words
        pushaw                          # 66 60: 18
        popaw                           # 66 61: 24
END     18+24

# PUSHF 4, POPF 5.
PROGRAM pushf_popf
        pushf                           # 9C: 4
        popf                            # 9D: 5
        pushfw                          # 66 9C: 4
        popfw                           # 66 9D: 5
END     4+5+4+5

# ENTER imm16,0: 10; 1: 12; n: 15+4(n-1). LEAVE: 4.
PROGRAM enter_0
        enter   16, 0                   # 10
        leave                           # 4
END     10+4

PROGRAM enter_1
        enter   16, 1                   # 12
        leave                           # 4
END     12+4

PROGRAM enter_2
        enter   16, 2                   # 15+4(2-1)
        leave                           # 4
END     15+4*(2-1) + 4

PROGRAM enter_31
        enter   0x20, 31                # 15+4(31-1)
        leave                           # 4
END     15+4*(31-1) + 4

# The level counts modulo 32 (ENTER: LEVEL := LEVEL MOD 32).
PROGRAM enter_33
        enter   16, 33                  # as level 1: 12
        leave                           # 4
END     12+4

# Segment registers. MOV r/m,Sreg: 2/2.
PROGRAM mov_from_segment
        mov     eax, ds                 # 8C D8: 2
        mov     ax, es                  # 66 8C C0: 2
        mov     ecx, cs                 # 2
        mov     [ebx], ss               # 2
        mov     [ebx+2], fs             # 2
        mov     [ebx+4], gs             # 2
END     2+2+2 + 2+2+2

# MOV Sreg,r/m in protected mode: 18/19.
PROGRAM mov_to_segment, eax=USER_DATA
        mov     ds, eax                 # 8E D8: 18
        mov     es, eax                 # 18
        mov     fs, eax                 # 18
        mov     gs, eax                 # 18
        mov     ss, eax                 # 18
        nop                             # 3
END     18*5 + 3

DATA
data_selector:
        .word   USER_DATA
END_DATA
PROGRAM mov_to_segment_from_memory, ebx=data_selector
        mov     es, [ebx]               # 8E /0: 19
        mov     ds, [ebx]               # 19
        mov     fs, [ebx]               # 19
        mov     ss, [ebx]               # 19
        mov     gs, [ebx]               # 19
END     19*5

# The null selector is loaded in the same time.
PROGRAM mov_null_to_segment
        mov     fs, eax                 # 18
        mov     gs, eax                 # 18
END     18+18

# PUSH of a segment register: 2. POP: 21 in protected mode.
PROGRAM push_segment
        push    cs                      # 0E: 2
        push    ss                      # 16: 2
        push    ds                      # 1E: 2
        push    es                      # 06: 2
        push    fs                      # 0F A0: 2
        push    gs                      # 0F A8: 2
END     2*6

PROGRAM pop_segment
        push    ds                      # 2
        pop     es                      # 07: 21
        push    es                      # 2
        pop     ds                      # 1F: 21
        push    ds                      # 2
        pop     fs                      # 0F A1: 21
        push    fs                      # 2
        pop     gs                      # 0F A9: 21
        push    gs                      # 2
        pop     ss                      # 17: 21
        nop                             # 3
END     5*(2+21) + 3

# LDS, LES, LSS in protected mode: 22; LFS, LGS: 25.
DATA
far_pointer:
        .long   stack_top
        .word   USER_DATA
far_pointer_16:
        .word   0x1234, USER_DATA
END_DATA
PROGRAM load_far_pointer, ebx=far_pointer
        lds     eax, [ebx]              # C5: 22
        les     eax, [ebx]              # C4: 22
        lss     esp, [ebx]              # 0F B2: 22
        lfs     eax, [ebx]              # 0F B4: 25
        lgs     eax, [ebx]              # 0F B5: 25
END     22*3 + 25*2

PROGRAM load_far_pointer_of_16_bits, ebx=far_pointer_16, edx=1
        lds     ax, [ebx]               # 66 C5: 22
        les     ax, [ebx]               # 22
        lss     ax, [ebx]               # 22
        lfs     ax, [ebx]               # 25
        lgs     ax, [ebx+edx-1]         # 25+1
END     22*3 + 25+26
