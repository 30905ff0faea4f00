// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl config check: is a configuration file right?  Neither the kernel nor the
 * device is asked.
 */
#include <stdio.h>

#include "commands.h"
#include "conf.h"
#include "output.h"

static json_t *peers_json(const struct conf *conf)
{
	char text[ADDRESS_TEXT_MAX];
	json_t *array = json_array();

	for (unsigned int i = 0; i < conf->peers; i++)
		json_array_append_new(array, json_pack("{s:i,s:s}", "id", conf->peer[i].node,
						       "address",
						       address_print(&conf->peer[i].address,
								     text)));
	return array;
}

int config_check_run(const struct args *args)
{
	char text[ADDRESS_TEXT_MAX];
	struct conf conf;
	int code = args_words(args, 1, 1);

	if (!code)
		code = conf_read(args->word[0], &conf);
	if (code)
		return code;
	if (settings.json)
		print_json(json_pack("{s:s,s:s,s:s,s:s,s:o}", "file", conf.path,
				     "group", conf.group, "device", conf.device,
				     "listen", address_print(&conf.add.listen, text),
				     "peers", peers_json(&conf)));
	else if (!settings.brief)
		printf("%s: group %s on %s at %s, %u peers: ok\n", conf.path, conf.group,
		       conf.device, address_print(&conf.add.listen, text), conf.peers);
	return EXIT_DONE;
}
