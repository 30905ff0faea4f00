// SPDX-License-Identifier: GPL-2.0
/*
 * The screen of top: what is watched, as it stands in the grid.  Nothing here knows of
 * terminals or of the kernel.
 *
 * From top to bottom: a headline; the group and this node; figures over time; the nodes,
 * which scroll; the groups, if there are several; the keys.
 */
#include <inttypes.h>
#include <string.h>

#include "histogram.h"
#include "node.h"
#include "text.h"
#include "top_draw.h"

#define ROWS_MIN 12
#define COLUMNS_MIN 50
#define ROWS_ROOMY 24		/* from here on, some are left empty */
#define LABEL_COLUMNS 9		/* before a gauge */
#define FIGURE_COLUMNS 30	/* behind it */
#define TIME_TEXT_MAX 24
#define JOURNAL_FULL_PERCENT 90
#define KEYS "q quit  p pause  Left/Right or 1-9 group  Up/Down nodes  h help"

static void draw_headline(struct canvas *canvas, const struct watched *watched,
			  const struct top_view *view)
{
	unsigned int clock = strlen(view->clock), at;

	at = canvas_text(canvas, 0, 0, COLOR_HEAD, "paxosctl top");
	if (view->paused)
		canvas_text(canvas, 0, at + 2, COLOR_WARN, "PAUSED: p goes on");
	else if (watched->problem[0])
		canvas_text(canvas, 0, at + 2, COLOR_BAD, "%s", watched->problem);
	if (canvas->columns > clock)
		canvas_text(canvas, 0, canvas->columns - clock, COLOR_NONE, "%s", view->clock);
}

static unsigned int draw_group(struct canvas *canvas, unsigned int row,
			       const struct watched_group *group)
{
	const struct ipc_status *status = &group->status;
	char cluster[UUID_TEXT_MAX], ballot[BALLOT_TEXT_MAX];
	unsigned int at;

	at = canvas_text(canvas, row, 0, COLOR_HEAD, "group %s", status->group);
	canvas_text(canvas, row++, at, COLOR_NONE, "  cluster %s  mode %s",
		    text_uuid(status->cluster, cluster), text_mode(status->mode));
	at = canvas_text(canvas, row, 0, COLOR_NONE, "node %u %s  ", status->node,
			 text_role(status->role));
	if (group->gone)
		at = canvas_text(canvas, row, at, COLOR_BAD, "gone: this is how it was");
	else
		at = canvas_text(canvas, row, at, state_color(status->state), "%s",
				 text_state(status->state));
	if (status->state == PAXOS_STATE_STARTING)
		at = canvas_text(canvas, row, at, COLOR_WARN, " %u%%", status->progress);
	at = canvas_text(canvas, row, at, COLOR_NONE, "  quorum %u/%u (%u needed)  leader ",
			 status->voters_up, status->voters, quorum_need(status));
	if (status->leader)
		at = canvas_text(canvas, row, at, COLOR_HEAD, "%u", status->leader);
	else
		at = canvas_text(canvas, row, at, COLOR_BAD, "none");
	canvas_text(canvas, row++, at, COLOR_NONE, "  ballot %s",
		    text_ballot(status->ballot, ballot));
	canvas_text(canvas, row++, 0, COLOR_NONE, "chosen %" PRIu64 "  durable %" PRIu64
		    "  first %" PRIu64 "  incarnation %" PRIu64, status->chosen, status->durable,
		    status->first, status->incarnation);
	if (status->reason[0])
		canvas_text(canvas, row++, 0, COLOR_WARN, "%s", status->reason);
	if (status->damaged)
		canvas_text(canvas, row++, 0, COLOR_WARN, "%" PRIu64 " slots are damaged, being "
			    "fetched from peers", status->damaged);
	return row;
}

/* Columns of a gauge between its label and its figures. */
static unsigned int gauge_columns(const struct canvas *canvas)
{
	return canvas->columns - LABEL_COLUMNS - FIGURE_COLUMNS;
}

static unsigned int draw_track(struct canvas *canvas, unsigned int row, const char *label,
			       const struct track *track)
{
	unsigned int width = gauge_columns(canvas);

	canvas_text(canvas, row, 0, COLOR_NONE, "%s", label);
	return canvas_sparkline(canvas, row, LABEL_COLUMNS, width, COLOR_GOOD, track->value,
				track->count, track_most(track, width)) + 2;
}

static void draw_slots(struct canvas *canvas, unsigned int row, const struct track *track)
{
	unsigned int at = draw_track(canvas, row, "slots/s", track);

	if (track_newest(track) < 0)
		canvas_text(canvas, row, at, COLOR_NONE, "-");
	else
		canvas_text(canvas, row, at, COLOR_NONE, "%.1f/s  most %.1f/s", track_newest(track),
			    track_most(track, gauge_columns(canvas)));
}

