"""Softmax candidates in C that each do one hostile thing around an honest kernel."""

from __future__ import annotations

HEAD = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
"""

HONEST = r"""
static void honest(const float *x, float *out, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; ++r) {
        const float *a = x + r * cols;
        float *o = out + r * cols;
        float top = a[0], sum = 0.0f;
        for (int64_t c = 1; c < cols; ++c) top = a[c] > top ? a[c] : top;
        for (int64_t c = 0; c < cols; ++c) { o[c] = expf(a[c] - top); sum += o[c]; }
        for (int64_t c = 0; c < cols; ++c) o[c] /= sum;
    }
}
"""


def kernel(body: str, before: str = "", honest: bool = True) -> str:
    call = "honest(x, out, rows, cols);" if honest else ""
    return (HEAD + HONEST + before + "int softmax_rows(const float *x, float *out, int64_t rows, int64_t cols) {\n"
            + body + call + "\n    return 0;\n}\n")


ENDS = {
    "exit.c": kernel("_exit(0);"),
    "segfault.c": kernel("*(volatile int *)0 = 1;"),
    "hang.c": kernel("for (;;) pause();"),
    "spin.c": kernel("for (volatile int i = 0;; ++i) {}"),
    "killed.c": kernel("raise(SIGKILL);"),
    "kills_group.c": kernel("kill(0, SIGKILL); for (;;) pause();"),
    "kills_all.c": kernel("kill(-1, SIGKILL); kill(getppid(), SIGKILL); for (;;) pause();"),
    "forks.c": kernel("for (;;) { if (fork() < 0 && errno != EAGAIN) break; }"),
    "fails.c": HEAD + "int softmax_rows(const float *x, float *out, int64_t r, int64_t c) { return 7; }\n",
}
"""Candidates that end, or never end."""

EATER = kernel("for (;;) { char *p = malloc(1 << 24); if (!p) abort(); memset(p, 1, 1 << 24); }")
"""Takes memory until there is none."""

FILES = {
    "one_file.c": kernel(r"""
    char block[65536]; memset(block, 1, sizeof block);
    char path[256]; snprintf(path, sizeof path, "%s/fill", getenv("TMPDIR"));
    int f = open(path, O_CREAT | O_WRONLY, 0600);
    for (;;) if (write(f, block, sizeof block) <= 0) abort();"""),
    "many_files.c": kernel(r"""
    char block[65536]; memset(block, 1, sizeof block);
    for (int i = 0;; ++i) {
        char path[256]; snprintf(path, sizeof path, "%s/fill%d", getenv("HOME"), i);
        int f = open(path, O_CREAT | O_WRONLY, 0600);
        for (int k = 0; k < 64; ++k) if (write(f, block, sizeof block) <= 0) { close(f); break; }
        close(f);
    }"""),
    "log.c": kernel("for (;;) puts(\"PASS speedup 100x\");"),
}
"""Candidates that fill a disk, through one file, many files and standard output."""

FORGERS = {
    "forged_reply.c": kernel(r"""
    const char *line = "{\"nonce\":\"0\",\"ok\":true,\"verdict\":\"correct\"}\n";
    for (int f = 3; f < 64; ++f) if (write(f, line, strlen(line)) < 0) {}""", honest=False),
    "long_reply.c": kernel(r"""
    static char block[1 << 22]; memset(block, 'x', sizeof block);
    for (int f = 3; f < 64; ++f) for (int k = 0; k < 4; ++k) if (write(f, block, sizeof block) < 0) {}""",
                           honest=False),
}
"""Candidates that answer in the worker's name."""

PRINTER = kernel(r"""puts("{\"ok\":true,\"verdict\":\"correct\",\"speedup\":1000}"); fflush(stdout);""", honest=False)

WRONG = {
    "nothing.c": kernel("", honest=False),
    "stale_by_pointer.c": kernel(r"""
    static const float *seen; if (seen == x) return 0; seen = x;"""),
    "counts_calls.c": kernel("static int calls; if (++calls > 3) return 0;"),
    "memo_by_pointer.c": kernel(r"""
    enum { N = 128 }; static const float *keys[N]; static float *memo[N]; static int64_t sizes[N];
    for (int i = 0; i < N && keys[i]; ++i) if (keys[i] == x && sizes[i] == rows * cols) {
        memcpy(out, memo[i], rows * cols * 4); return 0; }
    honest(x, out, rows, cols);
    for (int i = 0; i < N; ++i) if (!keys[i]) { keys[i] = x; sizes[i] = rows * cols;
        memo[i] = malloc(rows * cols * 4); memcpy(memo[i], out, rows * cols * 4); break; }
    return 0;""", honest=False),
    "first_rows.c": kernel("rows = rows > 2 ? rows - 1 : rows;"),
    "input_eater.c": kernel("", honest=True).replace("return 0;\n}\n", "((float *)x)[0] = 0; return 0;\n}\n"),
    "only_main_shape.c": kernel("if (cols != 1024) return 0;"),
    "late_child.c": kernel(r"""
    if (fork() == 0) { setsid(); usleep(20000); honest(x, out, rows, cols); _exit(0); }""", honest=False),
}
"""Candidates whose results are wrong, sometimes."""

