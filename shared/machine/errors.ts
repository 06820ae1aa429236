// Errors of the world that the machine meets: images and saved states come from files and other hosts. The machine imports
// nothing but itself, so its error has the shape of shared/runtime's coded errors without being one of them.

export type MachineErrorCode = 'MACHINE_BAD_IMAGE' | 'MACHINE_BAD_STATE' | 'MACHINE_BAD_CONFIG';

const TEMPLATES: Readonly<Record<MachineErrorCode, string>> = {
  MACHINE_BAD_IMAGE:
    'cannot load this program: {problem}; expected a 64-bit little-endian RISC-V ELF executable inside RAM',
  MACHINE_BAD_STATE: 'cannot restore this machine: {problem}',
  MACHINE_BAD_CONFIG: 'cannot make this machine: {problem}',
};

export class MachineError extends Error {
  readonly code: MachineErrorCode;
  /** What a command exits with: bad input. */
  readonly exitCode = 2;

  constructor(code: MachineErrorCode, problem: string) {
    super(TEMPLATES[code].replace('{problem}', problem));
    this.name = 'MachineError';
    this.code = code;
  }
}
