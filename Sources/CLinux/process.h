// Child processes and the descriptors of their files, in shapes that Swift can call.
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include "shim.h"
#include <spawn.h>
#include <sys/wait.h>

/// `O_PATH`: a descriptor that names a file without opening it; glibc shows it to `_GNU_SOURCE` only.
static const int clinux_O_PATH = 010000000;

extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);

/// Both ends of a new pipe, closed when the process turns into another program.
static inline int clinux_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

/// Starts `path` in a session of its own, with `standard` as descriptors 0 to 2 and no others, all signals at their
/// defaults and none blocked, in `directory` unless that is null. Answers 0 or an `errno`.
static inline int clinux_spawn(
    pid_t *pid, const char *path, char *const argv[], char *const envp[], const int standard[3], const char *directory
) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(
        &attributes, (short)(0x80 /* POSIX_SPAWN_SETSID */ | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
    for (int fd = 0; fd < 3 && !error; fd++)
        error = posix_spawn_file_actions_adddup2(&actions, standard[fd], fd);
    if (!error && directory) error = posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (!error) error = posix_spawn(pid, path, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// Whether the status of `waitpid` is that of a process that ended by itself.
static inline int clinux_exited(int status) { return WIFEXITED(status); }

/// The exit code in the status of such a process.
static inline int clinux_exit_code(int status) { return WEXITSTATUS(status); }

/// The signal in the status of a process that did not end by itself.
static inline int clinux_term_signal(int status) { return WTERMSIG(status); }

#endif
