/* SPDX-License-Identifier: MIT-0 */
/* pdiag-watch: say when something goes wrong, what did it, and show the stacks from before. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define MAX_NAMES 64
#define MAX_PATH 4096
#define SAVE_EVERY_S 600
#define NICE -10
#define MAX_COMMANDS 16 /* of --exec that run at a time */
#define CULPRITS 5	/* that are told of an event */
#define FRAMES 12	/* of the first stack */

static const char usage[] =
	"Usage: pdiag-watch [OPTION...]\n"
	"Look at the machine, learn what is ordinary, and tell of whatever is not.\n"
	"\n"
	"  -r, --rule RULE        this is always an event: \"load >= 2 per cpu for 10 s\"; see\n"
	"                         pdiag_watch(3); may be repeated\n"
	"  -m, --metric NAME      look at these metrics (a * at the end stands for all that begin\n"
	"                         so); may be repeated\n"
	"      --only-rules       look for nothing but what rules say\n"
	"      --cgroup PATH      watch and sample this cgroup only\n"
	"  -j, --journal DIR      keep all events with their evidence there\n"
	"      --report DIR       write a page of each event to DIR/event-ID.html, when its\n"
	"                         samples are complete and when it has ended\n"
	"      --exec COMMAND     run it for each event, each time it is told\n"
	"      --learned FILE     go on from what was learned before, and keep it there\n"
	"      --false-alarms N   so many a day are acceptable (default 0.5)\n"
	"      --interval MS      from look to look, 100 to 1000 (default 1000)\n"
	"      --before S         so many seconds of samples from before the onset (default 15)\n"
	"      --during S         and of the event itself at most (default 15)\n"
	"      --source SOURCE    kmod, the kernel module, or perf (default: the best there is)\n"
	"      --no-profile       take no samples: events have metrics and tasks only\n"
	"  -s, --seconds N        end after so long\n"
	"  -n, --count N          end after N events have ended\n"
	"  -q, --quiet            no live line\n"
	"      --list DIR         list the events of a journal, and end\n"
	"      --show ID          an event of the --journal, or last; with --report its page\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 ended as asked, 1 failed, 2 misuse.\n";

static struct {
	struct pdiag_watch_options watch;
	const char *rules[MAX_NAMES + 1], *metrics[MAX_NAMES + 1];
	const char *exec, *report, *learned, *source, *list, *show;
	double seconds, count, show_id;
	bool quiet, help, version;
} opt = { .watch = { .size = sizeof(opt.watch) } };

static struct {
	sigset_t mask;	       /* before we blocked any */
	int nice;	       /* before we took a better one */
	unsigned int commands; /* of --exec that run */
	uint64_t ended;	       /* events */
	bool line, failed;     /* the live line is there; something could not be done */
} state;

/* The live line goes, for what is said instead. */
static void clear_line(void)
{
	if (state.line)
		printf("\r\033[K");
	state.line = false;
	fflush(stdout);
}

