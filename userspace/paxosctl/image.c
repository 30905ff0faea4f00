// SPDX-License-Identifier: GPL-2.0
/*
 * A device, or a file with the image of one, that is looked at and never written.
 *
 * A group writes past the page cache, so that a device in use is read past it too,
 * where that is possible.  One that nobody uses is claimed meanwhile, so that it
 * stays as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "output.h"
#include "paxos/disk.h"

static int open_failed(const char *path, int error)
{
	if (error == ENOENT)
		return fail(EXIT_MISSING, "cannot open %s: %s", path, strerror(error));
	if (error == EACCES || error == EPERM)
		return fail(EXIT_REFUSED, "no permission to read %s", path);
	return fail(EXIT_REFUSED, "cannot open %s: %s", path, strerror(error));
}

/* Not every file system can read past the page cache. */
static int open_direct(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT | flags);

	return fd < 0 && errno == EINVAL ? open(path, O_RDONLY | O_CLOEXEC | flags) : fd;
}

static int open_block(struct image *image)
{
	image->fd = open_direct(image->path, O_EXCL);
	if (image->fd < 0 && errno == EBUSY) {
		image->in_use = true;
		image->fd = open_direct(image->path, 0);
	}
	if (image->fd < 0)
		return open_failed(image->path, errno);
	if (!ioctl(image->fd, BLKGETSIZE64, &image->size))
		return EXIT_DONE;
	return fail(EXIT_REFUSED, "cannot ask the size of %s: %s", image->path, strerror(errno));
}

int image_open(const char *path, struct image *image)
{
	struct stat status;
	int code = EXIT_DONE;

	*image = (struct image) { .path = path, .fd = -1 };
	if (stat(path, &status))
		return open_failed(path, errno);
	if (S_ISBLK(status.st_mode)) {
		code = open_block(image);
	} else if (S_ISREG(status.st_mode)) {
		image->fd = open_direct(path, 0);
		image->size = status.st_size;
		if (image->fd < 0)
			return open_failed(path, errno);
	} else {
		return fail(EXIT_REFUSED, "%s is neither a block device nor a file", path);
	}
	if (code)
		image_close(image);
	return code;
}

void image_close(struct image *image)
{
	if (image->fd >= 0)
		close(image->fd);
	image->fd = -1;
}

int image_read(const struct image *image, uint64_t offset, void *to, size_t length)
{
	while (length) {
		ssize_t count = pread(image->fd, to, length, offset);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (!count)
			return -ENODATA;
		to = (char *)to + count;
		length -= count;
		offset += count;
	}
	return 0;
}

void *image_buffer(size_t length)
{
	return must(aligned_alloc(PAXOS_BLOCK_SIZE, length));
}
