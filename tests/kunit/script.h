/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Script: a schedule as text, so that a row of PROTOCOL.md's table reads as one.
 *
 * Statements end with ";" or a line; the first word is the verb.  Nodes are A to
 * E; "A>B" is what A says to B; a ballot is "2.B" (round and node) or "A", the
 * one that A campaigned with last; "noop" is a no-op, "-" nothing.
 *
 *	nodes 5			so many voters (3 if the script does not begin so)
 *	fresh			just formatted: nobody has confirmed anybody
 *	basic; broadcast	the group's mode, how it learns
 *	lead A			A campaigns, and is promised by all it can reach
 *	campaign A		its pre-votes are granted, its PREPAREs lie there
 *	propose A x		a caller of A proposes x
 *	give A>B accept		the oldest such letter arrives; it must be there
 *	drop A>B; drop A	letters that lie there never arrive
 *	keep A>B promise	take a letter away; "again" delivers it, any time
 *	write A			what A has gathered becomes durable
 *	power-cut A; boot A	what was not written is lost; A starts from its disk
 *	torn A 0x5		power goes during a write: these sectors came
 *	blank A			A's disk is a new one, under the old id; needs boot
 *	save A; restore A	A's disk is put back as it was; needs boot
 *	rot A 2			the value of slot 2 rots on A's disk; needs boot
 *	rot-header A		the header of A's last batch rots, both copies
 *	lose-record A		A's last batch never came
 *	fail A			A's disk fails: a write, or a flush
 *	away A; back A		A is cut off from all
 *	cut A>B			one way
 *	settle			all is written and delivered until nothing is left
 *	heal			nothing is cut any more, and time passes
 *	tick A 100		ms pass, and A notices
 *	prepare A>B 2.A 1	A says so: ballot, first slot
 *	accept A>B 1.A 1 x	ballot, slot, value
 *	accepted A>B 1.A 1	ballot, slot
 *	heartbeat A>B 1.A 7	ballot, commit index
 *	barrier A; trim A 5; installed A 5; transfer A B
 *
 * and what must be so:
 *
 *	log A 2 x		delivered there; "noop", "-"
 *	holds A 2 x		accepted there
 *	once A x; never A x	in how many slots it was delivered
 *	letters A>B nack 1	so many lie there
 *	leader A; candidate A; follower A; nobody-leads
 *	same-ballot A		it leads with the ballot it campaigned with last
 *	answered A 1		so many of its callers have their answer
 *	said A chosen 7		the last answer of A: outcome, and at least that slot
 *	refused A B		A refuses who claims to be B
 *	state A forgotten	as status says
 *	health A B refused	as A's status says of B
 *	agree			where two delivered a slot, it is the same
 */
#ifndef _KUNIT_SCRIPT_H
#define _KUNIT_SCRIPT_H

#include "fixture.h"

void script_run(struct kunit *test, const char *text);

#endif /* _KUNIT_SCRIPT_H */
