// SPDX-License-Identifier: GPL-2.0
/*
 * A load as a picture: an SVG file of its own, with nothing to load from elsewhere.
 *
 * Three panels, one below the other: latency by percentile, throughput over time, and
 * latency over time.  Latencies are on a logarithmic axis, from the decade below the
 * shortest to the one above the longest; percentiles by their distance from 100 %, so
 * that the few slow ones get as much room as the many.
 */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "plot.h"

#define WIDTH 720
#define LEFT 70			/* of all panels, */
#define RIGHT 700
#define PANEL_HEIGHT 170
#define HEIGHT 720
#define NINES_MAX 5		/* the percentile axis ends at 99.999 */
#define CURVE_STEPS 200
#define RATE_TICKS 4

struct panel {
	FILE *file;
	double top;		/* of the panel, in the picture */
	double low;		/* the value axis, from bottom ... */
	double high;		/* ... to top */
};

static void text(FILE *file, double x, double y, const char *class, const char *words)
{
	fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	for (; *words; words++) {
		switch (*words) {
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '&':
			fputs("&amp;", file);
			break;
		default:
			/* XML has no way to write a control character. */
			fputc((unsigned char)*words < ' ' ? '?' : *words, file);
		}
	}
	fputs("</text>\n", file);
}

static void line(FILE *file, double x1, double y1, double x2, double y2, const char *class)
{
	fprintf(file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n",
		x1, y1, x2, y2, class);
}

static double height_of(const struct panel *panel, double value)
{
	double part = (value - panel->low) / (panel->high - panel->low);

	return panel->top + PANEL_HEIGHT * (1 - (part < 0 ? 0 : part > 1 ? 1 : part));
}

static void frame(const struct panel *panel, const char *title)
{
	text(panel->file, LEFT, panel->top - 8, "title", title);
	fprintf(panel->file, "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%d\" "
		"class=\"frame\"/>\n", LEFT, panel->top, RIGHT - LEFT, PANEL_HEIGHT);
}

/* The same microseconds as people would write them. */
static void time_text(double us, char *words, size_t size)
{
	if (us < 1000)
		snprintf(words, size, "%.4g us", us);
	else if (us < 1000000)
		snprintf(words, size, "%.4g ms", us / 1000);
	else
		snprintf(words, size, "%.4g s", us / 1000000);
}

/* A panel whose values are microseconds, in decades that take in what was measured. */
static struct panel latency_panel(FILE *file, double top, const struct latency *latency,
				  const char *title)
{
	struct panel panel = { .file = file, .top = top };
	char words[32];

	panel.low = floor(log10(latency->min_us > 1 ? latency->min_us : 1));
	panel.high = ceil(log10(latency->max_us > 1 ? latency->max_us : 1));
	if (panel.high <= panel.low)
		panel.high = panel.low + 1;
	frame(&panel, title);
	for (double decade = panel.low; decade <= panel.high; decade++) {
		double y = height_of(&panel, decade);

		line(file, LEFT, y, RIGHT, y, "grid");
		time_text(pow(10, decade), words, sizeof(words));
		text(file, LEFT - 6, y + 4, "end", words);
	}
	return panel;
}

static double latency_height(const struct panel *panel, uint64_t us)
{
	return height_of(panel, log10(us > 1 ? us : 1));
}

/* Where the percentile that leaves 10^-@nines of all above it stands. */
static double nines_x(double nines)
{
	return LEFT + (RIGHT - LEFT) * nines / NINES_MAX;
}

static void plot_percentiles(FILE *file, double top, const struct latency *latency)
{
	static const char * const labels[NINES_MAX + 1] = {
		"0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %",
	};
	struct panel panel = latency_panel(file, top, latency, "Latency by percentile");

	for (unsigned int i = 0; i <= NINES_MAX; i++) {
		if (i && i < NINES_MAX)
			line(file, nines_x(i), top, nines_x(i), top + PANEL_HEIGHT, "grid");
		text(file, nines_x(i), top + PANEL_HEIGHT + 16, i == NINES_MAX ? "end" : "middle",
		     labels[i]);
	}
	fputs("<polyline class=\"p50\" points=\"", file);
	for (unsigned int i = 0; i <= CURVE_STEPS; i++) {
		double nines = (double)i * NINES_MAX / CURVE_STEPS;
		uint64_t us = latency_within_us(latency, 1000000 * (1 - pow(10, -nines)));

		fprintf(file, "%.1f,%.1f ", nines_x(nines), latency_height(&panel, us));
	}
	fputs("\"/>\n", file);
}

static double time_x(const struct series *series, unsigned int point)
{
	return LEFT + (RIGHT - LEFT) * (point + 0.5) / series->count;
}

static void time_axis(FILE *file, const struct series *series, double top)
{
	char words[32];

	time_text((double)series->interval_us * series->count, words, sizeof(words));
	text(file, LEFT, top + PANEL_HEIGHT + 16, "middle", "0 s");
	text(file, RIGHT, top + PANEL_HEIGHT + 16, "end", words);
}

