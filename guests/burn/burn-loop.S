# The calibrated loop: exactly 20 instructions an iteration, in assembly so that no compiler changes the count.
# A xorshift generator (Marsaglia 2003, shifts 13, 7, 17) whose 64-bit state is stirred with both halves of a
# 128-bit product, so every iteration depends on the one before.

        .text
        .globl  burn_loop
        .type   burn_loop, @function
        .balign 8
burn_loop:                              # a0 iterations, a1 state
        li      a2, 0x9e3779b97f4a7c15
1:      slli    t0, a1, 13              # 1
        xor     a1, a1, t0              # 2
        srli    t0, a1, 7               # 3
        xor     a1, a1, t0              # 4
        slli    t0, a1, 17              # 5
        xor     a1, a1, t0              # 6
        mul     t1, a1, a2              # 7
        mulhu   t2, a1, a2              # 8
        xor     t3, t1, t2              # 9
        add     t4, t1, t2              # 10
        sltu    t5, t4, t1              # 11
        add     t3, t3, t5              # 12
        slli    t4, t4, 1               # 13
        or      t4, t4, t5              # 14
        sub     t3, t3, t4              # 15
        srli    t6, t3, 32              # 16
        xor     t3, t3, t6              # 17
        add     a1, a1, t3              # 18
        addi    a0, a0, -1              # 19
        bnez    a0, 1b                  # 20
        mv      a0, a1
        ret
        .size   burn_loop, . - burn_loop
