// Linux system calls that the Swift `Glibc` module does not import, or imports in a shape Swift cannot call.
//
// `_GNU_SOURCE` stays undefined: with it `fd_set` would differ from the one the `Glibc` module has seen, and the two
// modules could not be imported together. What needs it is called by number instead.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern long syscall(long number, ...);
extern void *memmem(const void *bytes, size_t count, const void *wanted, size_t wanted_count);
extern char *strptime(const char *text, const char *format, struct tm *parts);

/// How many bytes at the beginning of a text are a date in a format (strptime(3)); -1 if it begins with none.
static inline long clinux_parse_date(const char *text, const char *format, struct tm *parts) {
    const char *end = strptime(text, format, parts);
    return end ? end - text : -1;
}

/// Where some bytes first occur in others, in a time that grows with the two lengths and not with their product; -1 if they
/// do not.
static inline long clinux_find(const void *bytes, long count, const void *wanted, long wanted_count) {
    const char *found = memmem(bytes, (size_t)count, wanted, (size_t)wanted_count);
    return found ? found - (const char *)bytes : -1;
}

/// The calling thread's `errno`; to be read directly after the failed call.
static inline int clinux_errno(void) { return errno; }

/// The flag of `open` by which a folder gives a file without a name (open(2), `O_TMPFILE`).
static inline int clinux_o_tmpfile(void) { return __O_TMPFILE; }

/// Accepts a connection as a non-blocking descriptor that children do not inherit.
static inline int clinux_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return (int)syscall(SYS_accept4, fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/// How many bytes written to a TCP socket its peer has not acknowledged; 0 where that cannot be told.
static inline int clinux_unacknowledged(int fd) {
    int count = 0;
    return ioctl(fd, SIOCOUTQ, &count) == 0 ? count : 0;
}

/// Raises the soft limit of the process's descriptors to `wanted`, or as far as the hard one allows; never lowers it.
static inline void clinux_raise_descriptor_limit(unsigned long wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Names the calling thread; the kernel keeps 15 bytes.
static inline void clinux_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/// `epoll_ctl` with the 64-bit user data in place of the awkward `epoll_data` union.
static inline int clinux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event;
    event.events = events;
    event.data.u64 = data;
    return epoll_ctl(epoll, operation, fd, &event);
}

/// The 64-bit user data of an event.
static inline uint64_t clinux_epoll_data(const struct epoll_event *event) { return event->data.u64; }

/// A descriptor that becomes readable when the process ends; glibc 2.36 is the first with a wrapper.
static inline int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/// `openat2(2)`: opens `path` below `root` as if `root` were "/", so that no link leads out of it.
static inline int clinux_open_in_root(int root, const char *path, int flags, mode_t mode) {
    struct open_how how = {0};
    how.flags = (uint64_t)(unsigned)flags | O_CLOEXEC;
    how.mode = (flags & O_CREAT) ? mode : 0;
    how.resolve = RESOLVE_IN_ROOT;
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

/// `renameat2(2)` with `RENAME_NOREPLACE`: fails with `EEXIST` if the new name exists, and with `EINVAL` where the file
/// system has no such call.
static inline int clinux_rename_new(int folder, const char *name, int new_folder, const char *new_name) {
    return (int)syscall(SYS_renameat2, folder, name, new_folder, new_name, 1 /* RENAME_NOREPLACE */);
}

/// Where `clinux_forward_signal` writes; one per importing module, of which there is one.
static volatile int clinux_signal_descriptor = -1;

static void clinux_write_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    (void)!write(clinux_signal_descriptor, &byte, 1);
    errno = saved;
}

/// From now on the signal's number is written to `descriptor` as one byte, and has no other effect. A handler and not
/// `signalfd`: the main thread of a Swift program waits in `sigsuspend` with nothing blocked.
static inline int clinux_forward_signal(int number, int descriptor) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = clinux_write_signal;
    action.sa_flags = SA_RESTART;
    clinux_signal_descriptor = descriptor;
    return sigaction(number, &action, 0);
}

#endif
