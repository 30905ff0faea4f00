/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RAW_H
#define RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

#define RAW_TEXT_MAX 256

extern int raw_fd;
extern uint16_t raw_family;	/* the id of "paxos", once resolved */

void raw_die(const char *what);
void raw_refused(int error, const char *text);

void raw_open(void);
/* Learns the family's id; returns the number of its multicast @group, if one is named. */
uint32_t raw_resolve(const char *group);

/* The request: begun, filled, sent. */
void raw_begin(uint16_t type, uint16_t flags, uint8_t command, uint8_t version);
struct nlattr *raw_put(uint16_t type, const void *data, size_t length);
void raw_put_string(uint16_t type, const char *text);
void raw_put_u64(uint16_t type, uint64_t value);
void raw_end_nest(struct nlattr *nest);
void raw_send(void);
/* A value, to a request that proposes; @timeout_ms 0: as long as the kernel thinks right. */
void raw_put_proposal(const char *value, uint64_t cookie, uint32_t timeout_ms);

/* Results of proposals, which come in messages of their own, in any order. */
struct raw_results {
	unsigned int unanswered;
	bool acknowledged;
	bool acknowledged_first;	/* no result may come before the acknowledgment */
	void (*take)(uint64_t cookie, uint64_t slot, void *context);
	void *context;
};

/* Until the request is acknowledged and all are answered. */
void raw_await_results(struct raw_results *results);

/* Reads one datagram, and gives each message of it to @take until that says true. */
bool raw_receive(bool (*take)(const struct nlmsghdr *header, void *context), void *context);

/* What is in a message. */
int raw_error(const struct nlmsghdr *header, char text[RAW_TEXT_MAX]);
const struct nlattr *raw_top(const struct nlmsghdr *header, uint16_t type);
const struct nlattr *raw_inside(const struct nlattr *nest, uint16_t type);
void raw_each(const struct nlmsghdr *header, uint16_t type,
	      void (*take)(const struct nlattr *attr, void *context), void *context);
uint64_t raw_number(const struct nlattr *attr);
const char *raw_string(const struct nlattr *attr, char text[RAW_TEXT_MAX]);
const void *raw_data(const struct nlattr *attr);
size_t raw_size(const struct nlattr *attr);

#endif