static int complain(const char *what, const char *why)
{
	clear_line();
	fprintf(stderr, "pdiag-watch: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	return 1;
}

static int fail(void) { return complain(pdiag_errmsg(), NULL); }

static int misuse(const char *what, const char *arg)
{
	complain(what, arg);
	fputs("Try pdiag-watch --help.\n", stderr);
	return 2;
}

static void log_line(void *user, enum pdiag_log_level level, const char *message)
{
	(void)user;
	(void)level;
	complain(message, NULL);
}

/* ---- an event as text ---- */

/* Whatever stands in it, it is text. */
static void put(const char *before, const char *text, const char *after)
{
	fputs(before, stdout);
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
	fputs(after, stdout);
}

/* Local time, as it was there and then: "2026-11-24 12:03:04.123 +0100". */
static void put_time(uint64_t realtime_ns, int32_t zone_s)
{
	time_t local = (time_t)(realtime_ns / 1000000000) + zone_s;
	int minutes = abs(zone_s) / 60;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&local, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s.%03u %c%02d%02d", text, (unsigned int)(realtime_ns / 1000000 % 1000),
		zone_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/* With how long after the onset. */
static void put_moment(const char *name, const struct pdiag_event_info *i, uint64_t time_ns,
	uint64_t realtime_ns)
{
	if (!time_ns)
		return;
	printf("  %-9s ", name);
	put_time(realtime_ns, i->zone_s);
	if (time_ns != i->onset_ns)
		printf("  %+.1f s", ((double)time_ns - (double)i->onset_ns) / 1e9);
	printf("\n");
}

/* Processes and cgroups, then the stack that has most on top, from its leaf on. */
static void put_culprits(const struct pdiag_event *event)
{
	const struct pdiag_culprit *c;
	uint32_t i;

	for (i = 0; (c = pdiag_event_culprit(event, i)) && c->kind != PDIAG_CULPRIT_STACK; i++) {
		if (i >= CULPRITS)
			continue;
		printf("  %u. ", i + 1);
		put("", c->sentence, "\n");
	}
	for (i = 0; c && i < c->depth && i < FRAMES; i++)
		put(i ? " < " : "  stack: ", c->frames[i]->name, "");
	if (c)
		printf("%s\n", c->depth > FRAMES ? " < ..." : "");
}

static void tell(const struct pdiag_event *event, const struct pdiag_event_info *i)
{
	put_time(i->end_ns ? i->end_realtime_ns : i->detected_realtime_ns, i->zone_s);
	printf(" %s: event %" PRIu64 " %s: ", pdiag_severity_text(i->severity), i->id,
		pdiag_event_phase_text(i->phase));
	put("", i->sentence, "\n");
	put_moment("onset", i, i->onset_ns, i->onset_realtime_ns);
	put_moment("detected", i, i->detected_ns, i->detected_realtime_ns);
	put_moment("peak", i, i->phase == PDIAG_EVENT_BEGUN ? 0 : i->peak_ns, i->peak_realtime_ns);
	put_moment("end", i, i->end_ns, i->end_realtime_ns);
	put_culprits(event);
	if (i->limits[0])
		put("  missing: ", i->limits, "\n");
}

/* Its page, in --report; *path is where. */
static int write_page(struct pdiag_event *event, uint64_t id, char *path)
{
	struct pdiag_sink sink = { .size = sizeof(sink), .path = path };

	if (mkdir(opt.report, 0777) && errno != EEXIST)
		return complain(opt.report, strerror(errno));
	snprintf(path, MAX_PATH, "%s/event-%" PRIu64 ".html", opt.report, id);
	if (pdiag_event_write_report(event, NULL, &sink))
		return fail();
	printf("  page: %s\n", path);
	return 0;
}

/* ---- what is done about one ---- */

static void run_command(const struct pdiag_event_info *info, const char *culprit, const char *page)
{
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, info->id);
	setenv("PDIAG_ID", id, 1);
	setenv("PDIAG_PHASE", pdiag_event_phase_text(info->phase), 1);
	setenv("PDIAG_SEVERITY", pdiag_severity_text(info->severity), 1);
	setenv("PDIAG_SENTENCE", info->sentence, 1);
	setenv("PDIAG_CULPRIT", culprit, 1);
	setenv("PDIAG_REPORT", page, 1);
	/* What stops us is not meant for it. */
	setsid();
	sigprocmask(SIG_SETMASK, &state.mask, NULL);
	setpriority(PRIO_PROCESS, 0, state.nice);
	dup2(open("/dev/null", O_RDONLY), 0);
	execl("/bin/sh", "sh", "-c", opt.exec, (char *)NULL);
	_exit(127);
}

static void start_command(const struct pdiag_event_info *info, const char *culprit,
	const char *page)
{
	pid_t pid = state.commands < MAX_COMMANDS ? fork() : -1;

	if (!pid)
		run_command(info, culprit, page);
	if (pid > 0)
		state.commands++;
	else
		complain("--exec is left out", state.commands < MAX_COMMANDS ?
			strerror(errno) : "too many of its commands still run");
}

/* The watch's callback. */
static void on_event(void *user, struct pdiag_event *event)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	const struct pdiag_culprit *first = pdiag_event_culprit(event, 0);
	char page[MAX_PATH] = "";

	(void)user;
	pdiag_event_get_info(event, &info);
	clear_line();
	tell(event, &info);
	state.ended += info.phase == PDIAG_EVENT_ENDED;
	if (opt.report && info.phase != PDIAG_EVENT_BEGUN && write_page(event, info.id, page)) {
		state.failed = true;
		page[0] = 0;
	}
	fflush(stdout);
	if (opt.exec)
		start_command(&info, first ? first->sentence : "", page);
}

