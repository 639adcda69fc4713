/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_states ROUNDS: a process with a session ends in each of its states, in each way: it
 * exits, is killed, executes another program, or leaves the session to a child that goes on with
 * it. Nothing may be left in the module, which the caller looks at.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "session.h"

enum state { MADE, MAPPED, STARTED, READ, PROBED, DUMPED, FROZEN, STOPPED, STATES };
enum end { EXIT, KILL, EXEC, ORPHAN, ENDS };

static void ignore(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	(void)user;
	(void)ring;
	(void)record;
}

/* Probes and dumps are not there on every kernel. */
static void attach_all(struct session *s)
{
	for (uint32_t i = 0; i < 8; i++) {
		struct pdiag_kmod_probe probe = { .size = sizeof(probe), .index = i };

		ioctl(s->fd, PDIAG_KMOD_IOC_PROBE, &probe);
	}
}

static void reach(struct session *s, enum state state)
{
	struct pdiag_kmod_dump dump = { .size = sizeof(dump), .flags = PDIAG_KMOD_DUMP_ALL };
	struct pdiag_kmod_trigger trigger = {
		.size = sizeof(trigger), .on = PDIAG_KMOD_ON_RUNNABLE, .rise = 1, .check_ms = 10,
		.actions = PDIAG_KMOD_TRIGGER_DUMP, .cooldown_ms = 10,
	};

	s->options = (struct pdiag_kmod_session){
		.events = PDIAG_KMOD_ON_CPU | PDIAG_KMOD_OFF_CPU | PDIAG_KMOD_TASKS,
		.hz = 4000, .ring_bytes = 1 << 16,
		.off_cpu_min_ns = 50000, .user_bytes = 192,
		.flags = PDIAG_KMOD_WAKERS | PDIAG_KMOD_SHORT_WAITS |
			(state == FROZEN ? PDIAG_KMOD_FLIGHT : 0),
	};
	session_open(s);
	if (state >= MAPPED)
		session_map(s);
	if (state >= STARTED)
		session_do(s, PDIAG_KMOD_IOC_START, NULL, "start");
	if (state >= READ) {
		usleep(20000);
		session_read(s, ignore, NULL);
	}
	if (state >= PROBED)
		attach_all(s);
	if (state >= DUMPED) {
		ioctl(s->fd, PDIAG_KMOD_IOC_TRIGGER, &trigger);
		ioctl(s->fd, PDIAG_KMOD_IOC_DUMP, &dump);
	}
	if (state == FROZEN)
		session_do(s, PDIAG_KMOD_IOC_FREEZE, NULL, "freeze");
	if (state == STOPPED)
		session_do(s, PDIAG_KMOD_IOC_STOP, NULL, "stop");
}

static void orphan(struct session *s)
{
	pid_t child = fork();

	if (child < 0)
		die("fork: %s", strerror(errno));
	if (child)
		_exit(0);
	/* Mappings are not inherited; the file is. */
	ioctl(s->fd, PDIAG_KMOD_IOC_START);
	usleep(30000);
	ioctl(s->fd, PDIAG_KMOD_IOC_STOP);
	_exit(0);
}

static void live(enum state state, enum end end)
{
	struct session s = { .fd = -1 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	reach(&s, state);
	switch (end) {
	case KILL:
		raise(SIGKILL);
		break;
	case EXEC:
		execlp("true", "true", NULL);
		break;
	case ORPHAN:
		orphan(&s);
		break;
	default:
		break;
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 3, status, bad = 0;

	for (int i = 0; i < rounds * STATES * ENDS; i++) {
		enum state state = (enum state)(i % STATES);
		enum end end = (enum end)(i / STATES % ENDS);
		pid_t child = fork();

		if (!child)
			live(state, end);
		if (child < 0 || waitpid(child, &status, 0) != child)
			die("fork: %s", strerror(errno));
		if (end == KILL ? !WIFSIGNALED(status) :
				  !WIFEXITED(status) || WEXITSTATUS(status)) {
			printf("state %d, end %d: status %x\n", state, end, status);
			bad = 1;
		}
	}
	return bad;
}
