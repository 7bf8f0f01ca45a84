/*
 * A path with delay and random loss between two TUN devices, for kernels without netem.
 *
 *   shim NAME_A NAME_B
 *
 * It makes both devices (they go when it ends), prints "ready", and forwards every packet from one to the other, in
 * order, after a delay. Lines on standard input:
 *
 *   set DELAY_US LOSS_PPM   one-way delay and share of packets lost, both directions alike
 *   count                   prints "PACKETS LOST OVERFLOWED" of the direction from A to B since the start
 *
 * It ends when standard input does, so it never outlives whoever started it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PACKET = 2048, BATCH = 256 };
/* While packets come this close, the devices are looked at so often instead of at every packet: being woken for each
   would cost whoever sends it, and this program, more than all the rest. It is as much as a delay may be late. */
#define LOOK_NS 200000ull
#define BUSY_NS 2000000ull
/* Holds 150 ms of 2 Gbit/s in packets of 1228 bytes. */
#define SLOTS 32768

struct slot {
  uint64_t due_ns;
  int length;
  unsigned char bytes[MAX_PACKET];
};

struct line {
  int from, to;
  struct slot *slots;
  uint64_t head, tail; /* taken out, put in */
  uint64_t packets, lost, overflowed;
};

static uint64_t delay_ns, loss_threshold, busy_until, random_state = 88172645463325252ull;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* xorshift64* (Vigna, 2016) */
static uint64_t next_random(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * 2685821657736338717ull;
}

static int open_tun(const char *name) {
  struct ifreq request;
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) fail("/dev/net/tun");
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd, TUNSETIFF, &request) < 0) fail(name);
  return fd;
}

/* Takes in what waits at the device; returns whether there was anything. */
static int take(struct line *line) {
  unsigned char discarded[MAX_PACKET];
  int taken = 0;
  for (; taken < BATCH; taken++) {
    int full = line->tail - line->head == SLOTS;
    struct slot *slot = &line->slots[line->tail % SLOTS];
    ssize_t length = read(line->from, full ? discarded : slot->bytes, MAX_PACKET);
    if (length <= 0) break;
    line->packets++;
    if (next_random() < loss_threshold) {
      line->lost++;
    } else if (full) {
      line->overflowed++;
    } else {
      slot->length = (int)length;
      slot->due_ns = now_ns() + delay_ns;
      line->tail++;
    }
  }
  return taken > 0;
}

/* Lets go what is due; returns when the next one is, or 0 if none waits. */
static uint64_t release(struct line *line) {
  uint64_t now = now_ns();
  while (line->head < line->tail) {
    struct slot *slot = &line->slots[line->head % SLOTS];
    if (slot->due_ns > now) return slot->due_ns;
    if (write(line->to, slot->bytes, slot->length) < 0) line->overflowed++;
    line->head++;
  }
  return 0;
}

static void obey(char *order, struct line *forward) {
  unsigned long delay_us, loss_ppm;
  if (sscanf(order, "set %lu %lu", &delay_us, &loss_ppm) == 2) {
    delay_ns = delay_us * 1000ull;
    loss_threshold = UINT64_MAX / 1000000 * loss_ppm;
  } else if (strncmp(order, "count", 5) == 0) {
    printf("%llu %llu %llu\n", (unsigned long long)forward->packets, (unsigned long long)forward->lost,
           (unsigned long long)forward->overflowed);
  }
}

int main(int argc, char **argv) {
  struct line forward = {0}, back = {0};
  char orders[256];
  size_t used = 0;
  if (argc != 3) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  prctl(PR_SET_TIMERSLACK, 1000ul); /* ns; the usual 50 us would show in the delay */
  forward.from = back.to = open_tun(argv[1]);
  forward.to = back.from = open_tun(argv[2]);
  forward.slots = malloc(SLOTS * sizeof(struct slot));
  back.slots = malloc(SLOTS * sizeof(struct slot));
  if (!forward.slots || !back.slots) fail("memory");
  puts("ready");

  for (;;) {
    struct pollfd files[3] = {{forward.from, POLLIN, 0}, {back.from, POLLIN, 0}, {0, POLLIN, 0}};
    struct pollfd *orders_in = &files[2];
    int taken = take(&forward) | take(&back);
    uint64_t a = release(&forward), b = release(&back), next = !a ? b : !b || a < b ? a : b, now = now_ns();
    if (taken) busy_until = now + BUSY_NS;
    uint64_t wait = next && next <= now ? 0 : next ? next - now : 1000000000ull;
    int busy = now < busy_until;
    if (busy && wait > LOOK_NS) wait = LOOK_NS;
    struct timespec timeout = {(time_t)(wait / 1000000000ull), (long)(wait % 1000000000ull)};
    if (ppoll(busy ? orders_in : files, busy ? 1 : 3, &timeout, NULL) <= 0 || !orders_in->revents) continue;
    ssize_t got = read(0, orders + used, sizeof orders - 1 - used);
    if (got <= 0) return 0;
    used += (size_t)got;
    orders[used] = 0;
    for (char *end; (end = strchr(orders, '\n'));) {
      *end = 0;
      obey(orders, &forward);
      used -= (size_t)(end + 1 - orders);
      memmove(orders, end + 1, used + 1);
    }
  }
}
