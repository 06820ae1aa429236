#pragma once

void virtio_console_exercise(void);
