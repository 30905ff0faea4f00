// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl top: a screen that shows how groups are, again and again.
 *
 * What is read is kept by watched.c, drawn by top_draw.c, and shown by screen.c.  While
 * it runs, a group or the module may go away: what was last known stays on the screen,
 * with what is wrong, until they are back.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "output.h"
#include "screen.h"
#include "top_draw.h"

#define EVERY_US 1000000
#define CLOCK_TEXT_MAX 16

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

struct top {
	const char *only;	/* the group that was named; NULL: all */
	struct ipc *ipc;	/* NULL: none, it is to be opened anew */
	struct watched watched;
	struct top_view view;
	uint64_t next_us;	/* to be read again */
};

/* One group: the same answers as of all, in the same form. */
static int read_one(struct top *top, struct ipc_status **status, struct ipc_stats **stats,
		    unsigned int *count)
{
	int error;

	*status = must(calloc(1, sizeof(**status)));
	*stats = must(calloc(1, sizeof(**stats)));
	*count = 1;
	error = ipc_status(top->ipc, top->only, *status);
	return error ? error : ipc_stats(top->ipc, top->only, false, *stats);
}

static int read_all(struct top *top)
{
	unsigned int count = 0, stats_count = 0;
	struct ipc_status *status = NULL;
	struct ipc_stats *stats = NULL;
	int error;

	if (top->only) {
		error = read_one(top, &status, &stats, &count);
		stats_count = count;
	} else {
		error = ipc_status_list(top->ipc, &status, &count);
		if (!error)
			error = ipc_stats_list(top->ipc, &stats, &stats_count);
	}
	if (!error)
		watched_take(&top->watched, status, count, stats, stats_count, now_us());
	free(status);
	free(stats);
	return error;
}

/* Nothing could be read: all that was known is gone. */
static void lose(struct top *top, const char *problem)
{
	watched_take(&top->watched, NULL, 0, NULL, 0, 0);
	snprintf(top->watched.problem, sizeof(top->watched.problem), "%s", problem);
	ipc_free(top->ipc);
	top->ipc = NULL;
}

/* Asking for the family would load the module again, which somebody has just taken out. */
static void read_again(struct top *top)
{
	char problem[IPC_PROBLEM_MAX];
	int error, code;

	if (!ipc_module_loaded()) {
		lose(top, "the module is not loaded");
		return;
	}
	if (!top->ipc)
		top->ipc = ipc_open(&code, problem);
	if (!top->ipc) {
		lose(top, problem);
		return;
	}
	error = read_all(top);
	/* A list that changed while it was read is read again the next time. */
	if (error && error != -EINTR)
		lose(top, ipc_error_text(top->ipc, error));
}

static const char *clock_text(char text[CLOCK_TEXT_MAX])
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	localtime_r(&now, &tm);
	strftime(text, CLOCK_TEXT_MAX, "%T", &tm);
	return text;
}

static void show(struct top *top)
{
	char text[CLOCK_TEXT_MAX];
	struct canvas canvas;

	top->view.clock = clock_text(text);
	screen_canvas(&canvas);
	top_draw(&canvas, &top->watched, &top->view);
	screen_show(&canvas);
	canvas_free(&canvas);
}

static void select_group(struct top *top, unsigned int which)
{
	if (which >= top->watched.groups)
		return;
	top->view.selected = which;
	top->view.scroll = 0;
}

static void scroll_down(struct top *top)
{
	if (top->watched.groups &&
	    top->view.scroll < top->watched.group[top->view.selected]->status.peers)
		top->view.scroll++;
}

static void take_character(struct top *top, char character)
{
	if (character == 'p')
		top->view.paused = !top->view.paused;
	else if (character == 'h' || character == '?')
		top->view.help = true;
	else if (character >= '1' && character <= '9')
		select_group(top, character - '1');
}

static void take_key(struct top *top, enum screen_key key, char character)
{
	unsigned int groups = top->watched.groups;

	if (key == SCREEN_QUIT)
		ended = 1;
	if (key == SCREEN_NOTHING)
		return;
	if (top->view.help) {
		top->view.help = false;
		return;
	}
	switch (key) {
	case SCREEN_LEFT:
		select_group(top, (top->view.selected + groups - 1) % (groups ? groups : 1));
		break;
	case SCREEN_RIGHT:
		select_group(top, (top->view.selected + 1) % (groups ? groups : 1));
		break;
	case SCREEN_UP:
		top->view.scroll -= top->view.scroll > 0;
		break;
	case SCREEN_DOWN:
		scroll_down(top);
		break;
	default:
		take_character(top, character);
	}
}

/* Milliseconds from @now to @then, so that it is not early. */
static int until_ms(uint64_t now, uint64_t then)
{
	return then > now ? (then - now + 999) / 1000 : 0;
}

static void watch(struct top *top)
{
	uint64_t now = now_us(), end_us = now + settings.timeout_ms * 1000ull, wake_us;
	char character = '\0';
	enum screen_key key;

	while (!ended && (!settings.timeout_ms || now < end_us)) {
		if (now >= top->next_us) {
			if (!top->view.paused)
				read_again(top);
			top->next_us = now + EVERY_US;
		}
		show(top);
		wake_us = settings.timeout_ms && end_us < top->next_us ? end_us : top->next_us;
		key = screen_key(until_ms(now, wake_us), &character);
		take_key(top, key, character);
		now = now_us();
	}
}

/* Before the screen is taken over, what is wrong is an error as of any command. */
static int open_first(struct top *top)
{
	char problem[IPC_PROBLEM_MAX];
	struct ipc_status status;
	struct ipc_stats stats;
	int error, code;

	top->ipc = ipc_open(&code, problem);
	if (!top->ipc)
		return fail(code, "%s", problem);
	if (!top->only)
		return EXIT_DONE;
	error = ipc_status(top->ipc, top->only, &status);
	/* Not everybody who may read the one may read the other. */
	if (!error)
		error = ipc_stats(top->ipc, top->only, false, &stats);
	return error ? ipc_fail(top->ipc, error) : EXIT_DONE;
}

static int run(const struct args *args, struct top *top)
{
	struct sigaction action = { .sa_handler = on_end };
	const char *problem = screen_problem();
	int code;

	if (problem)
		return args_fail(args, "%s", problem);
	/* First, so that curses leaves these alone. */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	code = open_first(top);
	if (code)
		return code;
	if (!screen_open(color_wanted()))
		return args_fail(args, "this terminal cannot be used");
	watch(top);
	screen_close();
	return EXIT_DONE;
}

int top_run(const struct args *args)
{
	struct top top = { .only = args->count ? args->word[0] : NULL };
	int code = args_words(args, 0, 1);

	if (!code && settings.json)
		code = args_fail(args, "top is a screen; for JSON: status, stats, monitor");
	if (!code)
		code = run(args, &top);
	watched_free(&top.watched);
	ipc_free(top.ipc);
	return code;
}
