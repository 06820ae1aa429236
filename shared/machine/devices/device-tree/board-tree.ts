// The device tree of our board: the nodes of QEMU 7.2's `virt` with the same names, addresses, compatible strings and phandles, less
// what we do not have (PCI, flash, fw-cfg, performance counters). Beside `riscv,isa` it has `riscv,isa-base` and
// `riscv,isa-extensions`, which kernels built without the fallback need (Linux Documentation/devicetree/bindings/riscv/extensions.yaml).

import assert from 'node:assert/strict';
import { MEIP_BIT, MSIP_BIT, MTIP_BIT, SEIP_BIT } from '../../interrupts.ts';
import { CLINT_ADDRESS, CLINT_BYTES } from '../clint/mod.ts';
import { TIMEBASE_HZ } from '../device.ts';
import { PLIC_ADDRESS, PLIC_BYTES, PLIC_SOURCES } from '../plic/mod.ts';
import { FINISHER_PASS, FINISHER_RESET, TEST_FINISHER_ADDRESS, TEST_FINISHER_BYTES } from '../test-finisher/mod.ts';
import { UART_ADDRESS, UART_INTERRUPT, UART_WINDOW_BYTES } from '../uart16550/mod.ts';
import { VIRTIO_ADDRESS, VIRTIO_FIRST_INTERRUPT, VIRTIO_SLOT_BYTES, VIRTIO_SLOTS } from '../virtio-mmio/mod.ts';
import { flattenTree, type PropertyValue, type TreeNode } from './flattened-tree.ts';

const CPU = 1;
const CPU_INTERRUPTS = 2;
const PLIC = 3;
const TEST = 4;
const RAM_BASE = 0x8000_0000;
/** The UART's input clock on QEMU's board, of which drivers derive divisors. */
const UART_CLOCK_HZ = 3_686_400;
const TWO_32 = 2 ** 32;

export interface BoardTreeOptions {
  readonly memoryBytes: number;
  /** ISA extensions in canonical order: single letters first (`i`, `m`, `a`, `c`), then the named ones (`zicsr`). */
  readonly isaExtensions: readonly string[];
  /** The largest virtual memory system there is; undefined: none. */
  readonly mmu?: 'sv39' | 'sv48' | 'sv57';
  /** The kernel's command line, or any words that a guest program looks for. */
  readonly bootArguments?: string;
  /** Where an initial RAM disk was put. */
  readonly initialRamDisk?: { readonly start: number; readonly end: number };
  /** Seed for the guest's random numbers. Whoever wants two runs to be equal gives the same one, or none. */
  readonly randomSeed?: Uint8Array;
}

/** The tree as the firmware or the kernel finds it in memory. */
export function boardDeviceTree(options: BoardTreeOptions): Uint8Array {
  return flattenTree(boardTree(options));
}

export function boardTree(options: BoardTreeOptions): TreeNode {
  const { memoryBytes } = options;
  assert(memoryBytes > 0, 'a board has memory');
  return {
    properties: {
      '#address-cells': 2,
      '#size-cells': 2,
      compatible: 'riscv-virtio',
      model: 'riscv-virtio,qemu',
    },
    children: {
      chosen: chosen(options),
      [`memory@${hex(RAM_BASE)}`]: {
        properties: { device_type: 'memory', reg: [...cells64(RAM_BASE), ...cells64(memoryBytes)] },
      },
      cpus: cpus(options),
      soc: soc(),
      poweroff: syscon('syscon-poweroff', FINISHER_PASS),
      reboot: syscon('syscon-reboot', FINISHER_RESET),
    },
  };
}

function chosen({ bootArguments, initialRamDisk, randomSeed }: BoardTreeOptions): TreeNode {
  const properties: Record<string, PropertyValue> = { 'stdout-path': `/soc/serial@${hex(UART_ADDRESS)}` };
  if (bootArguments !== undefined) properties['bootargs'] = bootArguments;
  if (initialRamDisk !== undefined) {
    properties['linux,initrd-start'] = cells64(initialRamDisk.start);
    properties['linux,initrd-end'] = cells64(initialRamDisk.end);
  }
  if (randomSeed !== undefined) properties['rng-seed'] = randomSeed;
  return { properties };
}

