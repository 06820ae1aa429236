// The set-up itself as a process, so that it can be started under flock: setup.mjs decides, this one does.
import { setUp } from './setup.mjs';
import { endWith } from './setup-failure.mjs';

try {
  setUp(/** @type {import('./setup.mjs').Need[]} */ (process.argv.slice(2)));
} catch (error) {
  endWith(error);
}
