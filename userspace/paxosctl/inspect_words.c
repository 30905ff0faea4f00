// SPDX-License-Identifier: GPL-2.0
/*
 * The words for what inspect finds, the same in text and JSON.
 */
#include "inspect.h"

const char *word_record(unsigned int type)
{
	static const char * const word[] = {
		[PAXOS_RECORD_ACCEPTED] = "accepted",
		[PAXOS_RECORD_LEARNED] = "learned",
		[PAXOS_RECORD_CHOSEN] = "chosen",
		[PAXOS_RECORD_PEER] = "peer",
		[PAXOS_RECORD_CONFIRMED] = "confirmed",
		[PAXOS_RECORD_TABLE] = "table",
	};

	return word[type];
}

const char *word_entry(unsigned int type)
{
	switch (type) {
	case PAXOS_ENTRY_VALUE:
		return "value";
	case PAXOS_ENTRY_NOOP:
		return "noop";
	case PAXOS_ENTRY_CONFIG:
		return "config";
	}
	return "unknown";
}

const char *word_copy(enum copy_status status)
{
	static const char * const word[] = {
		[COPY_COUNTS] = "counts",
		[COPY_SAME] = "same",
		[COPY_OLDER] = "older",
		[COPY_DIFFERS] = "differs",
		[COPY_INVALID] = "invalid",
	};

	return word[status];
}

const char *word_outcome(enum outcome outcome)
{
	static const char * const word[] = {
		[OUTCOME_OK] = "ok",
		[OUTCOME_REPAIR] = "repair",
		[OUTCOME_FORGOTTEN] = "forgotten",
		[OUTCOME_SUSPENDED] = "suspended",
		[OUTCOME_REFUSED] = "refused",
	};

	return word[outcome];
}

const char *word_tail(const struct inspection *seen)
{
	switch (seen->tail) {
	case PAXOS_REPLAY_TORN:
		return "torn";
	case PAXOS_REPLAY_DAMAGED:
		return "damaged";
	default:
		return "end";
	}
}

const char *word_super_state(unsigned int state)
{
	switch (state) {
	case PAXOS_SUPER_FRESH:
		return "fresh";
	case PAXOS_SUPER_OK:
		return "ok";
	case PAXOS_SUPER_FORGOTTEN:
		return "forgotten";
	}
	return "unknown";
}

char cell_letter(unsigned int cell)
{
	static const char letter[] = {
		[CELL_FREE] = '.',
		[CELL_OLD] = '-',
		[CELL_LIVE] = '#',
		[CELL_TORN] = '~',
		[CELL_BEYOND] = '?',
		[CELL_DAMAGED] = '!',
	};

	return letter[cell];
}