function cpus({ isaExtensions, mmu }: BoardTreeOptions): TreeNode {
  const letters = isaExtensions.filter((extension) => extension.length === 1);
  const named = isaExtensions.filter((extension) => extension.length > 1);
  const cpu: Record<string, PropertyValue> = {
    phandle: CPU,
    device_type: 'cpu',
    reg: 0,
    status: 'okay',
    compatible: 'riscv',
    'riscv,isa': [`rv64${letters.join('')}`, ...named].join('_'),
    'riscv,isa-base': 'rv64i',
    'riscv,isa-extensions': isaExtensions,
  };
  if (mmu !== undefined) cpu['mmu-type'] = `riscv,${mmu}`;
  return {
    properties: { '#address-cells': 1, '#size-cells': 0, 'timebase-frequency': TIMEBASE_HZ },
    children: {
      'cpu@0': {
        properties: cpu,
        children: {
          'interrupt-controller': {
            properties: {
              '#interrupt-cells': 1,
              'interrupt-controller': true,
              compatible: 'riscv,cpu-intc',
              phandle: CPU_INTERRUPTS,
            },
          },
        },
      },
      'cpu-map': { properties: {}, children: { cluster0: { properties: {}, children: { core0: core() } } } },
    },
  };
}

function core(): TreeNode {
  return { properties: { cpu: CPU } };
}

function soc(): TreeNode {
  const children: Record<string, TreeNode> = {
    [`test@${hex(TEST_FINISHER_ADDRESS)}`]: {
      properties: {
        phandle: TEST,
        reg: window(TEST_FINISHER_ADDRESS, TEST_FINISHER_BYTES),
        compatible: ['sifive,test1', 'sifive,test0', 'syscon'],
      },
    },
    [`serial@${hex(UART_ADDRESS)}`]: {
      properties: {
        interrupts: UART_INTERRUPT,
        'interrupt-parent': PLIC,
        'clock-frequency': UART_CLOCK_HZ,
        reg: window(UART_ADDRESS, UART_WINDOW_BYTES),
        compatible: 'ns16550a',
      },
    },
  };
  for (let slot = 0; slot < VIRTIO_SLOTS; slot += 1) {
    const address = VIRTIO_ADDRESS + slot * VIRTIO_SLOT_BYTES;
    children[`virtio_mmio@${hex(address)}`] = {
      properties: {
        interrupts: VIRTIO_FIRST_INTERRUPT + slot,
        'interrupt-parent': PLIC,
        reg: window(address, VIRTIO_SLOT_BYTES),
        compatible: 'virtio,mmio',
      },
    };
  }
  children[`plic@${hex(PLIC_ADDRESS)}`] = {
    properties: {
      phandle: PLIC,
      'riscv,ndev': PLIC_SOURCES,
      reg: window(PLIC_ADDRESS, PLIC_BYTES),
      'interrupts-extended': [CPU_INTERRUPTS, MEIP_BIT, CPU_INTERRUPTS, SEIP_BIT],
      'interrupt-controller': true,
      compatible: ['sifive,plic-1.0.0', 'riscv,plic0'],
      '#address-cells': 0,
      '#interrupt-cells': 1,
    },
  };
  children[`clint@${hex(CLINT_ADDRESS)}`] = {
    properties: {
      'interrupts-extended': [CPU_INTERRUPTS, MSIP_BIT, CPU_INTERRUPTS, MTIP_BIT],
      reg: window(CLINT_ADDRESS, CLINT_BYTES),
      compatible: ['sifive,clint0', 'riscv,clint0'],
    },
  };
  return {
    properties: { '#address-cells': 2, '#size-cells': 2, compatible: 'simple-bus', ranges: true },
    children,
  };
}

function syscon(compatible: string, value: number): TreeNode {
  return { properties: { value, offset: 0, regmap: TEST, compatible } };
}

function window(address: number, size: number): number[] {
  return [...cells64(address), ...cells64(size)];
}

function cells64(value: number): number[] {
  return [Math.floor(value / TWO_32), value % TWO_32];
}

function hex(address: number): string {
  return address.toString(16);
}