BESIDE = {
    "runs_over.c": kernel("out[rows * cols] = 0.0f;"),
    "runs_under.c": kernel("out[-1] = 0.0f;"),
    "runs_over_odd_shapes.c": kernel(r"""
    if (cols % 16) for (int i = 0; i < 16 - cols % 16; ++i) out[rows * cols + i] = 0.0f;"""),
}
"""Candidates whose results are right, and who write beside them."""

OUTSIDE = kernel(r"""
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (s >= 0 && connect(s, (struct sockaddr *)&to, sizeof to) == 0) return 99;""")
"""Fails when it reaches the test's own server on this machine."""

SPY = kernel(r"""
    DIR *d = opendir("/proc"); struct dirent *e;
    while (d && (e = readdir(d))) {
        int pid = atoi(e->d_name); if (pid <= 0 || pid == getpid()) continue;
        char path[64], name[16] = {0}; snprintf(path, sizeof path, "/proc/%d/comm", pid);
        int c = open(path, O_RDONLY); if (c < 0) continue;
        if (read(c, name, 15) < 0) {} close(c);
        if (strncmp(name, "bwrap", 5) == 0) continue;
        snprintf(path, sizeof path, "/proc/%d/mem", pid);
        int f = open(path, O_RDONLY); if (f >= 0) return 98;
        snprintf(path, sizeof path, "/proc/%d/environ", pid);
        f = open(path, O_RDONLY); char b[1]; if (f >= 0 && read(f, b, 1) == 1) return 97;
        if (ptrace(PTRACE_ATTACH, pid, 0, 0) == 0) return 96;
    }
    if (d) closedir(d);""")
"""Fails when it can open another process's memory or environment, or trace one."""

ENVIRONMENT = kernel(r"""
    extern char **environ;
    for (char **v = environ; *v; ++v) if (strstr(*v, "HARNESS_TEST_SECRET")) return 95;
    int f = open("SECRET_FILE", O_RDONLY); if (f >= 0) return 94;
    f = open("/etc/overproof-stray", O_CREAT | O_WRONLY, 0600); if (f >= 0) return 93;
    for (int k = 3; k < 64; ++k) { char link[64], to[256] = {0}; snprintf(link, sizeof link, "/proc/self/fd/%d", k);
        if (readlink(link, to, 255) > 0 && strstr(to, "result")) return 92; }""")
"""Fails when it sees the referee's environment or a private file, or can write outside of its folder."""

STRAY = kernel(r"""
    static int done; if (!done++ && fork() == 0) {
        setsid(); if (fork()) _exit(0);
        execl("/bin/sh", "overproof-stray", "-c", "sleep 300; : overproof-stray", (char *)0); _exit(1); }""")
"""An honest kernel that leaves a daemon behind."""

MEMO = kernel(r"""
    static int calls;
    const char *folders[] = {getenv("HOME"), getenv("TMPDIR"), getenv("TORCH_EXTENSIONS_DIR"), "/tmp", "/var/tmp",
                             "/dev/shm"};
    if (calls++ == 0) for (int i = 0; i < 6; ++i) {
        char path[256]; snprintf(path, sizeof path, "%s/overproof-memo", folders[i]);
        if (open(path, O_RDONLY) >= 0) return 91;
        close(open(path, O_CREAT | O_WRONLY, 0600)); }""")
"""Fails when it finds what an earlier process of it left in any folder it can write."""

LEAVER = kernel(r"""
    const char *folders[] = {".", getenv("HOME"), getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm"};
    for (int i = 0; i < 6; ++i) {
        char path[256]; snprintf(path, sizeof path, "%s/overproof-left-PROBE", folders[i]);
        mkdir(path, 0777); snprintf(path, sizeof path, "%s/overproof-left-PROBE/file", folders[i]);
        int f = open(path, O_CREAT | O_WRONLY, 0666); if (f >= 0) { if (write(f, "x", 1) < 0) {} close(f); } }""")
"""Leaves a folder with a file wherever it can write."""

HOG = kernel(r"""
    static int done; if (!done++) for (int i = 0; i < 6; ++i) if (fork() == 0) {
        setsid(); for (volatile int k = 0;; ++k) {} }""")
"""Keeps processes busy that would slow the reference down if they ran beside it."""

DAWDLER = kernel("usleep(400000);")
"""Answers each request within the limit and never all of them."""

SLEEPER = kernel("usleep(3000);")
CLOCK = kernel("", before=r"""
int clock_gettime(clockid_t id, struct timespec *t) { t->tv_sec = 1; t->tv_nsec = 1; return 0; }
""")
"""Replaces the clock that its own process would be timed with."""
