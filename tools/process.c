/* process.c: child processes: QEMU, mkfs.erofs, reference renders, test rows. A child never
 * outlives us (parent-death signal) and has a process group of its own, so that Ctrl-C reaches only
 * this program, which then ends its children in order. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

static _Noreturn void child_run(const struct process_start *start, pid_t parent)
{
    int null = open("/dev/null", O_RDWR);
    int log = start->log != NULL ? open(start->log, O_WRONLY | O_CREAT | O_APPEND, 0666) : null;
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (start->limit_s > 0) {
        struct rlimit limit = {(rlim_t)start->limit_s, (rlim_t)start->limit_s + 1};

        setrlimit(RLIMIT_CPU, &limit);
    }
    dup2(start->in >= 0 ? start->in : null, STDIN_FILENO);
    dup2(start->out >= 0 ? start->out : log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close_range(3, ~0u, 0);
    if (start->directory != NULL && chdir(start->directory) != 0)
        _exit(127);
    execvp(start->argv[0], start->argv);
    dprintf(STDERR_FILENO, "%s: %s\n", start->argv[0], strerror(errno));
    _exit(127);
}

pid_t process_start(const struct process_start *start)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0)
        say_fail("cannot start %s: %s", start->argv[0], strerror(errno));
    if (pid == 0)
        child_run(start, parent);
    return pid;
}

static int code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int process_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return code_of(status);
}

int process_run(const struct process_start *start)
{
    return process_wait(process_start(start));
}

void process_stop(pid_t pid)
{
    struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    int status;

    kill(pid, SIGTERM);
    for (int i = 0; i < 100; i++) {
        if (waitpid(pid, &status, WNOHANG) != 0)
            return;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    process_wait(pid);
}

char *process_find(const char *name)
{
    struct list folders = {0};
    const char *path = getenv("PATH");
    char *found = NULL;

    if (strchr(name, '/') != NULL)
        return access(name, X_OK) == 0 ? text_format("%s", name) : NULL;
    list_add_split(&folders, path != NULL ? path : "", ':');
    list_add_split(&folders, "/usr/bin:/usr/sbin:/bin:/sbin", ':');
    for (size_t i = 0; i < folders.count && found == NULL; i++) {
        found = text_format("%s/%s", folders.item[i], name);
        if (access(found, X_OK) != 0) {
            free(found);
            found = NULL;
        }
    }
    list_free(&folders);
    return found;
}

double process_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
