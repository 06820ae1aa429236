#pragma once

void block_exercise(void);
