// What is wrong with a scenario file, and how it is said: file:line:column, the offending line with a caret, what was
// expected, and a guess at what was meant. All problems of a file are told at once.

export interface SourceRange {
  /** Offsets into the text. */
  readonly start: number;
  readonly end: number;
}

export interface Problem {
  readonly range: SourceRange;
  readonly message: string;
  /** A replacement for what stands in the range. */
  readonly suggestion?: string;
}

export class ScenarioError extends Error {
  readonly code = 'SCENARIO_INVALID';
  readonly exitCode = 2;
  readonly problems: readonly Problem[];

  constructor(file: string, text: string, problems: readonly Problem[]) {
    super(describeProblems(file, text, problems));
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}

/** Chosen: enough to repair a file in one go, little enough to read. */
const PROBLEMS_SHOWN_MAX = 20;

export function describeProblems(file: string, text: string, problems: readonly Problem[]): string {
  const lines = text.split('\n');
  const sorted = problems.toSorted((a, b) => a.range.start - b.range.start);
  const parts = sorted.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => describe(file, text, lines, problem));
  if (sorted.length > PROBLEMS_SHOWN_MAX) parts.push(`… and ${sorted.length - PROBLEMS_SHOWN_MAX} more`);
  return parts.join('\n\n');
}

function describe(file: string, text: string, lines: readonly string[], problem: Problem): string {
  const start = Math.min(problem.range.start, text.length);
  const before = text.slice(0, start);
  const lineIndex = before.split('\n').length - 1;
  const column = start - (before.lastIndexOf('\n') + 1);
  const line = (lines[lineIndex] ?? '').replace(/\r$/, '');
  const width = Math.max(1, Math.min(problem.range.end, start + line.length - column) - start);
  const number = String(lineIndex + 1);
  const margin = ' '.repeat(number.length);
  const caretIndent = line.slice(0, column).replace(/[^\t]/g, ' ');
  const excerpt = [`  ${number} | ${line}`, `  ${margin} | ${caretIndent}${'^'.repeat(width)}`];
  if (problem.suggestion !== undefined) excerpt.push(`  ${margin} = did you mean \`${problem.suggestion}\`?`);
  return [`${file}:${number}:${column + 1}: ${problem.message}`, ...excerpt].join('\n');
}
