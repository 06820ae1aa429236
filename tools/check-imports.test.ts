// The import rules, each held against a small tree that breaks it: a rule whose pattern matches nothing would pass
// unnoticed for as long as everybody keeps to it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CHECK = fileURLToPath(new URL('check-imports.mjs', import.meta.url));

const packageOf = (name: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', type: 'module', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: 'export const it = 1;\n',
});

/** Every file of the tree, by what it may or may not do. */
const TREE: Record<string, string> = {
  'package.json': JSON.stringify({
    type: 'module',
    dependencies: { nats: '1.0.0', fastify: '1.0.0', commander: '1.0.0', yaml: '1.0.0' },
    devDependencies: { vitest: '1.0.0' },
  }),
  ...packageOf('nats'),
  ...packageOf('fastify'),
  ...packageOf('commander'),
  ...packageOf('yaml'),
  ...packageOf('vitest'),
  ...packageOf('unlisted'),
  'shared/machine/mod.ts': "export { decode } from './decode.ts';\n",
  'shared/machine/decode.ts': 'export const decode = 1;\n',
  'shared/machine/decode.test.ts': "import '../vmm/frame.ts';\nimport 'vitest';\nimport 'node:fs';\n",
  'shared/machine/with-package.ts': "import 'yaml';\n",
  'shared/machine/upward.ts': "import '../vmm/mod.ts';\n",
  'shared/vmm/mod.ts': "import '../machine/mod.ts';\nimport '../runtime/mod.ts';\n",
  'shared/vmm/frame.ts': 'export const frame = 1;\n',
  'shared/vmm/past-the-door.ts': "import { decode } from '../machine/decode.ts';\nexport const a = decode;\n",
  'shared/vmm/type-past-the-door.ts':
    "import type { decode } from '../machine/decode.ts';\nexport type A = typeof decode;\n",
  'shared/vmm/files.ts': "import 'node:fs/promises';\n",
  'shared/vmm/ring-a.ts': "import { b } from './ring-b.ts';\nexport const a = () => b;\n",
  'shared/vmm/ring-b.ts': "import { a } from './ring-a.ts';\nexport const b = () => a;\n",
  'shared/vmm/names-back.ts': "import type { Named } from './named-by.ts';\nexport type Back = Named | 1;\n",
  'shared/vmm/named-by.ts': "import type { Back } from './names-back.ts';\nexport type Named = Back[];\n",
  'shared/vmm/nowhere.ts': "import './not-there.ts';\n",
  'shared/vmm/with-dev-package.ts': "import 'vitest';\n",
  'shared/vmm/with-unlisted-package.ts': "import 'unlisted';\n",
  'shared/vmm/with-test.ts': "import './testing/sample.ts';\n",
  'shared/vmm/testing/sample.ts': "import 'vitest';\n",
  'shared/vmm/to-service.ts': "import '../../services/api/mod.ts';\n",
  'shared/runtime/mod.ts': 'export const clock = 1;\n',
  'shared/runtime/live/mod.ts': "import 'node:net';\nimport './nats/client.ts';\n",
  'shared/runtime/live/nats/client.ts': "import 'nats';\n",
  'shared/cluster/mod.ts': "import '../runtime/mod.ts';\n",
  'shared/cluster/with-nats.ts': "import 'nats';\n",
  'shared/cluster/live.ts': "import '../runtime/live/mod.ts';\n",
  'shared/policies/mod.ts': "import '../cluster/mod.ts';\n",
  'shared/policies/far-reach.ts': "import '../cluster/live.ts';\n",
  'services/api/mod.ts': "import 'fastify';\n",
  'services/api/main.ts': "import './mod.ts';\nimport '../../shared/runtime/live/mod.ts';\nimport 'node:process';\n",
  'services/api/to-sibling.ts': "import '../cli/mod.ts';\n",
  'services/cli/mod.ts': "import 'commander';\n",
  'services/cli/with-fastify.ts': "import 'fastify';\n",
  'services/scheduler/with-commander.ts': "import 'commander';\n",
  'services/embedded/mod.ts': "import '../api/mod.ts';\nimport '../cli/mod.ts';\n",
  'bench/past-the-door.ts': "import '../shared/vmm/frame.ts';\n",
  'test/whole.test.ts': "import '../shared/vmm/frame.ts';\nimport '../services/api/mod.ts';\n",
};

