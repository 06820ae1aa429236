// Exercises the virtio console: sends a text larger than a host may take at once, and returns a line in capitals.
#include "virtio-console.h"

#include "print.h"
#include "virtio.h"

#define SLOT 1
#define RECEIVE 0
#define TRANSMIT 1
#define TEXT_BYTES 10000

static struct queue receive;
static struct queue transmit;
static char text[TEXT_BYTES];
static char line[80];

static void send(char *bytes, uint32_t count) {
  struct piece pieces[] = {{bytes, 1, false}, {bytes + 1, count - 1, false}};
  queue_put(&transmit, pieces, 2);
  queue_notify(&transmit);
  queue_wait(&transmit);
}

void virtio_console_exercise(void) {
  virtio_begin(SLOT, VIRTIO_EVENT_INDEX);
  virtio_queue(&receive, SLOT, RECEIVE, false);
  virtio_queue(&transmit, SLOT, TRANSMIT, false);
  virtio_ready(SLOT);
  for (unsigned i = 0; i < TEXT_BYTES; i++) text[i] = i % 64 == 63 ? '\n' : (char)('!' + i * 7 % 90);
  send(text, TEXT_BYTES);
  print("console has sent\n");

  uint32_t had = 0;
  while (had == 0 || line[had - 1] != '\n') {
    struct piece piece = {line + had, (uint32_t)sizeof line - had, true};
    queue_put(&receive, &piece, 1);
    queue_notify(&receive);
    if (had == 0) print("console listens\n");
    had += queue_wait(&receive);
  }
  for (uint32_t i = 0; i < had; i++) {
    if (line[i] >= 'a' && line[i] <= 'z') line[i] = (char)(line[i] - 'a' + 'A');
  }
  send(line, had);
  print("console has heard %u bytes\n", had);
}
