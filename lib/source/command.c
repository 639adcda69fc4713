/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"

static int is_program(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) ? errno : 0;
}

/* In the caller, as a child after fork() may only make system calls. */
static int find(const char *name, char **out)
{
	const char *path = getenv("PATH"), *end;
	int err = ENOENT, e;

	*out = NULL;
	if (strchr(name, '/')) {
		*out = strdup(name);
		return *out ? is_program(name) : ENOMEM;
	}
	for (path = path ? path : "/bin:/usr/bin"; *name; path = end + 1) {
		end = strchrnul(path, ':');
		if (asprintf(out, "%.*s%s%s", (int)(end - path), path, end == path ? "" : "/",
			    name) < 0) {
			*out = NULL;
			return ENOMEM;
		}
		e = is_program(*out);
		if (!e)
			return 0;
		free(*out);
		*out = NULL;
		if (e == EACCES)
			err = e;
		if (!*end)
			break;
	}
	return err;
}

__attribute__((noreturn)) static void child(const char *path, char *const *argv, int link)
{
	char c = 0;
	int err;

	/* The end of file means that the parent has changed its mind, or died. */
	while (read(link, &c, 1) < 0 && errno == EINTR)
		;
	if (c == 'g')
		execv(path, argv);
	err = errno;
	send(link, &err, sizeof(err), MSG_NOSIGNAL);
	_exit(127);
}

int pdiag_command_prepare(struct pdiag_command *c, char *const *argv)
{
	int link[2], err;

	*c = (struct pdiag_command){ .pid = -1, .link = -1, .status = -1 };
	err = find(argv[0], &c->path);
	if (err == ENOMEM)
		return pdiag_fail_memory("looking for a command");
	if (err) {
		pdiag_command_forget(c);
		return pdiag_fail(err, "cannot run %s: %s", argv[0], strerror(err));
	}
	/* A socket, not a pipe: writing to one whose reader is gone need not raise SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link)) {
		err = errno;
		goto fail;
	}
	c->pid = fork();
	if (!c->pid) {
		close(link[1]);
		child(c->path, argv, link[0]);
	}
	err = errno;
	close(link[0]);
	c->link = link[1];
	if (c->pid > 0)
		return 0;
fail:
	pdiag_command_forget(c);
	return pdiag_fail(err, "cannot start %s: %s", argv[0], strerror(err));
}

/* Wait for its end, which is near; the host's timers may interrupt. */
static void reap(struct pdiag_command *c)
{
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
		;
}

int pdiag_command_go(struct pdiag_command *c)
{
	ssize_t n;
	int err;

	if (send(c->link, "g", 1, MSG_NOSIGNAL) != 1)
		return pdiag_fail(ESRCH, "%s was killed before it could start", c->path);
	do
		n = read(c->link, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	close(c->link);
	c->link = -1;
	if (n != sizeof(err))
		return 0;
	reap(c);
	return pdiag_fail(err, "cannot run %s: %s", c->path, strerror(err));
}

int pdiag_command_ended(struct pdiag_command *c)
{
	int status;
	pid_t pid;

	if (c->status != -1)
		return 1;
	pid = waitpid(c->pid, &status, WNOHANG);
	if (pid == c->pid)
		c->status = status;
	else if (pid < 0 && errno == ECHILD)
		c->status = 0; /* the host program has waited for all its children */
	return c->status != -1;
}

void pdiag_command_forget(struct pdiag_command *c)
{
	if (c->link >= 0)
		close(c->link);
	free(c->path);
	*c = (struct pdiag_command){ .pid = -1, .link = -1, .status = -1 };
}

void pdiag_command_free(struct pdiag_command *c)
{
	if (c->pid > 0 && c->status == -1) {
		/* One that never got to exec sees the end of file and leaves; make it certain. */
		if (c->link >= 0) {
			kill(c->pid, SIGKILL);
			reap(c);
		} else {
			pdiag_command_ended(c);
		}
	}
	pdiag_command_forget(c);
}
