// Preloaded into redisctl by tests (dying.py): ends, stops or cheats the process at an exact point of its work, so that
// "killed at any moment" is each moment once, without a hook in the program. Set in the environment:
//
//   REDISCTL_DIE_AT_FSYNC=N    SIGKILL to itself when its N-th fsync or fdatasync is done, before it returns
//   REDISCTL_STOP_AT_FSYNC=N   SIGSTOP there instead; it goes on when somebody sends SIGCONT
//   REDISCTL_SYNCING=A|B       for the two above: only an fsync behind a write to a file that holds one of these texts counts
//   REDISCTL_DIE_AT_SEND=N     SIGKILL when the kernel has taken its N-th send or write to a TCP connection
//   REDISCTL_STOP_AT_SEND=N    SIGSTOP there instead
//   REDISCTL_SENDING=A|B       for the two above: only those that hold one of these texts count (never true inside TLS)
//   REDISCTL_FULL_AT_WRITE=N   its N-th write to a regular file and all after it fail with ENOSPC
//   REDISCTL_CLOCK_AT_FSYNC=N:S  from its N-th fsync on the wall clock is S seconds off, the monotonic one is not
//
// What the process starts itself is not preloaded.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static long die_at_fsync, stop_at_fsync, die_at_send, stop_at_send, full_at_write, clock_at_fsync, clock_off;
static const char *sending, *syncing;
static atomic_int noted;
static atomic_long fsyncs, sends, writes;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void) {
    unsetenv("LD_PRELOAD");
    die_at_fsync = number("REDISCTL_DIE_AT_FSYNC");
    stop_at_fsync = number("REDISCTL_STOP_AT_FSYNC");
    die_at_send = number("REDISCTL_DIE_AT_SEND");
    stop_at_send = number("REDISCTL_STOP_AT_SEND");
    full_at_write = number("REDISCTL_FULL_AT_WRITE");
    clock_at_fsync = number("REDISCTL_CLOCK_AT_FSYNC");
    const char *off = getenv("REDISCTL_CLOCK_AT_FSYNC");
    off = off ? strchr(off, ':') : NULL;
    clock_off = off ? strtol(off + 1, NULL, 10) : 0;
    sending = getenv("REDISCTL_SENDING");
    syncing = getenv("REDISCTL_SYNCING");
}

// The next definition of the function that asks: the C library's.
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void at(long now, long die, long stop) {
    const int saved = errno;
    if (now == die) kill(getpid(), SIGKILL);
    if (now == stop) kill(getpid(), SIGSTOP);
    errno = saved;
}

static void synced(int result) {
    if (syncing && *syncing && !atomic_exchange(&noted, 0)) return;
    if (result == 0) at(atomic_fetch_add(&fsyncs, 1) + 1, die_at_fsync, stop_at_fsync);
}

static int is_tcp(int fd) {
    int domain = 0, type = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return 0;
    size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return 0;
    return (domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM;
}

static int holds(const char *data, size_t size, const char *texts) {
    for (const char *text = texts; *text;) {
        const size_t length = strcspn(text, "|");
        if (memmem(data, size, text, length)) return 1;
        text += length + (text[length] == '|');
    }
    return 0;
}

static int counts(const char *data, size_t size) {
    return !sending || !*sending || holds(data, size, sending);
}

static void sent(int fd, const void *data, ssize_t size) {
    const int saved = errno;
    if (size > 0 && (die_at_send || stop_at_send) && is_tcp(fd) && counts(data, (size_t)size))
        at(atomic_fetch_add(&sends, 1) + 1, die_at_send, stop_at_send);
    errno = saved;
}

static int full(int fd) {
    struct stat about;
    if (!full_at_write || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    if (atomic_fetch_add(&writes, 1) + 1 < full_at_write) return 0;
    errno = ENOSPC;
    return 1;
}

int fsync(int fd) {
    const int result = REAL(fsync)(fd);
    synced(result);
    return result;
}

int fdatasync(int fd) {
    const int result = REAL(fdatasync)(fd);
    synced(result);
    return result;
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
    const ssize_t taken = REAL(send)(fd, data, size, flags);
    sent(fd, data, taken);
    return taken;
}

ssize_t write(int fd, const void *data, size_t size) {
    if (full(fd)) return -1;
    const ssize_t taken = REAL(write)(fd, data, size);
    if (syncing && taken > 0 && !is_tcp(fd) && holds(data, (size_t)taken, syncing)) atomic_store(&noted, 1);
    sent(fd, data, taken);
    return taken;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    return full(fd) ? -1 : REAL(pwrite)(fd, data, size, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (full(fd)) return -1;
    const ssize_t taken = REAL(writev)(fd, parts, count);
    // A text that is spread over two parts is not seen.
    for (ssize_t i = 0, left = taken; i < count && left > 0; left -= (ssize_t)parts[i].iov_len, ++i) {
        const ssize_t size = (ssize_t)parts[i].iov_len < left ? (ssize_t)parts[i].iov_len : left;
        if (i == 0 || (sending && *sending)) sent(fd, parts[i].iov_base, size);
    }
    return taken;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    const int result = REAL(clock_gettime)(clock, time);
    if (result == 0 && clock == CLOCK_REALTIME && clock_at_fsync && atomic_load(&fsyncs) >= clock_at_fsync) time->tv_sec += clock_off;
    return result;
}
