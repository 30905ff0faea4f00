// SPDX-License-Identifier: GPL-2.0
/*
 * Error messages with numbers in them.  Process context.
 */
#include <linux/kernel.h>

#include "extack.h"

/**
 * paxos_extack() - give a request's error a message with numbers in it
 * @extack: of a struct paxos_extack
 * @attr: the attribute at fault, or NULL
 * @format: of what is PAXOS_MESSAGE_TEXT_MAX bytes in the end, at most
 */
void paxos_extack(struct netlink_ext_ack *extack, const struct nlattr *attr,
		  const char *format, ...)
{
	struct paxos_extack *own = container_of(extack, struct paxos_extack, extack);
	va_list args;

	va_start(args, format);
	vscnprintf(own->text, sizeof(own->text), format, args);
	va_end(args);
	extack->_msg = own->text;
	extack->bad_attr = attr;
}
