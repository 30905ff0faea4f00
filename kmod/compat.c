// SPDX-License-Identifier: GPL-2.0
/*
 * What compat.h cannot say in a header.  Any context.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>

#include "../include/uapi/linux/paxos.h"
#include "compat.h"

#ifndef NETLINK_MAX_FMTMSG_LEN

#define EXTACK_BUFFERS	64u	/* messages that may be in use at once; a power of two */

static char extack_buffer[EXTACK_BUFFERS][PAXOS_MESSAGE_TEXT_MAX + 1];
static atomic_t extack_next;

static char *extack_text(struct netlink_ext_ack *extack)
{
	return extack_buffer[(u32)atomic_inc_return(&extack_next) % EXTACK_BUFFERS];
}

#else

static char *extack_text(struct netlink_ext_ack *extack)
{
	BUILD_BUG_ON(sizeof(extack->_msg_buf) < PAXOS_MESSAGE_TEXT_MAX + 1);
	return extack->_msg_buf;
}

#endif

void paxos_extack(struct netlink_ext_ack *extack, const struct nlattr *attr,
		  const char *format, ...)
{
	va_list args;
	char *text;

	if (!extack)
		return;
	text = extack_text(extack);
	va_start(args, format);
	vscnprintf(text, PAXOS_MESSAGE_TEXT_MAX + 1, format, args);
	va_end(args);
	extack->_msg = text;
	extack->bad_attr = attr;
}
