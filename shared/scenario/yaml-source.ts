// A YAML text with the places of all its parts, so that whatever is wrong with a value can be shown where it stands.

import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml';
import type { Problem, SourceRange } from './problem.ts';

export type Path = readonly (string | number)[];

export interface MapEntry {
  readonly key: string;
  readonly keyRange: SourceRange;
  readonly value: Part;
}

/** A value in the file with its place. Aliases are resolved; an alias' place is where it is used. */
export type Part =
  | { readonly kind: 'map'; readonly entries: readonly MapEntry[]; readonly range: SourceRange }
  | { readonly kind: 'list'; readonly items: readonly Part[]; readonly range: SourceRange }
  | { readonly kind: 'scalar'; readonly value: unknown; readonly range: SourceRange };

export interface YamlSource {
  readonly text: string;
  readonly root: Part;
  readonly value: unknown;
  /** Errors of YAML itself. When there are any, `root` may be incomplete. */
  readonly problems: readonly Problem[];
}

/** Chosen: no honest scenario nests deeper, and aliases that build monsters end here. */
const DEPTH_MAX = 24;
const PARTS_MAX = 500_000;

export function readYaml(text: string): YamlSource {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true, strict: true });
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => ({
    range: { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) },
    message: `not valid YAML: ${lowerFirst(error.message)}`,
  }));
  const whole = { start: 0, end: 1 };
  let partCount = 0;
  const convert = (node: Node | null | undefined, fallback: SourceRange, depth: number): Part => {
    const range = rangeOf(node) ?? fallback;
    partCount += 1;
    if (depth > DEPTH_MAX || partCount > PARTS_MAX) {
      const limit = depth > DEPTH_MAX ? `nested deeper than ${DEPTH_MAX} levels` : `more than ${PARTS_MAX} values`;
      if (depth > DEPTH_MAX || partCount === PARTS_MAX + 1) problems.push({ range, message: limit });
      return { kind: 'scalar', value: null, range };
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      return target === undefined
        ? { kind: 'scalar', value: null, range }
        : placed(convert(target, range, depth + 1), range);
    }
    if (isMap(node)) {
      const entries = (node.items as Pair<Node, Node | null>[]).map((pair) => {
        const keyRange = rangeOf(pair.key) ?? range;
        const key = isScalar(pair.key) ? String(pair.key.value) : '';
        if (!isScalar(pair.key)) problems.push({ range: keyRange, message: 'expected a plain key' });
        return { key, keyRange, value: convert(pair.value, keyRange, depth + 1) };
      });
      return { kind: 'map', entries, range };
    }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => convert(item as Node | null, range, depth + 1)), range };
    }
    return { kind: 'scalar', value: isScalar(node) ? node.value : null, range };
  };
  const root = convert(document.contents, whole, 0);
  return { text, root, value: plain(root), problems };
}

/** The part at a path, or the nearest one above it that exists. */
export function partAt(root: Part, path: Path): Part {
  let part = root;
  for (const step of path) {
    let next: Part | undefined;
    if (part.kind === 'map') next = part.entries.find((entry) => entry.key === step)?.value;
    else if (part.kind === 'list' && typeof step === 'number') next = part.items[step];
    if (next === undefined) return part;
    part = next;
  }
  return part;
}

/** The place of the part at a path with its key; undefined when there is none. */
export function rangeAt(root: Part, path: Path): SourceRange | undefined {
  const step = path.at(-1);
  if (step === undefined) return root.range;
  const holder = partAt(root, path.slice(0, -1));
  if (holder.kind === 'list' && typeof step === 'number') return holder.items[step]?.range;
  const entry = holder.kind === 'map' ? holder.entries.find((each) => each.key === step) : undefined;
  return entry === undefined ? undefined : { start: entry.keyRange.start, end: entry.value.range.end };
}

/** The place of a path's last key, or of the nearest part above it. */
export function keyRangeAt(root: Part, path: Path): SourceRange {
  const holder = partAt(root, path.slice(0, -1));
  const entry = holder.kind === 'map' ? holder.entries.find((each) => each.key === path.at(-1)) : undefined;
  return entry?.keyRange ?? partAt(root, path).range;
}

/** Where something is missing from: the first key of a mapping, or its first character. */
export function headRange(part: Part): SourceRange {
  if (part.kind === 'map' && part.entries[0] !== undefined) return part.entries[0].keyRange;
  return { start: part.range.start, end: Math.min(part.range.end, part.range.start + 1) };
}

function plain(part: Part): unknown {
  switch (part.kind) {
    case 'map':
      return Object.fromEntries(part.entries.map((entry) => [entry.key, plain(entry.value)]));
    case 'list':
      return part.items.map(plain);
    case 'scalar':
      return part.value;
  }
}

function placed(part: Part, range: SourceRange): Part {
  return { ...part, range };
}

function rangeOf(node: unknown): SourceRange | undefined {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range === undefined || range === null ? undefined : { start: range[0], end: Math.max(range[1], range[0] + 1) };
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
