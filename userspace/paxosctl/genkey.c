// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl genkey: a new key for a group, 32 random bytes in base64.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "commands.h"
#include "output.h"
#include "text.h"

#define KEY_BYTES 32

int genkey_run(const struct args *args)
{
	uint8_t key[KEY_BYTES];
	char *text;
	int code = args_words(args, 0, 0);

	if (code)
		return code;
	/* So few bytes come whole, once the kernel has gathered its randomness. */
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return fail(EXIT_REFUSED, "cannot get random bytes: %s", strerror(errno));
	text = text_base64(key, sizeof(key));
	if (settings.json)
		print_json(json_pack("{s:s}", "key", text));
	else
		puts(text);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, strlen(text));
	free(text);
	return EXIT_DONE;
}