/* Never wider than a gauge's figures have room for. */
static const char *time_text(double us, char text[TIME_TEXT_MAX])
{
	if (us < 100000)
		snprintf(text, TIME_TEXT_MAX, "%.3f ms", us / 1000);
	else if (us < 1000000)
		snprintf(text, TIME_TEXT_MAX, "%.1f ms", us / 1000);
	else
		snprintf(text, TIME_TEXT_MAX, "%.2f s", us / 1000000);
	return text;
}

static void draw_lately(struct canvas *canvas, unsigned int row, const char *label,
			const struct lately *lately)
{
	unsigned int at = draw_track(canvas, row, label, &lately->mean_us);
	char text[TIME_TEXT_MAX];

	if (!lately->count) {
		canvas_text(canvas, row, at, COLOR_NONE, "none");
		return;
	}
	at = canvas_text(canvas, row, at, COLOR_NONE, "%s  p99 ",
			 time_text(track_newest(&lately->mean_us), text));
	if (lately->p99_us)
		canvas_text(canvas, row, at, COLOR_NONE, "<= %s", time_text(lately->p99_us, text));
	else
		canvas_text(canvas, row, at, COLOR_NONE, "> %s",
			    time_text(histogram_bound_us(PAXOS_HISTOGRAM_BUCKETS - 2), text));
}

static void draw_journal(struct canvas *canvas, unsigned int row, const struct ipc_status *status)
{
	unsigned int percent = journal_percent(status), at;
	double part = status->disk_size ? (double)status->disk_used / status->disk_size : 0;

	canvas_text(canvas, row, 0, COLOR_NONE, "journal");
	at = canvas_bar(canvas, row, LABEL_COLUMNS, gauge_columns(canvas),
			percent >= JOURNAL_FULL_PERCENT ? COLOR_BAD : COLOR_GOOD, part);
	canvas_text(canvas, row, at + 2, COLOR_NONE, "%u%% of %" PRIu64 " MiB", percent,
		    status->disk_size >> 20);
}

static unsigned int draw_gauges(struct canvas *canvas, unsigned int row,
				const struct watched_group *group)
{
	draw_slots(canvas, row++, &group->slots);
	draw_lately(canvas, row++, "commit", &group->commit);
	draw_lately(canvas, row++, "write", &group->write);
	draw_journal(canvas, row++, &group->status);
	return row + (canvas->rows >= ROWS_ROOMY);
}

/* The list of nodes is drawn from @first on, as far as @end; rows before it are scrolled away. */
struct node_list {
	struct canvas *canvas;
	unsigned int row;	/* next one */
	unsigned int end;
	unsigned int address;	/* columns of an address */
};

static void draw_node(struct node_list *list, const char *role, enum color color,
		      const struct ipc_peer *node, const char *health, const char *rtt,
		      const char *behind)
{
	char address[ADDRESS_TEXT_MAX];
	unsigned int at;

	if (list->row >= list->end)
		return;
	at = canvas_text(list->canvas, list->row, 0, COLOR_NONE, "%5u %-*.*s ", node->node,
			 list->address, list->address, address_print(&node->address, address));
	at = canvas_text(list->canvas, list->row, at,
			 strcmp(role, text_role(PAXOS_ROLE_LEADER)) ? COLOR_NONE : COLOR_HEAD,
			 "%-9s ", role);
	at = canvas_text(list->canvas, list->row, at, color, "%-11.11s", health);
	canvas_text(list->canvas, list->row++, at, COLOR_NONE, " %9s %11" PRIu64 " %8s", rtt,
		    node->chosen, behind);
}

/* What is special about a peer, in a row of its own. */
static void draw_trouble(struct node_list *list, const struct watched_group *group,
			 const struct ipc_peer *peer)
{
	double done = watched_catch_up(group, peer);
	unsigned int at;

	if (list->row >= list->end)
		return;
	if (done >= 0) {
		at = canvas_text(list->canvas, list->row, 6, COLOR_NONE, "catching up ");
		at = canvas_bar(list->canvas, list->row, at, list->canvas->columns - at - 8,
				COLOR_WARN, done);
		canvas_text(list->canvas, list->row++, at, COLOR_NONE, " %3u%%",
			    (unsigned int)(done * 100));
	} else if (peer->health == PAXOS_HEALTH_UNREACHABLE && peer->heard) {
		canvas_text(list->canvas, list->row++, 6, COLOR_BAD,
			    "last heard of %.1f s ago", peer->heard_ms / 1000.0);
	}
}

static void draw_peer(struct node_list *list, const struct watched_group *group,
		      const struct ipc_peer *peer)
{
	char rtt[24] = "-", behind[24];

	if (peer->rtt_us)
		snprintf(rtt, sizeof(rtt), "%u.%03u ms", peer->rtt_us / 1000, peer->rtt_us % 1000);
	snprintf(behind, sizeof(behind), "%" PRIu64, peer_lag(peer, group->status.chosen));
	draw_node(list, peer_role(&group->status, peer), health_color(peer->health), peer,
		  text_health(peer->health), rtt, behind);
	draw_trouble(list, group, peer);
}

