/* SPDX-License-Identifier: MIT-0 */
/* pdiag-tasks: who runs, wants to run or is stuck, grouped by stack; now, or when it gets bad. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/pdiag.h>

static const char usage[] =
	"Usage: pdiag-tasks [OPTION...]\n"
	"Show the stacks of all tasks that run, want to run or are blocked, most frequent first.\n"
	"\n"
	"  -a, --all           sleeping tasks, too\n"
	"  -n, --top N         the N most frequent stacks (default 10; 0: all)\n"
	"  -o, --output FILE   FILE.svg: flame graph, FILE.folded: folded stacks; the last dump\n"
	"      --source SOURCE kmod, or perf: from /proc (default: the best that there is)\n"
	"      --load N        wait until the 1-minute load average is N or more\n"
	"      --runnable N    ... or N tasks run or want to\n"
	"      --blocked N     ... or N tasks are blocked\n"
	"      --hold MS       ... for so long (default 1000)\n"
	"      --cooldown MS   the shortest time between two dumps (default 60000)\n"
	"      --count N       end after N dumps (default 1; 0: never)\n"
	"      --wait MS       give up when no dump came for so long (default: never; 30000 for\n"
	"                      one that is made now)\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 all shown, 1 failed, 2 misuse, 3 no dump came in time.\n";

enum { OPT_HELP = 256, OPT_VERSION, OPT_SOURCE, OPT_HOLD, OPT_COOLDOWN, OPT_COUNT, OPT_WAIT,
	OPT_ON }; /* OPT_ON + enum pdiag_trigger_on */

static struct {
	struct pdiag_tasks_options tasks;
	struct pdiag_trigger trigger[3];
	const char *output;
	long top, hold, cooldown, count, wait;
	bool triggers;
} opt = {
	.tasks = { .size = sizeof(opt.tasks) }, .top = 10, .hold = 1000, .cooldown = 60000,
	.count = 1,
};

static int fail(void)
{
	fprintf(stderr, "pdiag-tasks: %s\n", pdiag_errmsg());
	return 1;
}

/* Tasks of one stack and state. */
struct group {
	const struct pdiag_symbol **frames;
	uint32_t depth, letter, tasks, running;
	char names[160];
};
struct groups {
	struct group *list;
	size_t count;
};

static bool same(const struct group *g, const struct pdiag_task *task)
{
	if (g->letter != task->letter || g->depth != task->depth)
		return false;
	for (uint32_t i = 0; i < task->depth; i++)
		if (strcmp(g->frames[i]->name, task->frames[i]->name))
			return false;
	return true;
}

static void add_name(struct group *g, const struct pdiag_task *task)
{
	size_t len = strlen(g->names);

	if (len < sizeof(g->names) - 40)
		snprintf(g->names + len, sizeof(g->names) - len, "%s%s(%d)", len ? " " : "",
			task->comm, task->tid);
	else if (g->names[len - 1] != '.')
		snprintf(g->names + len, sizeof(g->names) - len, " ...");
}

static int add_task(void *user, const struct pdiag_task *task)
{
	struct groups *all = user;
	struct group *g = all->list;
	size_t i;

	for (i = 0; i < all->count && !same(&all->list[i], task); i++)
		;
	if (i == all->count) {
		g = realloc(all->list, (i + 1) * sizeof(*g));
		if (!g)
			return -1;
		all->list = g;
		g[i] = (struct group){ .depth = task->depth, .letter = task->letter };
		g[i].frames = malloc((task->depth + 1) * sizeof(*g->frames));
		if (!g[i].frames)
			return -1;
		/* Names live as long as the dump. */
		memcpy(g[i].frames, task->frames, task->depth * sizeof(*g->frames));
		all->count++;
	}
	g = &all->list[i];
	g->tasks++;
	g->running += task->running;
	add_name(g, task);
	return 0;
}

static int by_tasks(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return (x->tasks < y->tasks) - (x->tasks > y->tasks);
}

static void print_group(const struct group *g)
{
	printf("\n%6u %c  %s", g->tasks, (char)g->letter, g->names);
	if (g->running)
		printf("  [%u on a CPU]", g->running);
	printf("\n");
	for (uint32_t i = 0; i < g->depth; i++)
		printf("          %s\n", g->frames[i]->name);
	if (!g->depth)
		printf("          (no stack)\n");
}

static void print_head(const struct pdiag_dump_info *info)
{
	static const char *const on[] = { "load", "runnable", "blocked" };

	printf("dump %llu (%s): load %.2f, %u runnable, %u blocked; %u tasks in %.1f ms",
		(unsigned long long)info->id, info->source, info->load / 100.0, info->runnable,
		info->blocked, info->tasks, (double)info->took_ns / 1e6);
	if (info->triggered && info->on < 3)
		printf("; triggered by %s %.*f", on[info->on], info->on ? 0 : 2,
			(double)info->value / (info->on ? 1 : 100));
	printf("\n");
	if (info->lost)
		printf("%u tasks are missing: there was no room for them\n", info->lost);
	if (info->limits[0])
		printf("%s\n", info->limits);
}

