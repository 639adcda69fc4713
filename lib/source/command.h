/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command that is started stopped before its first instruction, so that it can be watched. */
#ifndef PDIAG_SOURCE_COMMAND_H
#define PDIAG_SOURCE_COMMAND_H

#include <stdint.h>
#include <sys/types.h>

struct pdiag_command {
	pid_t pid;
	int link;     /* a byte to it: the child may exec; from it: errno of a failed exec, or
			 the end. -1 afterwards */
	char *path;
	int status;   /* as wait() gives it, once reaped; else -1 */
};

/* Find argv[0] in PATH and fork. 0 or a negative errno with its sentence. */
int pdiag_command_prepare(struct pdiag_command *c, char *const *argv);
/* Let it exec; waits until it has. */
int pdiag_command_go(struct pdiag_command *c);
/* 1 if it has ended (and was reaped); 0 if it runs. Never blocks. */
int pdiag_command_ended(struct pdiag_command *c);
/* In a child of fork(): the command is the parent's; forget it. */
void pdiag_command_forget(struct pdiag_command *c);
/* A child that never got to exec is ended; one that runs is left alone. */
void pdiag_command_free(struct pdiag_command *c);

#endif
