// Writes a flattened device tree, version 17 (Devicetree Specification 0.4, chapter 5): a header, an empty list of reservations,
// the structure block of nodes and properties, and the strings block with the properties' names, each once. Everything is big endian.

import assert from 'node:assert/strict';

const MAGIC = 0xd00d_feed;
const VERSION = 17;
const LAST_COMPATIBLE_VERSION = 16;
const HEADER_BYTES = 40;
const RESERVATION_BYTES = 16;

const TOKEN_BEGIN_NODE = 1;
const TOKEN_END_NODE = 2;
const TOKEN_PROPERTY = 3;
const TOKEN_END = 9;

/**
 * A property's value: a string, or several that are a list of strings; a number as one 32-bit cell, or several; bytes as they are; true
 * for a property that says all by being there.
 */
export type PropertyValue = string | readonly string[] | number | readonly number[] | Uint8Array | true;

export interface TreeNode {
  readonly properties: Readonly<Record<string, PropertyValue>>;
  /** By name, with the unit address where there is one. */
  readonly children?: Readonly<Record<string, TreeNode>>;
}

const encoder = new TextEncoder();

export function flattenTree(root: TreeNode): Uint8Array {
  const structure: number[] = [];
  const strings: number[] = [];
  const nameOffsets = new Map<string, number>();

  function cell(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, `a cell has 32 bits, ${value} does not fit`);
    structure.push(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  }

  function padded(bytes: Iterable<number>): void {
    structure.push(...bytes);
    while (structure.length % 4 !== 0) structure.push(0);
  }

  function nameOffset(name: string): number {
    const known = nameOffsets.get(name);
    if (known !== undefined) return known;
    const offset = strings.length;
    strings.push(...encoder.encode(name), 0);
    nameOffsets.set(name, offset);
    return offset;
  }

  function write(name: string, node: TreeNode): void {
    cell(TOKEN_BEGIN_NODE);
    padded([...encoder.encode(name), 0]);
    for (const [property, value] of Object.entries(node.properties)) {
      const bytes = encodeValue(value);
      cell(TOKEN_PROPERTY);
      cell(bytes.length);
      cell(nameOffset(property));
      padded(bytes);
    }
    for (const [childName, child] of Object.entries(node.children ?? {})) write(childName, child);
    cell(TOKEN_END_NODE);
  }

  write('', root);
  cell(TOKEN_END);
  return assemble(structure, strings);
}

function assemble(structure: readonly number[], strings: readonly number[]): Uint8Array {
  const structureAt = HEADER_BYTES + RESERVATION_BYTES;
  const stringsAt = structureAt + structure.length;
  const total = Math.ceil((stringsAt + strings.length) / 8) * 8;
  const tree = new Uint8Array(total);
  const view = new DataView(tree.buffer);
  const header = [
    MAGIC,
    total,
    structureAt,
    stringsAt,
    HEADER_BYTES,
    VERSION,
    LAST_COMPATIBLE_VERSION,
    0, // the hart that boots
    strings.length,
    structure.length,
  ];
  for (const [index, word] of header.entries()) view.setUint32(index * 4, word);
  tree.set(structure, structureAt);
  tree.set(strings, stringsAt);
  return tree;
}

function encodeValue(value: PropertyValue): Uint8Array {
  if (value === true) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return encoder.encode(`${value}\0`);
  if (typeof value === 'number') return encodeCells([value]);
  const strings = value.filter((item) => typeof item === 'string');
  if (strings.length === value.length) return encoder.encode(strings.map((item) => `${item}\0`).join(''));
  return encodeCells(value.filter((item) => typeof item === 'number'));
}

function encodeCells(cells: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(cells.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of cells.entries()) {
    assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, `a cell has 32 bits, ${value} does not fit`);
    view.setUint32(index * 4, value);
  }
  return bytes;
}
