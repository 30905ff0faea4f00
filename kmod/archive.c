// SPDX-License-Identifier: GPL-2.0
/*
 * Archive: old slots, read back from the ring.
 *
 * An index says for each slot in which batch its newest entry stands.  An entry
 * of the index changes only when that batch is durable, so that a reader always
 * finds a whole batch; who may still be waiting for a batch keeps the value in
 * memory until then (log.c).  It covers the slots above the trim point, and moves
 * on with it.
 *
 * The index is written by the end of a journal write, from any context, and by
 * replay; it is read locklessly.  Reading a slot sleeps, and readers take turns:
 * the last batch and some of what follows it stay in memory, so that reading
 * slots in order costs one transfer per 256 KiB.  What stood there before, in an
 * earlier round of the ring, may be in it too; such a batch holds no slot that is
 * still retained, so whatever is not found is read once more.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/vmalloc.h>

#include "buf.h"
#include "journal_private.h"

int paxos_archive_open(struct paxos_journal *journal)
{
	struct paxos_archive *archive = &journal->archive;

	mutex_init(&archive->lock);
	mutex_init(&archive->trim_lock);
	archive->base = le64_to_cpu(journal->supers.now.trim);
	archive->highest = archive->base;
	archive->slots = paxos_ring_slots(&journal->ring);
	archive->index = kvcalloc(archive->slots, sizeof(*archive->index), GFP_KERNEL);
	archive->raw = vmalloc(PAXOS_BATCH_MAX);
	archive->scratch = vmalloc(PAXOS_BATCH_MAX);
	return archive->index && archive->raw && archive->scratch ? 0 : -ENOMEM;
}

void paxos_archive_close(struct paxos_journal *journal)
{
	struct paxos_archive *archive = &journal->archive;

	vfree(archive->scratch);
	vfree(archive->raw);
	kvfree(archive->index);
}

static u32 *index_of(struct paxos_archive *archive, u64 slot)
{
	return &archive->index[slot & (archive->slots - 1)];
}

/* Has the index a place for @slot, or no need of one? */
bool paxos_archive_reaches(const struct paxos_journal *journal, u64 slot)
{
	return slot <= READ_ONCE(journal->archive.base) + journal->archive.slots;
}

/*
 * The newest entry of @slot, which the index reaches, is durable in the batch at
 * @address.  One caller at a time, any context.
 */
void paxos_archive_note(struct paxos_journal *journal, u64 slot, u64 address)
{
	struct paxos_archive *archive = &journal->archive;

	if (slot <= READ_ONCE(archive->base))
		return;
	WRITE_ONCE(*index_of(archive, slot),
		   (u32)((address - journal->ring.offset) / PAXOS_BLOCK_SIZE) + 1);
	if (slot > archive->highest)
		WRITE_ONCE(archive->highest, slot);
}

/* Slots through @through will not be read any more.  Process context. */
void paxos_archive_trim(struct paxos_journal *journal, u64 through)
{
	struct paxos_archive *archive = &journal->archive;
	u64 slot;

	mutex_lock(&archive->trim_lock);
	slot = min3(through, READ_ONCE(archive->highest), archive->base + archive->slots);
	for (; slot > archive->base; slot--)
		WRITE_ONCE(*index_of(archive, slot), 0);
	if (through > archive->base)
		/* From here on their places are other slots': paxos_journal_trimmed(). */
		smp_store_release(&archive->base, through);
	mutex_unlock(&archive->trim_lock);
}

/* Is the batch at @address in what was read ahead? */
static bool parse(struct paxos_journal *journal, u64 address)
{
	struct paxos_archive *archive = &journal->archive;
	u32 skip;

	if (address < archive->raw_address ||
	    address >= archive->raw_address + archive->raw_bytes)
		return false;
	skip = address - archive->raw_address;
	return paxos_batch_parse(&journal->ring, archive->raw + skip, archive->raw_bytes - skip,
				 address, archive->scratch, &archive->view);
}

/**
 * paxos_archive_load() - have the batch at @address parsed, in archive.view
 * @journal: open, its archive locked
 * @address: where a durable batch stands
 * @again: read it from the device, whatever is in memory
 *
 * Return: 0, -EUCLEAN if its header is no longer whole, or an error of the device.
 */
