/*
 * The system calls of the data plane and nothing else: no keystream, no hash, no check. It tells what plain sockets
 * cost, packet by packet.
 *
 *   bare send HOST PORT TO_HOST TO_PORT BYTES_PER_SECOND MS   paced, in batches as the sender's
 *   bare forward HOST PORT TO_HOST TO_PORT
 *   bare receive HOST PORT
 *
 * Prints "ready" once it is bound, and ends when standard input does, or after MS; then it prints "DATAGRAMS USER_US
 * SYSTEM_US FIRST_US LAST_US": how many it sent or received, its processor time, and when the first and the last of
 * them came on the system's monotonic clock.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* As probe/io has them. */
enum { BATCH = 64, DATAGRAM = 1200, SOCKET_BUFFER = 4 << 20, DATAGRAMS_A_READ = 32 };
#define READ_NS 300000l
#define SEND_US 500ull

static char bytes[BATCH][DATAGRAM];
static struct mmsghdr messages[BATCH];
static struct iovec parts[BATCH];
static struct sockaddr_in names[BATCH];

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void wait_ns(long ns) {
  struct timespec t = {0, ns};
  nanosleep(&t, NULL);
}

static struct sockaddr_in address(const char *host, const char *port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  inet_pton(AF_INET, host, &to.sin_addr);
  return to;
}

static int is_over(void) {
  struct pollfd in = {.fd = 0, .events = POLLIN};
  char byte;
  return poll(&in, 1, 0) > 0 && read(0, &byte, 1) <= 0;
}

static int send_batch(int fd, int count, struct sockaddr_in *to) {
  for (int i = 0; i < count; i++) {
    messages[i].msg_hdr.msg_name = to;
    messages[i].msg_hdr.msg_namelen = sizeof *to;
  }
  return sendmmsg(fd, messages, count, MSG_DONTWAIT);
}

static int receive_batch(int fd) {
  for (int i = 0; i < BATCH; i++) {
    messages[i].msg_hdr.msg_name = &names[i];
    messages[i].msg_hdr.msg_namelen = sizeof names[i];
  }
  return recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
}

int main(int argc, char **argv) {
  int sends = argc == 8 && !strcmp(argv[1], "send");
  int forwards = argc == 6 && !strcmp(argv[1], "forward");
  if (!sends && !forwards && !(argc == 4 && !strcmp(argv[1], "receive"))) return 2;
  int fd = socket(AF_INET, SOCK_DGRAM, 0), size = SOCKET_BUFFER;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  struct sockaddr_in own = address(argv[2], argv[3]), to = {0};
  if (bind(fd, (struct sockaddr *)&own, sizeof own) != 0) {
    perror("bind");
    return 1;
  }
  if (argc > 5) to = address(argv[4], argv[5]);
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){bytes[i], DATAGRAM};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  puts("ready");
  fflush(stdout);

  uint64_t total = 0, start_us = now_us(), first_us = 0, last_us = 0;
  uint64_t end_us = sends ? start_us + atoll(argv[7]) * 1000 : UINT64_MAX;
  double per_us = sends ? atof(argv[6]) / 1e6 / DATAGRAM : 0;
  for (uint64_t looks = 0;; looks++) {
    uint64_t at_us = now_us();
    if (at_us >= end_us || (looks % 64 == 0 && is_over())) break;
    int done;
    if (sends) {
      int64_t due = (int64_t)((at_us - start_us) * per_us) - (int64_t)total;
      done = due > 0 ? send_batch(fd, due < BATCH ? due : BATCH, &to) : 0;
      if (due <= BATCH) wait_ns(SEND_US * 1000);
    } else {
      done = receive_batch(fd);
      if (done > 0 && forwards) send_batch(fd, done, &to);
      if (done < DATAGRAMS_A_READ) wait_ns(READ_NS);
    }
    if (done <= 0) continue;
    if (total == 0) first_us = at_us;
    last_us = at_us;
    total += done;
  }

  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("%llu %lld %lld %llu %llu\n", (unsigned long long)total,
         used.ru_utime.tv_sec * 1000000ll + used.ru_utime.tv_usec,
         used.ru_stime.tv_sec * 1000000ll + used.ru_stime.tv_usec, (unsigned long long)first_us,
         (unsigned long long)last_us);
  return 0;
}
