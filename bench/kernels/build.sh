#!/bin/sh
# Builds the kernels of the emulator's benchmark: bench/kernels/*.elf, which are committed. Needs Debian's
# gcc-riscv64-unknown-elf, in the version that guests/toolchain.json pins.
set -eu
cd "$(dirname "$0")"
for source in *.c; do
  riscv64-unknown-elf-gcc -O2 -march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany -ffreestanding -fno-builtin \
    -fno-tree-loop-distribute-patterns -fno-pic -fno-common -fno-ident -fno-asynchronous-unwind-tables \
    -std=c11 -Wall -Wextra -Werror -nostdlib -nostartfiles -static -Wl,--build-id=none -Wl,--strip-all \
    -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments -T link.ld start.S "$source" -o "${source%.c}.elf"
done
