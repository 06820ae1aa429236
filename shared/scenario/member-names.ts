// Names of the members of a group (`vm-{n}`), and patterns that choose among names (`vm-*`).

/** `{n}` becomes the number, `{nn}` the number with at least two digits, and so on. */
export function fillNumber(text: string, number: number): string {
  return text.replaceAll(/\{(n+)\}/g, (_, letters: string) => String(number).padStart(letters.length, '0'));
}

export function hasNumber(text: string): boolean {
  return /\{n+\}/.test(text);
}

export function matchNames(pattern: string, names: readonly string[]): readonly string[] {
  const source = pattern
    .split('*')
    .map((literal) => literal.replaceAll(/[^A-Za-z0-9_]/g, '\\$&'))
    .join('.*');
  const expression = new RegExp(`^${source}$`);
  return names.filter((name) => expression.test(name));
}
