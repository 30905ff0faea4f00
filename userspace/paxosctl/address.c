// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses as people write them: 10.0.0.1:7400, [fd00::1]:7400 and, for
 * link-local ones, [fe80::1%eth0]:7400.  Numbers only: names are not resolved,
 * since what the kernel binds must not depend on a name server.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "args.h"

static bool parse_port(const char *text, in_port_t *port)
{
	uint64_t number;

	if (!parse_u64(text, 1, UINT16_MAX, &number))
		return false;
	*port = htons(number);
	return true;
}

static bool parse_host6(char *host, struct sockaddr_in6 *address)
{
	char *scope = strchr(host, '%');
	uint64_t index;

	if (scope) {
		*scope++ = '\0';
		address->sin6_scope_id = if_nametoindex(scope);
		if (!address->sin6_scope_id) {
			if (!parse_u64(scope, 1, UINT32_MAX, &index))
				return false;
			address->sin6_scope_id = index;
		}
	}
	address->sin6_family = AF_INET6;
	return inet_pton(AF_INET6, host, &address->sin6_addr) == 1;
}

bool address_parse(const char *text, union address *address)
{
	char host[ADDRESS_TEXT_MAX];
	union address parsed = { 0 };
	const char *colon = strrchr(text, ':');
	size_t length;

	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return false;
	length = colon - text;
	memcpy(host, text, length);
	host[length] = '\0';

	if (host[0] == '[') {
		if (length < 2 || host[length - 1] != ']')
			return false;
		host[length - 1] = '\0';
		if (!parse_host6(host + 1, &parsed.v6) ||
		    !parse_port(colon + 1, &parsed.v6.sin6_port))
			return false;
	} else {
		parsed.v4.sin_family = AF_INET;
		if (inet_pton(AF_INET, host, &parsed.v4.sin_addr) != 1 ||
		    !parse_port(colon + 1, &parsed.v4.sin_port))
			return false;
	}
	*address = parsed;
	return true;
}

static void print6(const struct sockaddr_in6 *address, char *text)
{
	char host[INET6_ADDRSTRLEN], scope[IF_NAMESIZE + 1] = "", name[IF_NAMESIZE];

	inet_ntop(AF_INET6, &address->sin6_addr, host, sizeof(host));
	if (address->sin6_scope_id) {
		if (if_indextoname(address->sin6_scope_id, name))
			snprintf(scope, sizeof(scope), "%%%s", name);
		else
			snprintf(scope, sizeof(scope), "%%%u", address->sin6_scope_id);
	}
	snprintf(text, ADDRESS_TEXT_MAX, "[%s%s]:%u", host, scope, ntohs(address->sin6_port));
}

const char *address_print(const union address *address, char text[ADDRESS_TEXT_MAX])
{
	char host[INET_ADDRSTRLEN];

	if (address->family == AF_INET6) {
		print6(&address->v6, text);
	} else if (address->family == AF_INET) {
		inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
		snprintf(text, ADDRESS_TEXT_MAX, "%s:%u", host, ntohs(address->v4.sin_port));
	} else {
		strcpy(text, "-");
	}
	return text;
}

size_t address_size(const union address *address)
{
	return address->family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

bool address_equal(const union address *a, const union address *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET6)
		return a->v6.sin6_port == b->v6.sin6_port &&
		       a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
		       !memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr));
	return a->v4.sin_port == b->v4.sin_port &&
	       a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

bool address_is_host(const union address *address)
{
	in_addr_t v4 = ntohl(address->v4.sin_addr.s_addr);
	const struct in6_addr *v6 = &address->v6.sin6_addr;

	if (address->family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(v6) && !IN6_IS_ADDR_MULTICAST(v6) &&
		       !IN6_IS_ADDR_V4MAPPED(v6);
	return !IN_MULTICAST(v4) && v4 != INADDR_BROADCAST && v4 >> 24;
}