/* ---- what was learned ---- */

static char learned[1 << 20];

/* That there is no such file yet is how it begins. */
static int restore(struct pdiag_watch *watch)
{
	FILE *file = opt.learned ? fopen(opt.learned, "rbe") : NULL;
	size_t len;
	int ret;

	if (!file)
		return opt.learned && errno != ENOENT ? complain(opt.learned, strerror(errno)) : 0;
	len = fread(learned, 1, sizeof(learned), file);
	fclose(file);
	ret = pdiag_watch_restore(watch, learned, len);
	if (!ret)
		return 0;
	complain(opt.learned, pdiag_errmsg());
	return ret == -EBADMSG ? !complain(opt.learned, "learning begins anew") : 1;
}

/* Beside it and renamed: it is the new one, whole, or the old one. */
static int save(const struct pdiag_watch *watch)
{
	char path[MAX_PATH];
	size_t len;
	FILE *file;
	bool good;

	if (!opt.learned)
		return 0;
	if (pdiag_watch_save(watch, learned, sizeof(learned), &len))
		return fail();
	snprintf(path, sizeof(path), "%s.new", opt.learned);
	file = fopen(path, "wbe");
	if (!file)
		return complain(path, strerror(errno));
	good = fwrite(learned, 1, len, file) == len && !fflush(file) && !fsync(fileno(file));
	if (fclose(file) || !good || rename(path, opt.learned))
		return complain(path, strerror(errno));
	return 0;
}

/* ---- watching ---- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One line that is drawn again in its place. */
static void show_line(const struct pdiag_watch *watch)
{
	struct pdiag_watch_info i = { .size = sizeof(i) };
	const char *doing;
	char text[800];

	if (opt.quiet || !isatty(1) || pdiag_watch_get_info(watch, &i))
		return;
	doing = i.ongoing ? "AN EVENT GOES ON" : i.learning ? "learning what is ordinary" :
		"all is ordinary";
	snprintf(text, sizeof(text), "load %.2f, surprise %.1f, %s; %" PRIu64 " looks, %" PRIu64
		" events%s", i.load, i.surprise, doing, i.looks, i.events,
		i.not_written ? ", not all in the journal" : "");
	/* One that wraps could not be taken back. */
	printf("\r\033[K%.79s", text);
	fflush(stdout);
	state.line = true;
}

/* Reap what --exec started. Says if somebody wants us to end. */
static bool read_signals(int signals)
{
	struct signalfd_siginfo s;
	bool end = false;
	int status;

	while (read(signals, &s, sizeof(s)) == sizeof(s))
		end |= s.ssi_signo != SIGCHLD;
	for (; state.commands && waitpid(-1, &status, WNOHANG) > 0; state.commands--)
		if (status)
			complain("a command of --exec failed", NULL);
	return end;
}

