/* SPDX-License-Identifier: Apache-2.0 */
/* The accesses of HS-mode to 8 bytes of a guest's memory (18.3.1), with a trap as one of their outcomes. */

    .option norelax                 /* lld cannot */

    .macro catch
    la t0, 1f
    csrrw t1, stvec, t0
    .endm

    /* Returns -1, or scause. */
    .macro caught
    li a0, -1
    j 2f
    .balign 4
1:  csrr a0, scause
2:  csrw stvec, t1
    ret
    .endm

    .text
/* uintptr_t access_load(uintptr_t gpa, uint64_t *value): HLV.D, or HLV.W twice */
    .global access_load
access_load:
    catch
#if __riscv_xlen == 64
    .insn r 0x73, 4, 0x36, a2, a0, x0
    sd a2, 0(a1)
#else
    .insn r 0x73, 4, 0x34, a2, a0, x0
    sw a2, 0(a1)
    addi a0, a0, 4
    .insn r 0x73, 4, 0x34, a2, a0, x0
    sw a2, 4(a1)
#endif
    caught

/* uintptr_t access_store(uintptr_t gpa, uint64_t value): HSV.D, or HSV.W twice */
    .global access_store
access_store:
    catch
#if __riscv_xlen == 64
    .insn r 0x73, 4, 0x37, x0, a0, a1
#else
    .insn r 0x73, 4, 0x35, x0, a0, a1
    addi a0, a0, 4
    .insn r 0x73, 4, 0x35, x0, a0, a2
#endif
    caught
