// SPDX-License-Identifier: GPL-2.0
/*
 * Device: the block device that a group has for itself.
 *
 * It is opened like a user opens a file, with the rights, the mount namespace
 * and the device cgroup of the task that asks, and exclusively: opening it by
 * number would check nothing.  Its page cache is never used; what is here moves
 * whole 4 KiB blocks between the device and memory of the caller's, and waits.
 * (The journal's batches do not come by here: they do not wait.)
 *
 * Everything here sleeps and is called in process context.  Transfers of one
 * device take turns under its lock, with one bio that was allocated when it was
 * opened: storage may stand on this module, so no transfer may wait for memory
 * that only storage can free.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/blkdev.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "device.h"
#include "extack.h"

/* Why filp_open() failed, and what to do about it. */
static int explain_open(int error, struct netlink_ext_ack *extack)
{
	switch (error) {
	case -ENOENT:
		NL_SET_ERR_MSG(extack, "no such device: check the path");
		break;
	case -EACCES:
	case -EPERM:
		NL_SET_ERR_MSG(extack,
			       "no permission: the caller must be able to read and write the device");
		break;
	case -EROFS:
		NL_SET_ERR_MSG(extack, "device is read-only: make it writable or name another");
		break;
	case -EBUSY:
		NL_SET_ERR_MSG(extack,
			       "device is in use: is it mounted, or used by another group?");
		break;
	case -EISDIR:
		NL_SET_ERR_MSG(extack, "not a block device: name a disk, partition, LV or loop");
		return -ENOTBLK;
	case -ENXIO:
	case -ENODEV:
	case -ENOMEDIUM:
		NL_SET_ERR_MSG(extack, "there is no device behind this path: is it attached?");
		break;
	default:
		NL_SET_ERR_MSG(extack, "cannot open the device: the error number says why");
	}
	return error;
}

/* Is what was opened a device that a group can live on? */
static int check(struct paxos_device *device, struct netlink_ext_ack *extack)
{
	unsigned int sector = bdev_logical_block_size(device->bdev);

	if (bdev_read_only(device->bdev))
		return explain_open(-EROFS, extack);
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
 * paxos_device_open() - take the device at @path
 * @device: to be filled in, zeroed
 * @path: in the mount namespace of the current task
 * @extack: says why not, and what to do
 *
 * To be called by the task whose rights count (netlink: in its doit).
 *
 * Return: 0, or a negative error; then there is nothing to close.
 */
int paxos_device_open(struct paxos_device *device, const char *path,
		      struct netlink_ext_ack *extack)
{
	struct file *file;
	int err;

	file = filp_open(path, O_RDWR | O_EXCL | O_LARGEFILE, 0);
	if (IS_ERR(file))
		return explain_open(PTR_ERR(file), extack);
	if (!S_ISBLK(file_inode(file)->i_mode)) {
		NL_SET_ERR_MSG(extack, "not a block device: name a disk, partition, LV or loop");
		fput(file);
		return -ENOTBLK;
	}
	device->file = file;
	/* Of the device itself; file_inode() is the node in /dev. */
	device->bdev = I_BDEV(file->f_mapping->host);
	device->size = bdev_nr_bytes(device->bdev);
	mutex_init(&device->lock);
	err = check(device, extack);
	if (err)
		paxos_device_close(device);
	return err;
}

/**
 * paxos_device_close() - give the device back
 * @device: with no transfer under way
 *
 * The claim is gone on return; if a user's task calls this (to undo a failed
 * request) it is gone, on old kernels, when that task returns from its system
 * call.
 */
void paxos_device_close(struct paxos_device *device)
{
	paxos_compat_close_bdev_file(device->file);
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
