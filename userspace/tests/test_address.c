// SPDX-License-Identifier: GPL-2.0
/* Addresses: what is taken, what is not, and that printing gives back the text. */
#include <string.h>

#include "address.h"
#include "tap.h"

static bool comes_back(const char *text)
{
	char printed[ADDRESS_TEXT_MAX];
	union address address;

	return address_parse(text, &address) && !strcmp(address_print(&address, printed), text);
}

static bool is_refused(const char *text)
{
	union address address;

	return !address_parse(text, &address);
}

int main(void)
{
	union address address = { 0 };
	char text[ADDRESS_TEXT_MAX], longer[2 * ADDRESS_TEXT_MAX];

	tap_ok(comes_back("10.0.0.1:7400"), "an IPv4 address comes back as written");
	tap_ok(comes_back("[fd00::1]:7400"), "an IPv6 address comes back as written");
	tap_ok(comes_back("[fe80::1%lo]:1"), "a scope comes back by name");
	tap_ok(comes_back("[::]:65535"), "any IPv6 address and the last port are taken");
	tap_ok(comes_back("[::ffff:10.0.0.1]:7400"), "a mapped address is taken");
	tap_ok(address_parse("1.2.3.4:5", &address) && address_size(&address) == 16,
	       "an IPv4 address is a sockaddr_in");
	tap_ok(address_parse("[::1]:5", &address) && address_size(&address) == 28,
	       "an IPv6 address is a sockaddr_in6");
	address = (union address) { 0 };
	tap_ok(!strcmp(address_print(&address, text), "-"), "no address prints as a dash");

	tap_ok(is_refused(""), "nothing is refused");
	tap_ok(is_refused("10.0.0.1"), "a missing port is refused");
	tap_ok(is_refused("10.0.0.1:"), "an empty port is refused");
	tap_ok(is_refused("10.0.0.1:0"), "port 0 is refused");
	tap_ok(is_refused("10.0.0.1:65536"), "a port above 65535 is refused");
	tap_ok(is_refused("10.0.0.1:74x"), "a port with letters is refused");
	tap_ok(is_refused("10.0.0.1:-1"), "a negative port is refused");
	tap_ok(is_refused("10.0.0:7400"), "three numbers are no address");
	tap_ok(is_refused("host:7400"), "a name is refused");
	tap_ok(is_refused("fd00::1:7400"), "an IPv6 address without brackets is refused");
	tap_ok(is_refused("[10.0.0.1]:7400"), "an IPv4 address in brackets is refused");
	tap_ok(is_refused("[]:7400"), "empty brackets are refused");
	tap_ok(is_refused("[fe80::1%nosuchlink]:1"), "an unknown scope is refused");
	memset(longer, 'a', sizeof(longer));
	memcpy(longer, "[", 1);
	strcpy(longer + sizeof(longer) - 4, "]:1");
	tap_ok(is_refused(longer),
	       "what is longer than any address is refused");
	return tap_done();
}
