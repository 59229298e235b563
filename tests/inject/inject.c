/* Makes one system call of a program fail: loaded with LD_PRELOAD by tests/injected.rs.
 *
 * INJECT_CALL   the call: open, read, write, fsync, rename, unlink, mkdir, mmap, ftruncate, thread, spawn
 * INJECT_AT     which of them fails, counted from 1 over all threads of the process; 0 fails none
 * INJECT_ERRNO  the error that it gives
 * INJECT_IN     "child" or "parent": the process that runs the model, or the one that started it
 * INJECT_COUNT  a file that gets a line with the number of such calls when the process ends
 *
 * Only calls through the C library are seen; those that it makes itself (the memory of a thread's stack) are not.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *call;
static long at;
static int with;
static atomic_long count;

static void begin(void) __attribute__((constructor));
static void begin(void) {
    const char *in = getenv("INJECT_IN"), *wanted = getenv("INJECT_CALL");
    char name[64] = "";
    int fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY);
    if (fd >= 0) {
        long got = syscall(SYS_read, fd, name, sizeof name - 1);
        name[got > 0 ? got : 0] = 0;
        syscall(SYS_close, fd);
    }
    int is_child = strncmp(name, "probe-run-by-", 13) == 0;
    const char *slash = strrchr(name, '/');
    int is_parent = !is_child && strncmp(slash ? slash + 1 : name, "probe", 5) == 0;
    if (wanted && in && (strcmp(in, "child") == 0 ? is_child : is_parent)) {
        at = atol(getenv("INJECT_AT") ? getenv("INJECT_AT") : "0");
        with = atoi(getenv("INJECT_ERRNO") ? getenv("INJECT_ERRNO") : "5");
        call = wanted;
    }
}

static void end(void) __attribute__((destructor));
static void end(void) {
    const char *path = getenv("INJECT_COUNT");
    if (!call || !path) return;
    char line[32];
    int length = snprintf(line, sizeof line, "%ld\n", atomic_load(&count));
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (fd >= 0) {
        syscall(SYS_write, fd, line, length);
        syscall(SYS_close, fd);
    }
}

/* Whether this is the call that fails. */
static int fails(const char *name) {
    if (!call || strcmp(call, name) != 0) return 0;
    return atomic_fetch_add(&count, 1) + 1 == at;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_WITH(value) do { errno = with; return value; } while (0)

#define OPENS(name, ...)                                    \
    mode_t mode = 0;                                        \
    if (flags & (O_CREAT | O_TMPFILE)) {                    \
        va_list more;                                       \
        va_start(more, flags);                              \
        mode = va_arg(more, mode_t);                        \
        va_end(more);                                       \
    }                                                       \
    if (fails("open")) FAIL_WITH(-1);                       \
    return REAL(name)(__VA_ARGS__, flags, mode)

int open(const char *path, int flags, ...) { OPENS(open, path); }
int open64(const char *path, int flags, ...) { OPENS(open64, path); }
int openat(int folder, const char *path, int flags, ...) { OPENS(openat, folder, path); }
int openat64(int folder, const char *path, int flags, ...) { OPENS(openat64, folder, path); }

ssize_t read(int fd, void *to, size_t size) {
    if (fails("read")) FAIL_WITH(-1);
    return REAL(read)(fd, to, size);
}
ssize_t write(int fd, const void *from, size_t size) {
    if (fails("write")) FAIL_WITH(-1);
    return REAL(write)(fd, from, size);
}
int fsync(int fd) {
    if (fails("fsync")) FAIL_WITH(-1);
    return REAL(fsync)(fd);
}
int rename(const char *from, const char *to) {
    if (fails("rename")) FAIL_WITH(-1);
    return REAL(rename)(from, to);
}
int unlink(const char *path) {
    if (fails("unlink")) FAIL_WITH(-1);
    return REAL(unlink)(path);
}
int mkdir(const char *path, mode_t mode) {
    if (fails("mkdir")) FAIL_WITH(-1);
    return REAL(mkdir)(path, mode);
}
int ftruncate64(int fd, off64_t size) {
    if (fails("ftruncate")) FAIL_WITH(-1);
    return REAL(ftruncate64)(fd, size);
}
int ftruncate(int fd, off_t size) {
    if (fails("ftruncate")) FAIL_WITH(-1);
    return REAL(ftruncate)(fd, size);
}
void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t offset) {
    if (fails("mmap")) FAIL_WITH(MAP_FAILED);
    return (void *)syscall(SYS_mmap, where, size, protection, flags, fd, offset);
}
void *mmap64(void *where, size_t size, int protection, int flags, int fd, off64_t offset) {
    if (fails("mmap")) FAIL_WITH(MAP_FAILED);
    return (void *)syscall(SYS_mmap, where, size, protection, flags, fd, offset);
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *with_this) {
    if (fails("thread")) return with;
    return REAL(pthread_create)(thread, attributes, start, with_this);
}
int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
    if (fails("spawn")) return with;
    return REAL(posix_spawnp)(pid, file, actions, attributes, arguments, environment);
}
