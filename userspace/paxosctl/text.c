// SPDX-License-Identifier: GPL-2.0
/*
 * How values, ballots, UUIDs and the kernel's enumerations are written.
 *
 * A value is any bytes.  UTF-8 is shown as it is, all else as base64.  For
 * people, control characters are escaped, since a value comes from elsewhere
 * and must not be able to drive the terminal; JSON and --raw lose nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include <linux/paxos.h>

#include "text.h"

/* Length of the UTF-8 sequence at @byte, its code point in *@code; 0: not UTF-8. */
static size_t utf8_next(const uint8_t *byte, size_t left, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length;

	if (byte[0] < 0x80) {
		*code = byte[0];
		return 1;
	}
	if ((byte[0] & 0xe0) == 0xc0)
		length = 2;
	else if ((byte[0] & 0xf0) == 0xe0)
		length = 3;
	else if ((byte[0] & 0xf8) == 0xf0)
		length = 4;
	else
		return 0;
	if (length > left)
		return 0;
	*code = byte[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (byte[i] & 0x3f);
	}
	if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

bool text_is_utf8(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;
	uint32_t code;

	while (length) {
		size_t step = utf8_next(byte, length, &code);

		if (!step)
			return false;
		byte += step;
		length -= step;
	}
	return true;
}

char *text_base64(const void *bytes, size_t length)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc((length + 2) / 3 * 4 + 1), *out = text;
	const uint8_t *byte = bytes;

	if (!text)
		abort();
	for (; length >= 3; byte += 3, length -= 3) {
		*out++ = digit[byte[0] >> 2];
		*out++ = digit[(byte[0] & 3) << 4 | byte[1] >> 4];
		*out++ = digit[(byte[1] & 15) << 2 | byte[2] >> 6];
		*out++ = digit[byte[2] & 63];
	}
	if (length) {
		unsigned int second = length == 2 ? byte[1] : 0;

		*out++ = digit[byte[0] >> 2];
		*out++ = digit[(byte[0] & 3) << 4 | second >> 4];
		*out++ = length == 2 ? digit[(second & 15) << 2] : '=';
		*out++ = '=';
	}
	*out = '\0';
	return text;
}

static void print_code(FILE *file, const uint8_t *byte, size_t length, uint32_t code)
{
	if (code == '\n')
		fputs("\\n", file);
	else if (code == '\r')
		fputs("\\r", file);
	else if (code < 0x20 || code == 0x7f)
		fprintf(file, "\\x%02" PRIx32, code);
	else if (code >= 0x80 && code < 0xa0)
		fprintf(file, "\\u%04" PRIx32, code);
	else
		fwrite(byte, 1, length, file);
}

void text_print_value(FILE *file, const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;
	uint32_t code;

	if (!text_is_utf8(bytes, length)) {
		char *base64 = text_base64(bytes, length);

		fprintf(file, "base64:%s", base64);
		free(base64);
		return;
	}
	while (length) {
		size_t step = utf8_next(byte, length, &code);

		print_code(file, byte, step, code);
		byte += step;
		length -= step;
	}
}

void text_json_value(json_t *object, const void *bytes, size_t length)
{
	char *base64;

	if (text_is_utf8(bytes, length)) {
		json_object_set_new(object, "value", json_stringn_nocheck(bytes, length));
		return;
	}
	base64 = text_base64(bytes, length);
	json_object_set_new(object, "value", json_string_nocheck(base64));
	json_object_set_new(object, "encoding", json_string("base64"));
	free(base64);
}

const char *text_ballot(uint64_t ballot, char text[BALLOT_TEXT_MAX])
{
	snprintf(text, BALLOT_TEXT_MAX, "%" PRIu64 ".%u", ballot >> 16,
		 (unsigned int)(ballot & 0xffff));
	return text;
}

const char *text_uuid(const uint8_t uuid[16], char text[UUID_TEXT_MAX])
{
	uuid_unparse_lower(uuid, text);
	return text;
}

const char *text_role(unsigned int role)
{
	switch (role) {
	case PAXOS_ROLE_FOLLOWER:
		return "follower";
	case PAXOS_ROLE_CANDIDATE:
		return "candidate";
	case PAXOS_ROLE_LEADER:
		return "leader";
	case PAXOS_ROLE_LEARNER:
		return "learner";
	}
	return "unknown";
}

const char *text_state(unsigned int state)
{
	switch (state) {
	case PAXOS_STATE_STARTING:
		return "starting";
	case PAXOS_STATE_UNCONFIRMED:
		return "unconfirmed";
	case PAXOS_STATE_OK:
		return "ok";
	case PAXOS_STATE_FORGOTTEN:
		return "forgotten";
	case PAXOS_STATE_SUSPENDED:
		return "suspended";
	case PAXOS_STATE_NO_QUORUM:
		return "no-quorum";
	case PAXOS_STATE_REMOVED:
		return "removed";
	case PAXOS_STATE_SNAPSHOT_NEEDED:
		return "snapshot-needed";
	case PAXOS_STATE_JOINING:
		return "unconfirmed";	/* the reason tells which */
	}
	return "unknown";
}

const char *text_health(unsigned int health)
{
	switch (health) {
	case PAXOS_HEALTH_OK:
		return "ok";
	case PAXOS_HEALTH_CATCH_UP:
		return "catch-up";
	case PAXOS_HEALTH_UNREACHABLE:
		return "unreachable";
	case PAXOS_HEALTH_REFUSED:
		return "refused";
	case PAXOS_HEALTH_FORGOTTEN:
		return "forgotten";
	}
	return "unknown";
}

const char *text_mode(unsigned int mode)
{
	return mode == PAXOS_MODE_BASIC ? "basic" : "multi";
}

const char *text_learn(unsigned int learn)
{
	return learn == PAXOS_LEARN_BROADCAST ? "broadcast" : "leader";
}

const char *text_room(unsigned int room)
{
	switch (room) {
	case PAXOS_ROOM_OK:
		return "ok";
	case PAXOS_ROOM_FULL:
		return "full";
	case PAXOS_ROOM_LOW:
		return "low";
	}
	return "unknown";
}

const char *text_stray(unsigned int kind)
{
	switch (kind) {
	case PAXOS_STRAY_CLUSTER:
		return "cluster";
	case PAXOS_STRAY_NODE:
		return "node";
	case PAXOS_STRAY_REFUSED:
		return "refused";
	case PAXOS_STRAY_MALFORMED:
		return "malformed";
	}
	return "unknown";
}

const char *text_age(uint64_t ms, char text[AGE_TEXT_MAX])
{
	uint64_t seconds = ms / 1000;

	if (seconds < 10)
		snprintf(text, AGE_TEXT_MAX, "%u.%u s", (unsigned int)seconds,
			 (unsigned int)(ms % 1000 / 100));
	else if (seconds < 180)
		snprintf(text, AGE_TEXT_MAX, "%" PRIu64 " s", seconds);
	else if (seconds < 3 * 3600)
		snprintf(text, AGE_TEXT_MAX, "%" PRIu64 " min", seconds / 60);
	else if (seconds < 3 * 86400)
		snprintf(text, AGE_TEXT_MAX, "%" PRIu64 " h", seconds / 3600);
	else
		snprintf(text, AGE_TEXT_MAX, "%" PRIu64 " d", seconds / 86400);
	return text;
}
