// The house rules that no linter knows, each a function from one file to complaints. They read text, not syntax: a rule
// that is right about ordinary code and simple enough to trust beats one that parses. Called by test/tidy.test.ts.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type SourceFile = { readonly path: string; readonly text: string };
export type Rule = (file: SourceFile) => readonly string[];

/** HOUSE-STYLE, "Files and folders": above this the head comment says why. */
const LINES_WITHOUT_REASON = 500;

const isTest = (path: string) => /\.(test|contract)\.ts$|\/(testing|contract)\/|^test\//.test(path);
const mayTouchTheWorld = (path: string) => /^shared\/runtime\/live\/|^services\/[^/]+\/main\.ts$/.test(path);

/** The comment a file opens with, without its marks; empty when it opens with something else. */
export function headComment(text: string): string {
  const lines = text.replace(/^#!.*\n/, '').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const comment = lines.slice(0, end === -1 ? lines.length : end).map((line) => line.replace(/^\/\/ ?/, ''));
  return comment.join('\n').trim();
}

/** A test's name says what it is, and a front door inside a folder that only names other files has nothing to add. */
export const opensWithComment: Rule = ({ path, text }) => {
  const saysItElsewhere =
    /\.(test|contract)\.ts$/.test(path) || (/\/.*\/.*\/mod\.ts$/.test(path) && onlyReexports(text));
  if (saysItElsewhere || headComment(text).length > 0) return [];
  return ['opens without a comment that says what the file is and why it exists'];
};

function onlyReexports(text: string): boolean {
  return text.replace(/^export (type )?(\*|\{[^}]*\}) from '[^']+';$/gm, '').trim() === '';
}

export const longFilesSayWhy: Rule = ({ text }) => {
  const lineCount = text.split('\n').length - 1;
  if (lineCount <= LINES_WITHOUT_REASON || /\blong\b|\blines\b/i.test(headComment(text))) return [];
  return [`has ${lineCount} lines and its head comment does not say why it is that long`];
};

const WORLDLY = /\b(Date\.now|new Date\(\)|performance\.now|process\.hrtime|setTimeout|setInterval|setImmediate)\b/g;

/** The in-memory runtime asks for the time no more than others, but lets promises settle (setImmediate) between events. */
export const timeComesFromTheClock: Rule = ({ path, text }) => {
  if (mayTouchTheWorld(path) || isTest(path)) return [];
  const complaints = found(text, WORLDLY, 'time comes from the Clock port');
  return path.startsWith('shared/runtime/memory/')
    ? complaints.filter((line) => !/setImmediate/.test(line))
    : complaints;
};

export const chanceComesFromASeed: Rule = ({ path, text }) =>
  mayTouchTheWorld(path)
    ? []
    : found(text, /\b(Math\.random|crypto\.(randomUUID|getRandomValues))\b/g, 'chance comes from the Random port');

export const environmentIsReadInMain: Rule = ({ path, text }) =>
  mayTouchTheWorld(path) || isTest(path)
    ? []
    : found(text, /\bprocess\.(env|on|exit|argv|cwd)\b/g, 'belongs in main.ts');

export const nothingIsPutOff: Rule = ({ text }) =>
  [...text.matchAll(/\b(TODO|FIXME|XXX|HACK)\b/g)].map((match) => `line ${lineOf(text, match.index)}: ${match[0]}`);

const EMPTY_WORDS = new Set(['utils', 'util', 'helpers', 'helper', 'manager', 'data', 'info', 'misc', 'common']);

export const namesSaySomething: Rule = ({ path }) => {
  const noun = path.split('/').at(-1)?.split('.')[0]?.split('-').at(-1) ?? '';
  return EMPTY_WORDS.has(noun) ? [`"${noun}" as a file's noun says nothing about what is inside`] : [];
};

/** Relative links of a Markdown file lead to files that are there, and to headings that are in them. */
export const linksLeadSomewhere =
  (root: string): Rule =>
  ({ path, text }) => {
    const withoutCode = text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '');
    const targets = [...withoutCode.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map((match) => match[1] ?? '');
    return targets.flatMap((target) => {
      if (/^[a-z][a-z+.-]*:/i.test(target)) return [];
      const [place = '', heading] = target.split('#');
      const file = place === '' ? join(root, path) : join(root, dirname(path), decodeURIComponent(place));
      if (!existsSync(file)) return [`links to ${target}, which is not there`];
      if (heading === undefined || statSync(file).isDirectory() || !file.endsWith('.md')) return [];
      return anchorsOf(readFileSync(file, 'utf8')).has(heading) ? [] : [`links to ${target}, and has no such heading`];
    });
  };

/** As the usual forges make them: lower case, no punctuation, spaces to hyphens; repeated ones are numbered. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const match of markdown.replace(/```[\s\S]*?```/g, '').matchAll(/^#{1,6} +(.*)$/gm)) {
    const words = (match[1] ?? '')
      .replace(/[`*]|\[|\]\([^)]*\)/g, '')
      .trim()
      .toLowerCase();
    const plain = words.replace(/[^\p{L}\p{N}_ -]/gu, '').replace(/ /g, '-');
    let anchor = plain;
    for (let repeat = 1; anchors.has(anchor); repeat++) anchor = `${plain}-${repeat}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Complaints about what occurs in the code of a file, comments left out. */
function found(text: string, pattern: RegExp, complaint: string): string[] {
  const code = text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1');
  return [...code.matchAll(pattern)].map((match) => `line ${lineOf(code, match.index)}: ${match[0]}: ${complaint}`);
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
