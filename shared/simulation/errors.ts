// What a user can do about traces and simulations that do not work out: the coded errors of this folder.

import { codedErrors } from '../runtime/mod.ts';

const BAD_INPUT = 2;

export const simulationErrors = codedErrors({
  TRACE_UNREADABLE: { template: 'the traces {path} cannot be read ({reason})', exitCode: BAD_INPUT },
  TRACE_BAD_SAMPLE: {
    template: '{file}:{line}:{column}: "{text}" is not a whole number from 0 to 100 (percent of the VM\'s CPU)',
    exitCode: BAD_INPUT,
  },
  TRACE_BAD_LENGTH: {
    template:
      '{file}:{line}: the file ends with {samples} samples, but a day has {wanted}, one for every 5 minutes, each on a line',
    exitCode: BAD_INPUT,
  },
  TRACE_TOO_LONG: {
    template: '{file}:{line}: there is more after the {wanted} samples of a day, one for every 5 minutes',
    exitCode: BAD_INPUT,
  },
  TRACE_EMPTY: {
    template: '{directory} holds no traces; a PlanetLab directory has one file for each VM',
    exitCode: BAD_INPUT,
  },
  TRACE_BAD_ORDER: {
    template: 'the order "{order}" is unknown; there are sorted, reverse and shuffle:N with a seed N, as in shuffle:7',
    exitCode: BAD_INPUT,
  },
  SIMULATION_BAD_POLICY: {
    template: 'there is no policy "{name}" in the model cloudsim-3.0.3; it has {known}',
    exitCode: BAD_INPUT,
  },
  SIMULATION_EVENTS_UNWRITABLE: { template: 'the events cannot be written to {path} ({reason})', exitCode: BAD_INPUT },
  SIMULATION_BAD_ARGUMENT: { template: 'the argument {argument} does not fit: {problem}', exitCode: BAD_INPUT },
  SIMULATION_NO_ROOM: {
    template:
      'VM {vm} of {vms} fits on no host when it is created, because all {hosts} hosts are full; use fewer traces',
    exitCode: BAD_INPUT,
  },
  SIMULATION_HOST_FULL: {
    template: 'at {time} s host {host} has no storage for another VM; CloudSim 3.0.3 ends here too',
    exitCode: BAD_INPUT,
  },
  SIMULATION_OVERLOAD: {
    template:
      'a host would be used to {utilization} of its capacity, and CloudSim 3.0.3 has no power for more than 1; it ends here too',
    exitCode: BAD_INPUT,
  },
});
