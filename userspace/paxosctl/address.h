/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_ADDRESS_H
#define PAXOSCTL_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* An IPv4 or IPv6 address with its port; family 0: none. */
union address {
	sa_family_t family;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* "[" 39 address "%" 15 scope "]:" 5 port and NUL, rounded up. */
#define ADDRESS_TEXT_MAX 80

#define ADDRESS_FORMS "ADDR:PORT or [IPv6]:PORT"

bool address_parse(const char *text, union address *address);
/* "-" for none. */
const char *address_print(const union address *address, char text[ADDRESS_TEXT_MAX]);
bool address_equal(const union address *a, const union address *b);
/* One host is reached by it: it is no wildcard, no broadcast and no multicast. */
bool address_is_host(const union address *address);
size_t address_size(const union address *address);

#endif
