// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal: the only file that knows ncurses.
 */
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

/* These are macros of term.h's, about the terminal. */
#undef columns
#undef lines

#include "screen.h"

#define ESCAPE_DELAY_MS 25	/* for what follows an escape character */

static struct {
	SCREEN *screen;
	bool color;
	bool utf8;
} terminal;

const char *screen_problem(void)
{
	static char problem[160];
	const char *name = getenv("TERM");
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "top needs a terminal; without one: status, stats, monitor";
	if (!name || !*name)
		return "TERM is not set: say what terminal this is, as TERM=xterm";
	if (setupterm(NULL, STDOUT_FILENO, &error) == ERR)
		snprintf(problem, sizeof(problem), "terminal '%.40s' is not known: set TERM to one "
			 "that is, as TERM=xterm", name);
	else if (!cursor_address || !clear_screen)
		snprintf(problem, sizeof(problem), "terminal '%.40s' cannot place its cursor: "
			 "without that: status, stats, monitor", name);
	return problem[0] ? problem : NULL;
}

static void start_colors(void)
{
	static const short colors[] = {
		[COLOR_GOOD] = 2,	/* green, yellow, red: curses' numbers for them */
		[COLOR_WARN] = 3,
		[COLOR_BAD] = 1,
	};

	start_color();
	use_default_colors();
	for (short i = COLOR_GOOD; i <= COLOR_BAD; i++)
		init_pair(i, colors[i], -1);
}

bool screen_open(bool color)
{
	setlocale(LC_CTYPE, "");
	terminal.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	terminal.screen = newterm(NULL, stdout, stdin);
	if (!terminal.screen)
		return false;
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_DELAY_MS);
	curs_set(0);
	terminal.color = color && has_colors();
	if (terminal.color)
		start_colors();
	return true;
}

void screen_close(void)
{
	endwin();
	delscreen(terminal.screen);
	terminal.screen = NULL;
}

void screen_canvas(struct canvas *canvas)
{
	int rows, columns;

	getmaxyx(stdscr, rows, columns);
	canvas_start(canvas, rows, columns, terminal.utf8);
}

static attr_t attribute(enum color color)
{
	if (color == COLOR_HEAD)
		return A_BOLD;
	return terminal.color && color != COLOR_NONE ? COLOR_PAIR(color) : A_NORMAL;
}

void screen_show(const struct canvas *canvas)
{
	erase();
	for (unsigned int row = 0; row < canvas->rows; row++) {
		for (unsigned int column = 0; column < canvas->columns; column++) {
			const struct canvas_cell *cell = canvas_at(canvas, row, column);

			attrset(attribute(cell->color));
			mvaddstr(row, column, cell->glyph);
		}
	}
	refresh();
}

/* A signal ends the wait, also that of another size, which getch() then tells. */
enum screen_key screen_key(int timeout_ms, char *character)
{
	struct pollfd poller = { .fd = STDIN_FILENO, .events = POLLIN };
	int key;

	poll(&poller, 1, timeout_ms);
	if (poller.revents & (POLLERR | POLLHUP | POLLNVAL))
		return SCREEN_QUIT;
	key = getch();
	switch (key) {
	case ERR:
	case KEY_RESIZE:
		return SCREEN_NOTHING;
	case KEY_LEFT:
		return SCREEN_LEFT;
	case KEY_RIGHT:
	case '\t':
		return SCREEN_RIGHT;
	case KEY_UP:
		return SCREEN_UP;
	case KEY_DOWN:
		return SCREEN_DOWN;
	case 'q':
	case 'Q':
		return SCREEN_QUIT;
	}
	*character = key < 128 ? key : '?';
	return SCREEN_OTHER;
}
