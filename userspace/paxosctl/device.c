// SPDX-License-Identifier: GPL-2.0
/*
 * The block device that a group is to live on, and that format is about to
 * overwrite: is it one, is it free, and what does it hold?
 */
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core.h"
#include "device.h"
#include "layout.h"
#include "output.h"
#include "text.h"

/* Where @device is mounted, for the message; empty if it is not. */
static void find_mount(dev_t device, char *text, size_t size)
{
	unsigned int major, minor;
	char point[256], *line = NULL;
	size_t room = 0;
	FILE *file = fopen("/proc/self/mountinfo", "re");

	text[0] = '\0';
	if (!file)
		return;
	while (getline(&line, &room, file) > 0) {
		if (sscanf(line, "%*u %*u %u:%u %*s %255s", &major, &minor, point) != 3 ||
		    makedev(major, minor) != device)
			continue;
		snprintf(text, size, ": mounted on %s", point);
		break;
	}
	free(line);
	fclose(file);
}

static int open_failed(const char *path, const struct stat *status, int error)
{
	char mount[300];

	if (error == EACCES || error == EPERM)
		return fail(EXIT_REFUSED, "no permission to read and write %s", path);
	if (error == EROFS)
		return fail(EXIT_REFUSED, "%s is read-only: make it writable or name another", path);
	if (error != EBUSY)
		return fail(EXIT_REFUSED, "cannot open %s: %s", path, strerror(error));
	find_mount(status->st_rdev, mount, sizeof(mount));
	return fail(EXIT_REFUSED,
		    "%s is in use%s; unmount it, or stop what holds it (group, LVM, RAID, ...)",
		    path, mount);
}

/* How large it is, and whether the module can write it block by block. */
static int measure(const char *path, int fd, uint64_t *size)
{
	int sector = 0;

	if (ioctl(fd, BLKGETSIZE64, size) || ioctl(fd, BLKSSZGET, &sector))
		return fail(EXIT_REFUSED, "cannot ask the size of %s: %s", path, strerror(errno));
	if ((unsigned int)sector > PAXOS_BLOCK_SIZE)
		return fail(EXIT_REFUSED,
			    "logical blocks of %s are %d bytes, over %u: use another device", path,
			    sector, PAXOS_BLOCK_SIZE);
	return EXIT_DONE;
}

int device_open(const char *path, int *fd, uint64_t *size)
{
	struct stat status;
	char mount[300];
	int code;

	if (stat(path, &status))
		return fail(errno == ENOENT ? EXIT_MISSING : EXIT_REFUSED, "cannot open %s: %s",
			    path, strerror(errno));
	if (!S_ISBLK(status.st_mode))
		return fail(EXIT_REFUSED,
			    "%s is not a block device; for a file, attach a loop device with losetup",
			    path);
	find_mount(status.st_rdev, mount, sizeof(mount));
	if (mount[0])
		return open_failed(path, &status, EBUSY);
	*fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (*fd < 0)
		return open_failed(path, &status, errno);
	code = measure(path, *fd, size);
	if (code)
		close(*fd);
	return code;
}

static int check_paxos(const char *path, int fd, uint64_t size)
{
	char cluster[UUID_TEXT_MAX];
	struct paxos_super super;

	for (unsigned int copy = 0; copy < PAXOS_SUPER_COPIES; copy++) {
		uint64_t offset = paxos_super_offset(copy, size);

		if (pread(fd, &super, sizeof(super), offset) != sizeof(super) ||
		    le64toh(super.magic) != PAXOS_SUPER_MAGIC)
			continue;
		if (!paxos_super_valid(&super, offset))
			return fail(EXIT_REFUSED,
				    "%s holds a damaged paxos superblock; --force overwrites it",
				    path);
		return fail(EXIT_REFUSED,
			    "%s holds node %u of paxos cluster %s; --force destroys it", path,
			    le16toh(super.node), text_uuid(super.cluster, cluster));
	}
	return EXIT_DONE;
}

static blkid_probe open_probe(int fd)
{
	blkid_probe probe = blkid_new_probe();

	if (!probe)
		return NULL;
	if (blkid_probe_set_device(probe, fd, 0, 0)) {
		blkid_free_probe(probe);
		return NULL;
	}
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC);
	return probe;
}

static int probe_failed(const char *path)
{
	return fail(EXIT_REFUSED, "cannot read %s to see what it holds: %s", path,
		    errno ? strerror(errno) : "libblkid failed");
}

static int check_signatures(const char *path, int fd)
{
	blkid_probe probe = open_probe(fd);
	const char *type = NULL;
	int found, code = EXIT_DONE;

	if (!probe)
		return probe_failed(path);
	errno = 0;
	found = blkid_do_probe(probe);
	if (found < 0)
		code = probe_failed(path);
	else if (!found && !blkid_probe_lookup_value(probe, "TYPE", &type, NULL))
		code = fail(EXIT_REFUSED, "%s holds %s; --force destroys it", path, type);
	else if (!found && !blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL))
		code = fail(EXIT_REFUSED, "%s holds a partition table (%s); --force destroys it",
			    path, type);
	else if (!found)
		code = fail(EXIT_REFUSED, "%s holds something unknown; --force destroys it",
			    path);
	blkid_free_probe(probe);
	return code;
}

int device_check_empty(const char *path, int fd, uint64_t size)
{
	int code = check_paxos(path, fd, size);

	return code ? code : check_signatures(path, fd);
}

int device_wipe_signatures(const char *path, int fd)
{
	blkid_probe probe = open_probe(fd);
	int error = 0;

	if (!probe)
		return probe_failed(path);
	errno = 0;
	while (!error && !blkid_do_probe(probe))
		error = blkid_do_wipe(probe, 0);
	blkid_free_probe(probe);
	if (error || fsync(fd))
		return fail(EXIT_REFUSED, "cannot wipe the signatures on %s: %s", path,
			    strerror(errno));
	return EXIT_DONE;
}
