// What subjects, buckets, keys and paths may be called: the rules of NATS subjects and of JetStream's key-value buckets, in one place
// so that the in-memory versions refuse what a server would refuse.

import { runtimeErrors } from './errors.ts';

const TOKEN = /^[^\s.*>\0]+$/;
const NAME = /^[-\w]{1,200}$/;
const KEY = /^[-/=\w]+(\.[-/=\w]+)*$/;

function refuse(what: string, name: string, rule: string): never {
  throw runtimeErrors.create('RUNTIME_BAD_NAME', { what, name, rule });
}

export function checkSubject(subject: string): void {
  for (const token of subject.split('.')) {
    if (!TOKEN.test(token)) refuse('the subject', subject, 'tokens parted by dots, without blanks and wildcards');
  }
}

export function checkPattern(pattern: string): void {
  const tokens = pattern.split('.');
  tokens.forEach((token, index) => {
    const wild = token === '*' || (token === '>' && index === tokens.length - 1);
    if (!wild && !TOKEN.test(token)) {
      refuse(
        'the subject pattern',
        pattern,
        'tokens parted by dots; "*" stands for one token and a last ">" for the rest',
      );
    }
  });
}

/** Names of buckets and logs. */
export function checkName(what: string, name: string): void {
  if (!NAME.test(name)) refuse(what, name, 'letters, digits, "-" and "_", at most 200');
}

export function checkKey(key: string): void {
  if (!KEY.test(key) || key.startsWith('_kv'))
    refuse('the key', key, 'letters, digits, "-", "_", "/", "=" and single dots');
}

/** Whether a subject falls under a pattern (both already checked). */
export function subjectMatches(pattern: readonly string[], subject: readonly string[]): boolean {
  for (let index = 0; index < pattern.length; index++) {
    const token = pattern[index];
    if (token === '>') return subject.length > index;
    if (index >= subject.length || (token !== '*' && token !== subject[index])) return false;
  }
  return pattern.length === subject.length;
}

/** A relative path's parts; refuses what would leave the root. */
export function pathParts(path: string): readonly string[] {
  const parts = path.split('/');
  if (
    parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0') || part.includes('\\'))
  ) {
    throw runtimeErrors.create('RUNTIME_BAD_PATH', { path });
  }
  return parts;
}
