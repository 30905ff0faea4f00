// SPDX-License-Identifier: GPL-2.0
/* Which slips are seen through, and which words are left alone. */
#include <string.h>

#include "suggest.h"
#include "tap.h"

static const char *const words[] = { "status", "propose", "learn", "leader", "wait", "up", NULL };

static bool means(const char *typed, const char *meant)
{
	const char *found = suggest(typed, words);

	return found && !strcmp(found, meant);
}

int main(void)
{
	char text[SUGGEST_TEXT_MAX];

	tap_ok(means("satus", "status") && means("prpose", "propose"), "a letter left out");
	tap_ok(means("statuss", "status") && means("waait", "wait"), "a letter too many");
	tap_ok(means("learm", "learn") && means("wair", "wait"), "a letter for another");
	tap_ok(means("staths", "status") && means("lerader", "leader"), "two words' worth");
	tap_ok(means("pu", "up") && means("laern", "learn") && suggest_distance("pu", "up") == 1,
	       "letters swapped");
	tap_ok(means("stat", "status"), "a word that was not ended");
	tap_ok(!suggest("list", words) && !suggest("xyzzy", words) && !suggest("ls", words),
	       "other words are like none");
	tap_ok(!suggest("", words), "nothing is like nothing");
	tap_ok(!suggest("statusstatusstatusstatusstatusstatus", words), "long ones neither");
	tap_ok(suggest_distance("status", "status") == 0, "a word is itself");
	tap_ok(!strcmp(suggest_text("up", text), ": did you mean 'up'?") &&
	       !*suggest_text(NULL, text), "what is said of it");
	return tap_done();
}
