// Names in sentences, and the order of names for people and for ties: runs of digits by their value, so that h2 comes before h10. The
// same on every machine (no locale).

/** `host h3`, but `host-3` when the name says already what it names. */
export function hostCalled(name: string): string {
  return /host|node/i.test(name) ? name : `host ${name}`;
}

/** `VM web`, but `vm-3` and `v3`. */
export function vmCalled(name: string): string {
  return /^v/i.test(name) ? name : `VM ${name}`;
}

export function compareNames(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const endA = digitsEnd(a, i);
    const endB = digitsEnd(b, j);
    if (endA > i && endB > j) {
      const order = Number(a.slice(i, endA)) - Number(b.slice(j, endB));
      if (order !== 0) return order;
      i = endA;
      j = endB;
      continue;
    }
    const order = a.charCodeAt(i) - b.charCodeAt(j);
    if (order !== 0) return order;
    i += 1;
    j += 1;
  }
  const rest = a.length - i - (b.length - j);
  // Equal but for leading zeros: any fixed order will do.
  return rest !== 0 ? rest : a < b ? -1 : a > b ? 1 : 0;
}

function digitsEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1;
  return end;
}
