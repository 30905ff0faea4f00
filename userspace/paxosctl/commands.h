/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_COMMANDS_H
#define PAXOSCTL_COMMANDS_H

#include "args.h"
#include "ipc.h"

/* What the table in main.c points to, one file per noun. */
extern const struct option format_options[];
extern const struct option inspect_options[];
extern const struct option group_add_options[];
extern const struct option propose_options[];
extern const struct option learn_options[];
extern const struct option monitor_options[];
extern const struct option stats_options[];
extern const struct option up_options[];
extern const struct option bench_options[];

int format_run(const struct args *args);
int inspect_run(const struct args *args);
int group_add_run(const struct args *args);
int group_del_run(const struct args *args);
int group_list_run(const struct args *args);
int peer_add_run(const struct args *args);
int peer_del_run(const struct args *args);
int peer_list_run(const struct args *args);
int up_run(const struct args *args);
int config_check_run(const struct args *args);
int status_run(const struct args *args);
int propose_run(const struct args *args);
int learn_run(const struct args *args);
int leader_run(const struct args *args);
int leader_transfer_run(const struct args *args);
int barrier_run(const struct args *args);
int member_list_run(const struct args *args);
int member_add_run(const struct args *args);
int member_promote_run(const struct args *args);
int member_remove_run(const struct args *args);
int member_replace_run(const struct args *args);
int trim_run(const struct args *args);
int snapshot_installed_run(const struct args *args);
int wait_run(const struct args *args);
int monitor_run(const struct args *args);
int stats_run(const struct args *args);
int bench_run(const struct args *args);
int top_run(const struct args *args);
int genkey_run(const struct args *args);
int completion_run(const struct args *args);

/* The table of commands itself, for what is made of it; NULL: it has no entry @at. */
const struct command *command_at(size_t at);

/* Runs one command line; @argv[0] is skipped. */
int command_line(int argc, char **argv, bool in_batch);
/* The command lines of @path, or of standard input if that is "-". */
int batch_run(const char *path);

#endif
