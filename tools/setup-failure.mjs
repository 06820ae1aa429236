// The one way in which set-up gives up: a message that says what happened and, line by line, what to do about it.
// Whoever catches it prints exactly that, without a stack, and exits with 3 ("something needed is missing").

/** The exit code of everything of ours that stops because something it needs is missing. */
export const exitMissing = 3;

export class SetupFailure extends Error {
  /**
   * @param {string} message what happened
   * @param {readonly string[]} [whatToDo]
   */
  constructor(message, whatToDo = []) {
    super([message, ...whatToDo.map((line) => `  ${line}`)].join('\n'));
    this.name = 'SetupFailure';
  }
}

/**
 * Ends the process the way each of our tools ends on this failure; any other error is a bug and keeps its stack.
 * @param {unknown} error
 * @returns {never}
 */
export function endWith(error) {
  if (!(error instanceof SetupFailure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(exitMissing);
}