/** What the check has to say about the tree, and all it has to say. */
const COMPLAINTS = [
  'arrows-of-machine: shared/machine/upward.ts → shared/vmm/mod.ts',
  'home-of-commander: services/scheduler/with-commander.ts → node_modules/commander/index.js',
  'home-of-fastify: services/cli/with-fastify.ts → node_modules/fastify/index.js',
  'home-of-nats: shared/cluster/with-nats.ts → node_modules/nats/index.js',
  'machine-alone: shared/machine/with-package.ts → node_modules/yaml/index.js',
  'no-cycles: shared/vmm/ring-a.ts → shared/vmm/ring-b.ts → shared/vmm/ring-a.ts',
  'no-dev-packages-in-the-product: shared/vmm/with-dev-package.ts → node_modules/vitest/index.js',
  'no-dev-packages-in-the-product: shared/vmm/with-unlisted-package.ts → node_modules/unlisted/index.js',
  'no-tests-in-the-product: shared/vmm/with-test.ts → shared/vmm/testing/sample.ts',
  'policies-are-pure: shared/policies/far-reach.ts → shared/cluster/live.ts → shared/runtime/live/mod.ts',
  'policies-are-pure: shared/policies/far-reach.ts → shared/cluster/live.ts → shared/runtime/live/mod.ts → shared/runtime/live/nats/client.ts',
  'policies-are-pure: shared/policies/far-reach.ts → shared/cluster/live.ts → shared/runtime/live/mod.ts → shared/runtime/live/nats/client.ts → node_modules/nats/index.js',
  'resolvable: shared/vmm/nowhere.ts → ./not-there.ts',
  'services-apart: services/api/to-sibling.ts → services/cli/mod.ts',
  'shared-below-services: shared/vmm/to-service.ts → services/api/mod.ts',
  'through-the-door-from-outside: bench/past-the-door.ts → shared/vmm/frame.ts',
  'through-the-door: shared/policies/far-reach.ts → shared/cluster/live.ts',
  'through-the-door: shared/vmm/past-the-door.ts → shared/machine/decode.ts',
  'through-the-door: shared/vmm/type-past-the-door.ts → shared/machine/decode.ts',
  'world-through-ports: shared/vmm/files.ts → fs/promises',
];

let folder = '';
const check = () => spawnSync(process.execPath, [CHECK, folder], { encoding: 'utf8' });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lightsout-imports-'));
  for (const [path, text] of Object.entries(TREE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the import rules', () => {
  it('find every broken rule of a tree and nothing else', () => {
    const ended = check();
    const lines = ended.stdout.trim().split('\n');
    expect(lines.slice(0, -1).sort()).toEqual(COMPLAINTS);
    expect(ended.status).toBe(1);
  });

  it('complain about a folder of shared/ that they do not know', () => {
    mkdirSync(join(folder, 'shared/novelty'));
    expect(check().stdout).toContain('shared/novelty has no row');
    rmSync(join(folder, 'shared/novelty'), { recursive: true });
  });

  it('fail where there is nothing to read', () => {
    const empty = mkdtempSync(join(tmpdir(), 'lightsout-imports-'));
    mkdirSync(join(empty, 'shared'));
    const ended = spawnSync(process.execPath, [CHECK, empty], { encoding: 'utf8' });
    rmSync(empty, { recursive: true });
    expect(ended.stdout).toContain('0 files read');
    expect(ended.status).toBe(1);
  });
});
