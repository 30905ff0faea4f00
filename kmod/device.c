// SPDX-License-Identifier: GPL-2.0
/*
 * Device: the block device that a group has for itself.
 *
 * A user opens it, exclusively, and hands over the open file: so the rights, the
 * mount namespace and the device cgroup that count are the user's, and nothing of
 * a path, which may lead through a file system that never answers, is walked
 * under generic netlink's lock.  An open file can be handed over twice, though:
 * which devices are taken is noted here, for all namespaces.
 *
 * The device's page cache is never used; what is here moves whole 4 KiB blocks
 * between the device and memory of the caller's, and waits.  (The journal's
 * batches do not come by here: they do not wait.)
 *
 * Everything here sleeps and is called in process context.  Transfers of one
 * device take turns under its lock, with one bio that was allocated when it was
 * opened: storage may stand on this module, so no transfer may wait for memory
 * that only storage can free.
 */
#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "device.h"
#include "extack.h"

static LIST_HEAD(claimed);		/* devices that groups have */
static DEFINE_MUTEX(claims);		/* guards it; nothing is waited for */

static int claim(struct paxos_device *device)
{
	struct paxos_device *other;
	int err = 0;

	mutex_lock(&claims);
	list_for_each_entry(other, &claimed, node)
		if (other->bdev == device->bdev)
			err = -EBUSY;
	if (!err)
		list_add(&device->node, &claimed);
	mutex_unlock(&claims);
	return err;
}

/* Is it an open block device that the opener has for itself? */
static int check_file(const struct file *file, struct netlink_ext_ack *extack)
{
	if (!S_ISBLK(file_inode(file)->i_mode)) {
		NL_SET_ERR_MSG(extack, "not a block device: name a disk, partition, LV or loop");
		return -ENOTBLK;
	}
	if (!(file->f_mode & FMODE_READ) || !(file->f_mode & FMODE_WRITE)) {
		NL_SET_ERR_MSG(extack,
			       "no permission: the device must be open for reading and writing");
		return -EACCES;
	}
	if (!paxos_compat_bdev_file_exclusive(file)) {
		NL_SET_ERR_MSG(extack, "the device must be opened with O_EXCL");
		return -EINVAL;
	}
	return 0;
}

/* Is it a device that a group can live on? */
static int check_device(const struct paxos_device *device, struct netlink_ext_ack *extack)
{
	unsigned int sector = bdev_logical_block_size(device->bdev);

	if (bdev_read_only(device->bdev)) {
		NL_SET_ERR_MSG(extack, "device is read-only: make it writable or name another");
		return -EROFS;
	}
	if (sector > PAXOS_BLOCK_SIZE || sector % PAXOS_SECTOR_SIZE) {
		NL_SET_ERR_MSG(extack,
			       "logical blocks of the device are over 4096 bytes: use another device");
		return -EINVAL;
	}
	if (device->size < PAXOS_DEVICE_MIN) {
		paxos_extack(extack, NULL,
			     "device is too small: paxosctl format one of %u bytes or more",
			     PAXOS_DEVICE_MIN);
		return -ENOSPC;
	}
	return 0;
}

/**
 * paxos_device_open() - take a device that a user has opened
 * @device: to be filled in, zeroed
 * @fd: descriptor of the current task, of a block device that was opened with
 *	O_RDWR | O_EXCL
 * @extack: says why not, and what to do
 *
 * Does not wait.  The user may close @fd afterwards.
 *
 * Return: 0, or a negative error; then there is nothing to close.
 */
int paxos_device_open(struct paxos_device *device, int fd, struct netlink_ext_ack *extack)
{
	struct file *file = fget(fd);
	int err;

	if (!file) {
		NL_SET_ERR_MSG(extack, "no open file has the device's descriptor");
		return -EBADF;
	}
	err = check_file(file, extack);
	if (err)
		goto put;
	device->file = file;
	/* Of the device itself; file_inode() is the node in /dev. */
	device->bdev = I_BDEV(file->f_mapping->host);
	device->size = bdev_nr_bytes(device->bdev);
	mutex_init(&device->lock);
	err = check_device(device, extack);
	if (err)
		goto put;
	err = claim(device);
	if (!err)
		return 0;
	NL_SET_ERR_MSG(extack, "device is in use by another group");
put:
	fput(file);
	return err;
}

