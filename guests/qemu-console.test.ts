// The guests' console behaviour on QEMU, the peer.

import { describeConsoleOf } from './boards/console-contract.ts';
import { qemuBoard, qemuIsInstalled } from './boards/qemu-board.ts';
import { describeWithTool } from './boards/tool.ts';

describeWithTool('guests on QEMU', 'qemu-system-riscv64', qemuIsInstalled(), () => describeConsoleOf(qemuBoard));
