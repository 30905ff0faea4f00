/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_WORDS_H
#define PAXOSCTL_WORDS_H

#define WORDS_MAX 256	/* in one line of a batch */

/* Splits @line in place into at most @most words: how many, -EINVAL or -E2BIG. */
int words_split(char *line, char **word, int most);

#endif
