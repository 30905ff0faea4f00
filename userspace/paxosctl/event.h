/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_EVENT_H
#define PAXOSCTL_EVENT_H

#include <jansson.h>

#include "ipc.h"
#include "output.h"

#define EVENT_TEXT_MAX 384

const char *event_name(unsigned int type);
/* What an event of its type has besides time, group and sequence. */
json_t *event_json(const struct ipc_event *event);
void event_text(const struct ipc_event *event, char text[EVENT_TEXT_MAX]);
enum color event_color(const struct ipc_event *event);

#endif
