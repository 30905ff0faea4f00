/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The version of the whole: of the module, of the tools, of both packages.  It
 * stands here alone; the top Makefile reads this line.  What two hosts or two
 * programs must agree on has numbers of its own (PAXOS_GENL_VERSION,
 * PAXOS_DISK_VERSION).
 */
#ifndef _PAXOS_VERSION_H
#define _PAXOS_VERSION_H

#define PAXOS_VERSION "0.1.0"

#endif
