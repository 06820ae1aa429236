// The guests' console behaviour on our own machine: the same table as on QEMU.

import { describe } from 'vitest';
import { describeConsoleOf } from './boards/console-contract.ts';
import { lightsoutBoard } from './boards/lightsout-board.ts';

describe('guests on the Lightsout machine', () => describeConsoleOf(lightsoutBoard));