static int show(struct pdiag_dump *dump)
{
	struct pdiag_dump_info info = { .size = sizeof(info) };
	struct groups all = { .count = 0 };
	int ret;

	if (pdiag_dump_get_info(dump, &info))
		return fail();
	print_head(&info);
	ret = pdiag_dump_each_task(dump, add_task, &all);
	if (!ret) {
		if (all.count)
			qsort(all.list, all.count, sizeof(*all.list), by_tasks);
		for (size_t i = 0; i < all.count && (!opt.top || i < (size_t)opt.top); i++)
			print_group(&all.list[i]);
		printf("\n");
	}
	for (size_t i = 0; i < all.count; i++)
		free(all.list[i].frames);
	free(all.list);
	if (ret)
		return fail();
	if (opt.output && pdiag_profile_save(pdiag_dump_profile(dump), opt.output))
		return fail();
	return fflush(stdout) ? perror("pdiag-tasks: stdout"), 1 : 0;
}

static int set_triggers(struct pdiag_tasks *tasks)
{
	for (int i = 0; i < 3; i++) {
		struct pdiag_trigger *trigger = &opt.trigger[i];

		if (!trigger->size)
			continue;
		trigger->hold_ms = (uint32_t)opt.hold;
		trigger->cooldown_ms = (uint32_t)opt.cooldown;
		if (pdiag_tasks_set_trigger(tasks, trigger))
			return fail();
	}
	return 0;
}

static int run(struct pdiag_tasks *tasks)
{
	long wait = opt.wait || opt.triggers ? opt.wait : 30000;
	struct pdiag_dump *dump;
	int ret;

	if (set_triggers(tasks))
		return 1;
	for (long i = 0; !opt.count || i < opt.count; i++) {
		if (!opt.triggers && pdiag_tasks_request(tasks, NULL))
			return fail();
		ret = pdiag_tasks_wait(tasks, (uint32_t)wait, &dump);
		if (ret < 0)
			return fail();
		if (!ret)
			return fprintf(stderr, "pdiag-tasks: no dump came in time\n"), 3;
		ret = show(dump);
		pdiag_dump_free(dump);
		if (ret)
			return ret;
	}
	return 0;
}

static int misuse(const char *what)
{
	fprintf(stderr, "pdiag-tasks: %s\nTry pdiag-tasks --help.\n", what);
	return 2;
}

static bool number(const char *text, double low, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && *out >= low && *out <= 1e9;
}

static int set_source(const char *name)
{
	if (!strcmp(name, "kmod"))
		opt.tasks.source = PDIAG_SOURCE_KMOD;
	else if (!strcmp(name, "perf") || !strcmp(name, "proc"))
		opt.tasks.source = PDIAG_SOURCE_PERF;
	else
		return misuse("--source is kmod or perf");
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

static int set_output(const char *path)
{
	if (!ends_with(path, ".svg") && !ends_with(path, ".folded") && !ends_with(path, ".txt"))
		return misuse("--output is FILE.svg or FILE.folded");
	opt.output = path;
	return 0;
}

static int take_option(int c)
{
	double n = 0;

	switch (c) {
	case 'a':
		opt.tasks.flags |= PDIAG_TASKS_ALL;
		return 0;
	case 'o':
		return set_output(optarg);
	case OPT_SOURCE:
		return set_source(optarg);
	case OPT_HELP:
		fputs(usage, stdout);
		exit(0);
	case OPT_VERSION:
		printf("pdiag-tasks %s\n", pdiag_version());
		exit(0);
	case '?':
	case ':':
		return misuse("an option is not known, or lacks its value");
	}
	if (!number(optarg, 0, &n))
		return misuse("a value is no number");
	switch (c) {
	case 'n':
		opt.top = (long)n;
		break;
	case OPT_HOLD:
		opt.hold = (long)n;
		break;
	case OPT_COOLDOWN:
		opt.cooldown = (long)n;
		break;
	case OPT_COUNT:
		opt.count = (long)n;
		break;
	case OPT_WAIT:
		opt.wait = (long)n;
		break;
	default:
		opt.triggers = true;
		opt.trigger[c - OPT_ON] = (struct pdiag_trigger){
			.size = sizeof(opt.trigger[0]), .on = (uint32_t)(c - OPT_ON),
			.rise = (uint64_t)(c - OPT_ON == PDIAG_TRIGGER_LOAD ? n * 100 : n),
		};
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "top", required_argument, NULL, 'n' },
		{ "output", required_argument, NULL, 'o' },
		{ "source", required_argument, NULL, OPT_SOURCE },
		{ "load", required_argument, NULL, OPT_ON + PDIAG_TRIGGER_LOAD },
		{ "runnable", required_argument, NULL, OPT_ON + PDIAG_TRIGGER_RUNNABLE },
		{ "blocked", required_argument, NULL, OPT_ON + PDIAG_TRIGGER_BLOCKED },
		{ "hold", required_argument, NULL, OPT_HOLD },
		{ "cooldown", required_argument, NULL, OPT_COOLDOWN },
		{ "count", required_argument, NULL, OPT_COUNT },
		{ "wait", required_argument, NULL, OPT_WAIT },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ 0 },
	};
	struct pdiag_tasks *tasks;
	struct pdiag *context;
	int c, ret;

	while ((c = getopt_long(argc, argv, ":an:o:", options, NULL)) != -1)
		if ((ret = take_option(c)))
			return ret;
	if (optind < argc)
		return misuse("there are too many arguments");
	if (pdiag_open(NULL, &context))
		return fail();
	ret = pdiag_tasks_new(context, &opt.tasks, &tasks) ? fail() : run(tasks);
	pdiag_close(context);
	return ret;
}