/* Times at which proposals failed: a mark at the foot of the panel. */
static void mark_failures(FILE *file, const struct series *series, double top)
{
	for (unsigned int i = 0; i < series->count; i++)
		if (series->point[i].failed)
			line(file, time_x(series, i), top + PANEL_HEIGHT - 8, time_x(series, i),
			     top + PANEL_HEIGHT, "failed");
}

/* A round number that is not less than @value. */
static double round_up(double value)
{
	double decade = pow(10, floor(log10(value > 1 ? value : 1)));

	for (double step = 1; step < 10; step += 1)
		if (step * decade >= value)
			return step * decade;
	return 10 * decade;
}

static void plot_throughput(FILE *file, double top, const struct series *series)
{
	struct panel panel = { .file = file, .top = top };
	double per_second = 1e6 / series->interval_us;
	char words[32];

	for (unsigned int i = 0; i < series->count; i++)
		panel.high = fmax(panel.high, series->point[i].chosen * per_second);
	panel.high = round_up(panel.high);
	frame(&panel, "Chosen per second (marks: times at which proposals failed)");
	for (unsigned int i = 0; i <= RATE_TICKS; i++) {
		double value = panel.high * i / RATE_TICKS;

		line(file, LEFT, height_of(&panel, value), RIGHT, height_of(&panel, value), "grid");
		snprintf(words, sizeof(words), "%.6g", value);
		text(file, LEFT - 6, height_of(&panel, value) + 4, "end", words);
	}
	fputs("<polyline class=\"rate\" points=\"", file);
	for (unsigned int i = 0; i < series->count; i++)
		fprintf(file, "%.1f,%.1f ", time_x(series, i),
			height_of(&panel, series->point[i].chosen * per_second));
	fputs("\"/>\n", file);
	mark_failures(file, series, top);
	time_axis(file, series, top);
}

/* A line is broken where nothing was chosen. */
static void plot_latency_line(const struct panel *panel, const struct series *series,
			      const char *class, size_t field)
{
	bool open = false;

	for (unsigned int i = 0; i < series->count; i++) {
		const struct series_point *point = &series->point[i];
		uint64_t us = *(const uint64_t *)((const char *)point + field);

		if (!point->chosen) {
			fputs(open ? "\"/>\n" : "", panel->file);
			open = false;
			continue;
		}
		if (!open)
			fprintf(panel->file, "<polyline class=\"%s\" points=\"", class);
		open = true;
		fprintf(panel->file, "%.1f,%.1f ", time_x(series, i), latency_height(panel, us));
	}
	fputs(open ? "\"/>\n" : "", panel->file);
}

static void plot_latency(FILE *file, double top, const struct load *load)
{
	static const struct {
		const char *class;
		const char *label;
		size_t field;
	} lines[] = {
		{ "p50", "p50", offsetof(struct series_point, p50_us) },
		{ "p99", "p99", offsetof(struct series_point, p99_us) },
		{ "max", "max", offsetof(struct series_point, max_us) },
	};
	struct panel panel = latency_panel(file, top, &load->latency, "Latency over time");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		double x = RIGHT - 60 * (double)(3 - i);

		plot_latency_line(&panel, &load->series, lines[i].class, lines[i].field);
		line(file, x, top - 12, x + 18, top - 12, lines[i].class);
		text(file, x + 22, top - 8, "label", lines[i].label);
	}
	time_axis(file, &load->series, top);
}

static void plot_head(FILE *file, const struct load *load)
{
	char words[256], loop[96];

	fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" role=\"img\">\n", WIDTH, HEIGHT, WIDTH, HEIGHT);
	fputs("<style>\n"
	      "text{font:12px sans-serif;fill:#333}.head{font-size:16px;font-weight:bold}\n"
	      ".title{font-weight:bold}.end{text-anchor:end}.middle{text-anchor:middle}\n"
	      ".frame{fill:none;stroke:#888}.grid{stroke:#ddd}polyline{fill:none}\n"
	      ".p50,.rate{stroke:#0a58ca;stroke-width:1.5}.p99{stroke:#d97706;stroke-width:1.5}\n"
	      ".max{stroke:#999}.failed{stroke:#c00;stroke-width:3}\n"
	      "</style>\n", file);
	fprintf(file, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT);
	snprintf(loop, sizeof(loop), "closed loop, %u clients", load->clients);
	if (load->rate)
		snprintf(loop, sizeof(loop), "open loop, %" PRIu64 "/s", load->rate);
	snprintf(words, sizeof(words), "paxosctl bench %s: %s, values of %u bytes", load->group,
		 loop, load->size);
	text(file, LEFT, 26, "head", words);
	snprintf(words, sizeof(words), "%" PRIu64 " chosen, %" PRIu64 " not, in %.1f s",
		 load->chosen, load_failed(load), load->sending_us / 1e6);
	text(file, LEFT, 46, "label", words);
}

void plot_load(FILE *file, const struct load *load)
{
	plot_head(file, load);
	if (load->latency.count) {
		plot_percentiles(file, 80, &load->latency);
		plot_throughput(file, 300, &load->series);
		plot_latency(file, 520, load);
	} else {
		text(file, LEFT, 80, "label", "Nothing was chosen: there is no latency to show.");
	}
	fputs("</svg>\n", file);
}