static int watch_on(struct pdiag_watch *watch, int signals)
{
	struct pollfd fds[] = {
		{ .fd = pdiag_watch_fd(watch), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	double left, save_at = now() + SAVE_EVERY_S;
	double end = opt.seconds > 0 ? now() + opt.seconds : 1e12;
	int ret;

	while ((left = end - now()) > 0 && !(opt.count > 0 && (double)state.ended >= opt.count)) {
		if (poll(fds, 2, left < 1 ? (int)(left * 1000) + 1 : 1000) < 0 && errno != EINTR)
			return complain("poll", strerror(errno));
		if (read_signals(signals))
			break;
		ret = pdiag_watch_dispatch(watch);
		if (ret < 0)
			fail();
		/* Out of memory it goes on with less. */
		if (ret < 0 && ret != -ENOMEM)
			return 1;
		show_line(watch);
		if (now() < save_at)
			continue;
		save_at = now() + SAVE_EVERY_S;
		state.failed |= save(watch);
	}
	clear_line();
	return 0;
}

/* Where we are: at the start and at the end. Says if anything is not in the journal. */
static int sum_up(const struct pdiag_watch *watch, bool end)
{
	struct pdiag_watch_info i = { .size = sizeof(i) };

	pdiag_watch_get_info(watch, &i);
	if (!end)
		fprintf(stderr, "pdiag-watch: %u metrics, %u rules, %s%s%s%s\n",
			i.metrics, i.rules, i.source[0] ? "samples by " : "no samples", i.source,
			i.limits[0] ? "; missing: " : "", i.limits);
	else
		fprintf(stderr, "pdiag-watch: %" PRIu64 " looks, %" PRIu64 " events%s%s\n",
			i.looks, i.events, i.ongoing ? ", the last one goes on" : "",
			i.not_written ? ", not all of them in the journal" : "");
	return i.not_written > 0;
}

static int run(struct pdiag *context)
{
	struct pdiag_watch *watch;
	sigset_t set;
	int signals, ret;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &state.mask);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return complain("signalfd", strerror(errno));
	/* Where we may: a machine on its knees has no CPU for us else. */
	state.nice = getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, state.nice < NICE ? state.nice : NICE);
	opt.watch.fn = on_event;
	ret = pdiag_watch_new(context, &opt.watch, &watch) ? fail() : restore(watch);
	if (!ret) {
		sum_up(watch, false);
		ret = watch_on(watch, signals);
		ret |= save(watch) | sum_up(watch, true);
	}
	close(signals);
	return ret || state.failed;
}

/* ---- a journal, afterwards ---- */

static int list_one(void *user, const struct pdiag_event_info *i)
{
	(void)user;
	printf("%4" PRIu64 "  ", i->id);
	put_time(i->onset_realtime_ns, i->zone_s);
	printf("  %7.1f s  %-8s  %-5s  ", (double)i->duration_ns / 1e9,
		pdiag_severity_text(i->severity), pdiag_event_phase_text(i->phase));
	put("", i->sentence, "\n");
	return 0;
}

static int show(struct pdiag_journal *journal)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_event *event;
	char page[MAX_PATH];
	int ret;

	if (pdiag_journal_read(journal, (uint64_t)opt.show_id, &event))
		return fail();
	pdiag_event_get_info(event, &info);
	tell(event, &info);
	ret = opt.report ? write_page(event, info.id, page) : 0;
	pdiag_event_free(event);
	return ret;
}

static int look_back(struct pdiag *context, const char *path)
{
	struct pdiag_journal_options o = { .size = sizeof(o), .flags = PDIAG_JOURNAL_READ_ONLY };
	struct pdiag_journal_info info = { .size = sizeof(info) };
	struct pdiag_journal *journal;
	int ret;

	if (pdiag_journal_open(context, path, &o, &journal))
		return fail();
	ret = opt.show ? show(journal) : pdiag_journal_each(journal, list_one, NULL) ? fail() : 0;
	if (!pdiag_journal_get_info(journal, &info) && info.damaged)
		complain(path, "some of what is in it is damaged");
	pdiag_journal_close(journal);
	return fflush(stdout) ? complain("stdout", strerror(errno)) : ret;
}

/* ---- options ---- */

/* What one sets: a text, one text more, a number, a flag of the watch, or that it was given. */
static const struct choice {
	const char *name;
	int letter;
	const char **text, **texts;
	uint32_t *whole;
	double *number, low, high;
	uint32_t flag;
	bool *on;
} choices[] = {
	{ "rule", 'r', .texts = opt.rules },
	{ "metric", 'm', .texts = opt.metrics },
	{ "only-rules", .flag = PDIAG_WATCH_ONLY_RULES },
	{ "cgroup", .text = &opt.watch.cgroup },
	{ "journal", 'j', .text = &opt.watch.journal },
	{ "report", .text = &opt.report },
	{ "exec", .text = &opt.exec },
	{ "learned", .text = &opt.learned },
	{ "false-alarms", .number = &opt.watch.false_alarms, .low = 1e-6, .high = 1000 },
	{ "interval", .whole = &opt.watch.interval_ms, .low = 100, .high = 1000 },
	{ "before", .whole = &opt.watch.before_s, .low = 5, .high = 300 },
	{ "during", .whole = &opt.watch.during_s, .low = 1, .high = 300 },
	{ "source", .text = &opt.source },
	{ "no-profile", .flag = PDIAG_WATCH_NO_PROFILE },
	{ "seconds", 's', .number = &opt.seconds, .low = 0.001, .high = 1e9 },
	{ "count", 'n', .number = &opt.count, .low = 1, .high = 1e9 },
	{ "quiet", 'q', .on = &opt.quiet },
	{ "list", .text = &opt.list },
	{ "show", .text = &opt.show },
	{ "help", .on = &opt.help },
	{ "version", .on = &opt.version },
};
#define CHOICES (sizeof(choices) / sizeof(choices[0]))