/**
 * paxos_device_close() - give the device back
 * @device: with no transfer under way
 *
 * If nobody else has the file open, the kernel's claim is gone on return, or, if a
 * user's task calls this (to undo a failed request), on its return from its system
 * call.
 */
void paxos_device_close(struct paxos_device *device)
{
	mutex_lock(&claims);
	list_del(&device->node);
	mutex_unlock(&claims);
	/* A kernel thread's fput() is delayed; the other is for these only. */
	if (current->flags & PF_KTHREAD)
		__fput_sync(device->file);
	else
		fput(device->file);
	device->file = NULL;
	device->bdev = NULL;
}

/**
 * paxos_device_map() - add memory to a bio
 * @bio: with room for its pages
 * @data: page-aligned memory, of vmalloc() or directly mapped
 * @bytes: of it
 *
 * Return: how many bytes found room.
 */
size_t paxos_device_map(struct bio *bio, void *data, size_t bytes)
{
	size_t mapped = 0;

	while (mapped < bytes) {
		void *at = data + mapped;
		struct page *page = is_vmalloc_addr(at) ? vmalloc_to_page(at) : virt_to_page(at);
		unsigned int part = min_t(size_t, bytes - mapped, PAGE_SIZE - offset_in_page(at));

		if (bio_add_page(bio, page, part, offset_in_page(at)) != part)
			break;
		mapped += part;
	}
	return mapped;
}

static int transfer(struct paxos_device *device, blk_opf_t operation, u64 offset, void *data,
		    size_t bytes)
{
	unsigned int flags;
	size_t part;
	int err = 0;

	if (WARN_ON_ONCE((offset | bytes) % PAXOS_BLOCK_SIZE || offset > device->size ||
			 bytes > device->size - offset))
		return -EINVAL;

	flags = memalloc_noio_save();
	mutex_lock(&device->lock);
	while (bytes && !err) {
		bio_init(&device->bio, device->bdev, device->vecs, ARRAY_SIZE(device->vecs),
			 operation);
		device->bio.bi_iter.bi_sector = offset >> SECTOR_SHIFT;
		part = paxos_device_map(&device->bio, data, min_t(size_t, bytes,
								  PAXOS_DEVICE_CHUNK));
		if (WARN_ON_ONCE(!part)) {
			err = -EIO;
			break;
		}
		err = submit_bio_wait(&device->bio);
		offset += part;
		data += part;
		bytes -= part;
	}
	mutex_unlock(&device->lock);
	memalloc_noio_restore(flags);
	return err;
}

/**
 * paxos_device_read() - read whole blocks, and wait
 * @device: open
 * @offset: bytes from the device's start, a multiple of PAXOS_BLOCK_SIZE
 * @data: page-aligned memory
 * @bytes: a multiple of PAXOS_BLOCK_SIZE
 *
 * Return: 0 or a negative error.
 */
int paxos_device_read(struct paxos_device *device, u64 offset, void *data, size_t bytes)
{
	return transfer(device, REQ_OP_READ | REQ_SYNC, offset, data, bytes);
}

/**
 * paxos_device_write() - write whole blocks, and wait
 * @device: open
 * @offset: bytes from the device's start, a multiple of PAXOS_BLOCK_SIZE
 * @data: page-aligned memory
 * @bytes: a multiple of PAXOS_BLOCK_SIZE
 * @flags: REQ_PREFLUSH, REQ_FUA
 *
 * Return: 0 or a negative error.
 */
int paxos_device_write(struct paxos_device *device, u64 offset, void *data, size_t bytes,
		       blk_opf_t flags)
{
	return transfer(device, REQ_OP_WRITE | REQ_SYNC | flags, offset, data, bytes);
}

/**
 * paxos_device_flush() - make durable what was written, by whomever
 * @device: open
 *
 * Return: 0 or a negative error.
 */
int paxos_device_flush(struct paxos_device *device)
{
	unsigned int flags = memalloc_noio_save();
	int err = blkdev_issue_flush(device->bdev);

	memalloc_noio_restore(flags);
	return err;
}