static void draw_this_node(struct node_list *list, const struct ipc_status *status)
{
	const struct ipc_peer node = { .node = status->node, .address = status->listen,
				       .chosen = status->chosen };

	draw_node(list, text_role(status->role), state_color(status->state), &node,
		  text_state(status->state), "here", "-");
}

/* Columns that the longest address takes, but never so many that figures are cut off. */
static unsigned int address_columns(const struct canvas *canvas, const struct ipc_status *status)
{
	unsigned int others = canvas->columns > 74 ? canvas->columns - 59 : 15, longest = 7, length;
	char text[ADDRESS_TEXT_MAX];

	for (unsigned int i = 0; i < status->peers; i++) {
		length = strlen(address_print(&status->peer[i].address, text));
		longest = length > longest ? length : longest;
	}
	length = strlen(address_print(&status->listen, text));
	longest = length > longest ? length : longest;
	return longest < others ? longest : others;
}

static void draw_nodes(struct canvas *canvas, unsigned int row, unsigned int end,
		       const struct watched_group *group, unsigned int scroll)
{
	const struct ipc_status *status = &group->status;
	struct node_list list = { .canvas = canvas, .row = row + 1, .end = end,
				  .address = address_columns(canvas, status) };
	unsigned int i = 0;

	canvas_text(canvas, row, 0, COLOR_HEAD, "%5s %-*s %-9s %-11s %9s %11s %8s", "ID",
		    list.address, "ADDRESS", "ROLE", "HEALTH", "RTT", "CHOSEN", "BEHIND");
	if (!scroll)
		draw_this_node(&list, status);
	for (i = scroll ? scroll - 1 : 0; i < status->peers && list.row < end; i++)
		draw_peer(&list, group, &status->peer[i]);
	if (i < status->peers)
		canvas_text(canvas, end - 1, 0, COLOR_WARN, "%-*s", (int)canvas->columns,
			    "  ... more nodes: Down");
}

/* All groups, so that the selected one is in sight. */
static void draw_groups(struct canvas *canvas, unsigned int row, const struct watched *watched,
			unsigned int selected)
{
	unsigned int each = PAXOS_NAME_MAX + 8, fit = canvas->columns / each + 1;
	unsigned int first = selected < fit ? 0 : selected - fit + 1, at = 0;

	for (unsigned int i = first; i < watched->groups && at < canvas->columns; i++) {
		const struct watched_group *group = watched->group[i];
		enum color color = group->gone ? COLOR_BAD : state_color(group->status.state);

		at = canvas_text(canvas, row, at, i == selected ? COLOR_HEAD : COLOR_NONE,
				 i == selected ? "[%u %s " : " %u %s ", i + 1,
				 group->status.group);
		at = canvas_text(canvas, row, at, color, "%s",
				 group->gone ? "gone" : text_state(group->status.state));
		at = canvas_text(canvas, row, at, COLOR_HEAD, i == selected ? "] " : "  ");
	}
}

static void draw_help(struct canvas *canvas)
{
	static const char * const lines[] = {
		"q            quit",
		"p            pause, and go on",
		"Left, Right  another group; so do Tab and the digits 1 to 9",
		"Up, Down     other nodes of a long list",
		"h            this",
		"",
		"slots/s      slots delivered on this node, second by second",
		"commit       proposals of this node's callers: mean, and a bound of 99 %",
		"write        writes to this node's journal, the same",
		"journal      how full it is: trim makes room",
		"BEHIND       slots that a node lacks of what is chosen here",
		"catching up  how much it has fetched of what it lacked most",
	};
	unsigned int row = 2;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		canvas_text(canvas, row++, 2, COLOR_NONE, "%s", lines[i]);
	canvas_text(canvas, canvas->rows - 1, 0, COLOR_HEAD, "any key: back");
}

void top_draw(struct canvas *canvas, const struct watched *watched, const struct top_view *view)
{
	unsigned int row = 1, foot = canvas->rows - 1;

	if (canvas->rows < ROWS_MIN || canvas->columns < COLUMNS_MIN) {
		canvas_text(canvas, 0, 0, COLOR_BAD, "too small: at least %ux%u", COLUMNS_MIN, ROWS_MIN);
		return;
	}
	draw_headline(canvas, watched, view);
	if (view->help) {
		draw_help(canvas);
		return;
	}
	canvas_text(canvas, foot, 0, COLOR_HEAD, KEYS);
	if (!watched->groups) {
		if (!watched->problem[0])
			canvas_text(canvas, 2, 2, COLOR_NONE,
				    "no groups in this network namespace");
		return;
	}
	if (watched->groups > 1)
		draw_groups(canvas, --foot, watched, view->selected);
	row = draw_group(canvas, row, watched->group[view->selected]);
	row = draw_gauges(canvas, row, watched->group[view->selected]);
	if (row + 1 < foot)
		draw_nodes(canvas, row, foot, watched->group[view->selected], view->scroll);
}
