// Errors of the world (host gone, message unanswered, bad file) as opposed to bugs, which are assertions. Each module keeps
// one table: a stable code, a template that says what happened, where, and what to do, and how a program should
// end for it. After the errors table of fastify (`lib/errors.js`).

export interface ErrorEntry {
  /** `{name}` is filled from the parameters. */
  readonly template: string;
  /** What a command exits with when this ends it: 1 an expectation failed, 2 bad input, 3 something needed is missing. */
  readonly exitCode?: number;
  /** HTTP status when it reaches the API. */
  readonly status?: number;
}

export type ErrorTable = Readonly<Record<string, ErrorEntry>>;

type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

export type ErrorParameters<T extends string> = { readonly [Name in Placeholders<T>]: string | number };

export class CodedError extends Error {
  readonly code: string;
  readonly exitCode: number | undefined;
  readonly status: number | undefined;
  readonly parameters: Readonly<Record<string, string | number>>;

  constructor(code: string, entry: ErrorEntry, parameters: Readonly<Record<string, string | number>>, cause?: unknown) {
    super(fill(entry.template, parameters), cause === undefined ? undefined : { cause });
    this.name = 'CodedError';
    this.code = code;
    this.exitCode = entry.exitCode;
    this.status = entry.status;
    this.parameters = parameters;
  }
}

export interface CodedErrors<T extends ErrorTable> {
  /** For the generated reference. */
  readonly table: T;
  create<Code extends keyof T & string>(
    code: Code,
    parameters: ErrorParameters<T[Code]['template']>,
    cause?: unknown,
  ): CodedError;
}

/** A module's errors. Codes begin with the module's name in capitals, as in RUNTIME_TIMEOUT. */
export function codedErrors<const T extends ErrorTable>(table: T): CodedErrors<T> {
  return {
    table,
    create(code, parameters, cause) {
      return new CodedError(code, table[code]!, parameters, cause);
    },
  };
}

export function hasCode(error: unknown, ...codes: readonly string[]): error is CodedError {
  return error instanceof CodedError && codes.includes(error.code);
}

function fill(template: string, parameters: Readonly<Record<string, string | number>>): string {
  return template.replaceAll(/\{([a-zA-Z]+)\}/g, (_, name: string) => String(parameters[name]));
}
