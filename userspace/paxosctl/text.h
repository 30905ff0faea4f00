/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_TEXT_H
#define PAXOSCTL_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

bool text_is_utf8(const void *bytes, size_t length);
/* Base64 of @bytes with a NUL, in new memory. */
char *text_base64(const void *bytes, size_t length);
/* A value for people, on one line. */
void text_print_value(FILE *file, const void *bytes, size_t length);
/* Adds "value", and "encoding" where it is not UTF-8 text. */
void text_json_value(json_t *object, const void *bytes, size_t length);

/* "ROUND.NODE", as ballots are written everywhere. */
#define BALLOT_TEXT_MAX 24
const char *text_ballot(uint64_t ballot, char text[BALLOT_TEXT_MAX]);

#define UUID_TEXT_MAX 37
const char *text_uuid(const uint8_t uuid[16], char text[UUID_TEXT_MAX]);

/* The words of INTERFACES.md for what the kernel sends as numbers. */
const char *text_role(unsigned int role);
const char *text_state(unsigned int state);
const char *text_health(unsigned int health);
/* What a group is that does not say it: as all were before it could be said. */
const char *text_mode(unsigned int mode);
const char *text_learn(unsigned int learn);
/* "0.3 s", "12 s", "5 min", "3 h", "2 d". */
#define AGE_TEXT_MAX 24
const char *text_age(uint64_t ms, char text[AGE_TEXT_MAX]);
const char *text_stray(unsigned int kind);
const char *text_room(unsigned int room);

#endif
