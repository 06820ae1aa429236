// Builds the guest programs, bit for bit the same wherever it runs: one pinned compiler, no paths, times or build ids in
// the images. `--check` builds elsewhere and compares with the committed images instead of replacing them; it is what CI
// runs where the compiler is installed. The pin is guests/toolchain.json.
//
//   npm run guests:build                 rebuild guests/build/*.elf
//   npm run guests:build -- --check      compare; exit 1 on a difference, 3 without the pinned compiler

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GUEST_NAMES, type GuestName, TEST_GUESTS, type TestGuestName } from '../guests/guest-names.ts';

const PREFIX = 'riscv64-unknown-elf-';

const CODE_FLAGS = [
  '-march=rv64imac_zicsr_zifencei',
  '-mabi=lp64',
  '-mcmodel=medany',
  '-mstrict-align',
  '-ffreestanding',
  '-fno-builtin',
  '-std=c11',
  '-O2',
  '-g0',
  '-fno-pic',
  '-fno-common',
  '-fno-ident',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fno-tree-loop-distribute-patterns',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wall',
  '-Wextra',
  '-Wmissing-prototypes',
  '-Werror',
];

const LINK_FLAGS = [
  '-nostdlib',
  '-static',
  '-Wl,--build-id=none',
  '-Wl,--gc-sections',
  '-Wl,--strip-debug',
  '-Wl,--discard-all',
  '-Wl,--fatal-warnings',
  '-Wl,-z,max-page-size=4096',
];

/** The world is not as it must be; the message is for the user. */
export class BuildRefused extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

interface Pin {
  readonly package: string;
  readonly version: string;
}

interface Toolchain {
  readonly distribution: string;
  readonly gcc: Pin;
  readonly binutils: Pin;
}

export function readToolchain(guests: string): Toolchain {
  return JSON.parse(readFileSync(join(guests, 'toolchain.json'), 'utf8')) as Toolchain;
}

/** Refuses any compiler or linker but the pinned ones. `versionOf` answers the first line of a program's --version. */
export function requireToolchain(toolchain: Toolchain, versionOf: (program: string) => string | undefined): void {
  const wanted = [
    { program: `${PREFIX}gcc`, pin: toolchain.gcc },
    { program: `${PREFIX}ld`, pin: toolchain.binutils },
  ];
  for (const { program, pin } of wanted) {
    const found = versionOf(program);
    if (found?.includes(`(${pin.version})`)) continue;
    const what = found === undefined ? `${program} is not installed` : `${program} is "${found}"`;
    throw new BuildRefused(
      `${what}. The guests are built with ${pin.package} ${pin.version} of ${toolchain.distribution} and nothing else, ` +
        `so that images are the same bit for bit. Install it there with: apt-get install ${pin.package}=${pin.version}`,
      3,
    );
  }
}

/** Undefined when the program is not there. */
export function installedVersion(program: string): string | undefined {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n')[0];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function sourcesIn(guests: string, folder: string): string[] {
  return readdirSync(join(guests, folder))
    .filter((file) => /\.(c|S)$/.test(file))
    .sort()
    .map((file) => `${folder}/${file}`);
}

// Sources are named relative to `guests` and objects lie elsewhere, so no path of this machine reaches the compiler's output.
function compile(guests: string, source: string, objects: string): string {
  const object = join(objects, `${source.replaceAll('/', '-')}.o`);
  const prefixMaps = [`-ffile-prefix-map=${guests}=.`, `-ffile-prefix-map=${objects}=.`];
  const args = [...CODE_FLAGS, ...prefixMaps, '-Ikernel', '-c', source, '-o', object];
  runCompiler(guests, args, source);
  return object;
}

function runCompiler(guests: string, args: readonly string[], what: string): void {
  const env = reproducibleEnvironment();
  const { status, error } = spawnSync(`${PREFIX}gcc`, args, { cwd: guests, stdio: 'inherit', env });
  if (error !== undefined) throw error;
  if (status !== 0) throw new BuildRefused(`${what} does not build; the compiler says why above`, 1);
}

function reproducibleEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', SOURCE_DATE_EPOCH: '0' };
}

/** Builds every guest of the folder `guests` and answers the images. */
export function buildGuests(guests: string): Map<GuestName | TestGuestName, Buffer> {
  const objects = mkdtempSync(join(tmpdir(), 'lightsout-guests-'));
  try {
    const kernel = new Map(sourcesIn(guests, 'kernel').map((source) => [source, compile(guests, source, objects)]));
    const images = new Map<GuestName | TestGuestName, Buffer>();
    for (const name of GUEST_NAMES) images.set(name, link(guests, name, [...kernel.values()], objects));
    for (const [name, parts] of Object.entries(TEST_GUESTS) as [TestGuestName, readonly string[]][]) {
      const taken = parts.map((part) => kernel.get(`kernel/${part}`)!);
      images.set(name, link(guests, name, taken, objects));
    }
    return images;
  } finally {
    rmSync(objects, { recursive: true });
  }
}

function link(guests: string, name: string, kernel: readonly string[], objects: string): Buffer {
  const own = sourcesIn(guests, name).map((source) => compile(guests, source, objects));
  const image = join(objects, `${name}.elf`);
  const args = [...CODE_FLAGS, ...LINK_FLAGS, '-T', 'kernel/kernel.ld', ...kernel, ...own, '-o', image];
  runCompiler(guests, args, `${name}.elf`);
  return readFileSync(image);
}

function readCommitted(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** One line for each image that is not, byte for byte, what the sources give. */
export function compareWithCommitted(guests: string, images: Map<GuestName | TestGuestName, Buffer>): string[] {
  const differences: string[] = [];
  for (const [name, image] of images) {
    const committed = readCommitted(join(guests, 'build', `${name}.elf`));
    if (committed?.equals(image)) continue;
    const how = committed === undefined ? 'is missing' : `differs (${committed.length} bytes, built ${image.length})`;
    differences.push(`guests/build/${name}.elf ${how}; run: npm run guests:build`);
  }
  return differences;
}

function main(): void {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const guests = fileURLToPath(new URL('../guests', import.meta.url));
  requireToolchain(readToolchain(guests), installedVersion);
  const images = buildGuests(guests);
  if (values.check) {
    const differences = compareWithCommitted(guests, images);
    if (differences.length > 0) throw new BuildRefused(differences.join('\n'), 1);
    console.log(`${images.size} guest images are what their sources give, byte for byte`);
    return;
  }
  mkdirSync(join(guests, 'build'), { recursive: true });
  for (const [name, image] of images) {
    writeFileSync(join(guests, 'build', `${name}.elf`), image);
    console.log(`guests/build/${name}.elf  ${image.length} bytes`);
  }
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    if (!(error instanceof BuildRefused)) throw error;
    console.error(`guests:build: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
