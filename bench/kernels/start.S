# Beginning of every kernel: a stack, then main, then the finisher of the `virt` board with the pass value.
    .section .text.start
    .globl _start
_start:
    la sp, stack_top
    la t0, trap
    csrw mtvec, t0
    call main
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b

    # No trap is expected: fail with code 1.
    .balign 4
trap:
    li t0, 0x100000
    li t1, 0x13333
    sw t1, 0(t0)
2:  j 2b

    .section .bss
    .balign 16
    .space 16384
stack_top:
