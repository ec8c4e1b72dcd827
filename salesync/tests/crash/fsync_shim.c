/* The disk and the clock as a test wants them, preloaded into the real program.
 *
 * CRASH_SHIM names a folder. While a file of this name stands in it:
 *   fsync-fails    fsync of the log and of its write-ahead log fails with EIO; a number in the file says how often
 *                  at most, counted over the life of the process
 *   disk-full      writing them fails with ENOSPC
 *   free-bytes     the file system says that so many bytes are free, which is the number in the file
 *   clock-offset   the wall clock is ahead by so many seconds; behind, if the number is negative
 * Each fault that was played leaves a byte in the file `fired`.
 *
 * The program asks for free space by a bare system call, which no preloaded function sees: a seccomp filter traps it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <threads.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#define ARGUMENT_1(context) ((context)->uc_mcontext.gregs[REG_RDI])
#define ARGUMENT_2(context) ((context)->uc_mcontext.gregs[REG_RSI])
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#define ARGUMENT_1(context) ((context)->uc_mcontext.regs[0])
#define ARGUMENT_2(context) ((context)->uc_mcontext.regs[1])
#else
#error "say here where this machine keeps the arguments of a system call"
#endif

/* The sixth argument of our own calls, by which the filter lets them pass. */
#define OURS 0x5a1e5c0dL

static int fsyncs_failed;

/* Opens a file of the control folder by bare system calls: this runs within the functions it replaces. */
static int control(const char *name, int flags) {
    const char *folder = getenv("CRASH_SHIM");
    char path[4096];
    if (folder == NULL || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

/* Whether the file is there; then the number in it, or `otherwise` if it is empty. */
static int number(const char *name, long long otherwise, long long *value) {
    char text[32] = {0};
    int saved = errno, file = control(name, O_RDONLY);
    if (file >= 0) {
        *value = syscall(SYS_read, file, text, sizeof text - 1) > 0 ? atoll(text) : otherwise;
        syscall(SYS_close, file);
    }
    errno = saved;
    return file >= 0;
}

static void fired(void) {
    int file = control("fired", O_WRONLY | O_CREAT | O_APPEND);
    if (file < 0) return;
    syscall(SYS_write, file, "x", 1);
    syscall(SYS_close, file);
}

static int is_the_log(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    return name != NULL && (strcmp(name, "/log.db") == 0 || strcmp(name, "/log.db-wal") == 0);
}

static int sync_fails(int fd) {
    long long at_most;
    if (!number("fsync-fails", 1LL << 40, &at_most) || !is_the_log(fd)) return 0;
    if (__atomic_load_n(&fsyncs_failed, __ATOMIC_SEQ_CST) >= at_most) return 0;
    __atomic_fetch_add(&fsyncs_failed, 1, __ATOMIC_SEQ_CST);
    fired();
    errno = EIO;
    return 1;
}

static int is_full(int fd) {
    long long ignored;
    if (!number("disk-full", 0, &ignored) || !is_the_log(fd)) return 0;
    fired();
    errno = ENOSPC;
    return 1;
}

int fsync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return sync_fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return sync_fails(fd) ? -1 : real(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) =
        (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    return is_full(fd) ? -1 : real(fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return pwrite64(fd, bytes, count, at);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    long long ahead;
    if (result == 0 && clock == CLOCK_REALTIME && number("clock-offset", 0, &ahead)) now->tv_sec += ahead;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

/* Who waits until a time of the wrong clock waits as long as it means to. A condition's own clock is not asked: nothing in
 * the program sets one. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    struct timespec true_until = *until;
    long long ahead;
    if (number("clock-offset", 0, &ahead)) true_until.tv_sec -= ahead;
    return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, &true_until);
}

/* The same by its name in the C standard; the two libraries' types are one. */
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    int result = pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until);
    return result == 0 ? thrd_success : result == ETIMEDOUT ? thrd_timedout : thrd_error;
}

/* Performs the trapped call, then says what the test wants of it. */
static void trapped(int signal, siginfo_t *info, void *context) {
    ucontext_t *at = context;
    int saved = errno;
    struct statfs *space = (struct statfs *)ARGUMENT_2(at);
    long result = syscall(info->si_syscall, ARGUMENT_1(at), space, 0L, 0L, 0L, OURS);
    long long free_bytes;
    (void)signal;
    if (result == 0 && number("free-bytes", 0, &free_bytes)) {
        space->f_bavail = space->f_bfree = (unsigned long)free_bytes / (unsigned long)space->f_bsize;
        fired();
    }
    RESULT(at) = result == 0 ? 0 : -errno;
    errno = saved;
}

__attribute__((constructor)) static void begin(void) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_statfs, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fstatfs, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OURS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {sizeof rules / sizeof rules[0], rules};
    struct sigaction action = {0};
    action.sa_sigaction = trapped;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSYS, &action, NULL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("the crash shim cannot trap system calls");
        _exit(70);
    }
}