int paxos_archive_load(struct paxos_journal *journal, u64 address, bool again)
{
	struct paxos_archive *archive = &journal->archive;
	u64 end = journal->ring.offset + journal->ring.size;
	int err;

	lockdep_assert_held(&archive->lock);
	if (!again && archive->view.sectors && archive->view.address == address)
		return 0;
	archive->view.sectors = 0;
	if (!again && parse(journal, address))
		return 0;
	archive->view.sectors = 0;
	archive->raw_address = address;
	archive->raw_bytes = 0;
	err = paxos_device_read(&journal->device, address, archive->raw,
				min_t(u64, end - address, PAXOS_BATCH_MAX));
	if (err)
		return err;
	archive->raw_bytes = min_t(u64, end - address, PAXOS_BATCH_MAX);
	if (parse(journal, address))
		return 0;
	archive->view.sectors = 0;
	return -EUCLEAN;
}

/* The last entry of @slot in the batch that is loaded; its value is in there. */
static bool find(const struct paxos_batch_view *view, u64 slot, struct paxos_record *record)
{
	u32 i;

	for (i = view->records; i-- > 0;) {
		u16 type = le16_to_cpu(view->tags[i].type);

		if (le64_to_cpu(view->tags[i].slot) == slot &&
		    (type == PAXOS_RECORD_ACCEPTED || type == PAXOS_RECORD_LEARNED))
			return paxos_batch_record(view, i, NULL, record);
	}
	return false;
}

/* Find it in the batch at @address; -EUCLEAN: it is damaged. */
static int find_at(struct paxos_journal *journal, u64 address, u64 slot, bool again,
		   struct paxos_record *record)
{
	int err;

	record->faulty = false;
	err = paxos_archive_load(journal, address, again);
	if (!err && (!find(&journal->archive.view, slot, record) || record->faulty))
		err = -EUCLEAN;
	return err;
}

/* Give @value memory of its own. */
static int own(struct paxos_value *value)
{
	struct paxos_buf *buf;

	if (!value->data)
		return 0;
	buf = paxos_buf_alloc(value->length, GFP_NOIO);
	if (!buf)
		return -ENOMEM;
	memcpy(buf->data, value->data, value->length);
	value->data = buf->data;
	value->buf = buf;
	return 0;
}

/* @value: is the value wanted whatever it is?  Else only that of a configuration is. */
static int read_entry(struct paxos_journal *journal, u64 slot, bool value,
		      struct paxos_record *record)
{
	struct paxos_archive *archive = &journal->archive;
	u32 block = 0;
	u64 address;
	int err;

	*record = (struct paxos_record) { };
	if (slot > paxos_journal_trimmed(journal) && paxos_archive_reaches(journal, slot))
		block = READ_ONCE(*index_of(archive, slot));
	if (!block)
		return -ENOENT;
	address = journal->ring.offset + (block - 1) * (u64)PAXOS_BLOCK_SIZE;

	mutex_lock(&archive->lock);
	err = find_at(journal, address, slot, false, record);
	if (err == -EUCLEAN)
		err = find_at(journal, address, slot, true, record);
	value |= record->entry.type == PAXOS_ENTRY_CONFIG;
	if (!err && value)
		err = own(&record->entry.value);
	mutex_unlock(&archive->lock);
	if (err || !value)
		record->entry.value.data = NULL;
	/* It may have been trimmed meanwhile, and overwritten. */
	if (err && slot <= paxos_journal_trimmed(journal))
		return -ENOENT;
	if (err == -EUCLEAN && journal->lost)
		journal->lost(journal->lost_data, slot);
	if (err && err != -ENOMEM)
		pr_err_ratelimited("%s: cannot read slot %llu back: error %d\n", journal->path,
				   slot, err);
	return err;
}

/**
 * paxos_journal_read() - read the newest entry of a slot from the device
 * @journal: open
 * @slot: one whose newest entry is durable
 * @record: set; its entry holds the only reference to its buffer, if any
 *
 * Process context, several callers at once; sleeps.
 *
 * Return: 0; -ENOENT if the journal holds nothing for @slot, or no longer; -EUCLEAN
 * if what it held is damaged: with @record->faulty, only the value is lost, and all
 * else is in @record; -ENOMEM; or an error of the device.
 */
int paxos_journal_read(struct paxos_journal *journal, u64 slot, struct paxos_record *record)
{
	return read_entry(journal, slot, true, record);
}

/**
 * paxos_journal_peek() - the same, of whose value only the length is wanted
 * @journal: open
 * @slot: one whose newest entry is durable
 * @record: set; a configuration's value it has, as paxos_journal_read()
 *
 * Return: as paxos_journal_read().
 */
int paxos_journal_peek(struct paxos_journal *journal, u64 slot, struct paxos_record *record)
{
	return read_entry(journal, slot, false, record);
}