static int take_number(const char *text, double low, double high, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end != text && !*end && *out >= low && *out <= high)
		return 0;
	fprintf(stderr, "pdiag-watch: %s is not a number from %g to %g\n", text, low, high);
	return 2;
}

static int take(const struct choice *c, const char *value)
{
	double n = 0;
	int ret = 0, i = 0;

	if (c->text)
		*c->text = value;
	while (c->texts && c->texts[i])
		i++;
	if (i == MAX_NAMES)
		return misuse("too many rules or metrics", value);
	if (c->texts)
		c->texts[i] = value;
	if (c->whole || c->number)
		ret = take_number(value, c->low, c->high, &n);
	if (c->whole)
		*c->whole = (uint32_t)n;
	if (c->number)
		*c->number = n;
	if (c->on)
		*c->on = true;
	opt.watch.flags |= c->flag;
	return ret;
}

static int parse(int argc, char **argv)
{
	struct option options[CHOICES + 1] = { { 0 } };
	int which = -1, letter, ret = 0;
	size_t i;

	for (i = 0; i < CHOICES; i++)
		options[i] = (struct option){ choices[i].name, choices[i].flag || choices[i].on ?
			no_argument : required_argument, NULL, (int)i };
	opterr = 0;
	while (!ret && (letter = getopt_long(argc, argv, ":r:m:j:s:n:q", options, &which)) != -1) {
		if (letter == '?' || letter == ':')
			return misuse(letter == ':' ? "an option lacks its value" : "an option is "
				"not known, or takes no value", argv[optind - 1]);
		for (i = 0; which < 0 && i < CHOICES; i++)
			if (choices[i].letter == letter)
				break;
		ret = take(&choices[which < 0 ? i : (size_t)which], optarg);
		which = -1;
	}
	return !ret && optind < argc ? misuse("no argument is expected", argv[optind]) : ret;
}

/* What goes together. */
static int check(void)
{
	if (opt.watch.flags & PDIAG_WATCH_ONLY_RULES &&
		(!opt.rules[0] || opt.metrics[0] || opt.learned))
		return misuse("--only-rules needs a --rule, no --metric and no --learned", NULL);
	if (opt.show && (opt.list || !opt.watch.journal))
		return misuse("--show needs the --journal that the event is in, and no --list",
			NULL);
	if (opt.source && strcmp(opt.source, "kmod") && strcmp(opt.source, "perf"))
		return misuse("--source is kmod or perf, not", opt.source);
	if (opt.source)
		opt.watch.source = *opt.source == 'k' ? PDIAG_SOURCE_KMOD : PDIAG_SOURCE_PERF;
	opt.watch.rules = opt.rules[0] ? opt.rules : NULL;
	opt.watch.metrics = opt.metrics[0] ? opt.metrics : NULL;
	return opt.show && strcmp(opt.show, "last") ?
		take_number(opt.show, 1, 1e15, &opt.show_id) : 0;
}

int main(int argc, char **argv)
{
	struct pdiag_options options = { .size = sizeof(options), .log = log_line };
	struct pdiag *context;
	int ret = parse(argc, argv);

	if (!ret && (opt.help || opt.version))
		return (opt.help ? fputs(usage, stdout) :
				   printf("pdiag-watch %s\n", pdiag_version())) < 0;
	if (!ret)
		ret = check();
	if (ret)
		return ret;
	if (pdiag_open(&options, &context))
		return fail();
	if (opt.list || opt.show)
		ret = look_back(context, opt.list ? opt.list : opt.watch.journal);
	else
		ret = run(context);
	pdiag_close(context);
	return ret;
}
