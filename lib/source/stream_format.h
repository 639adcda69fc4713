/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stream: how records lie in a recording. An append-only file:
 *
 *	header   64 bytes: what this is, byte order, version
 *	frame    48 bytes and a body of whole records, at most 1 MiB together
 *	frame    ...
 *
 * A frame holds many records under one checksum, so that a sample costs 48 bytes and a few
 * nanoseconds. The writer ends a frame when it has 64 KiB, and at the end of each dispatch: a
 * crash loses no more than the records since then. A frame is valid when its own checksum, its
 * place in the file and the checksum of its body are right. So a file cut anywhere is read up to
 * its last whole frame, and a damaged frame is stepped over: by its length if its head is whole,
 * else by looking for the next valid head. Its head also says how many records came before it,
 * so that a reader knows how many it lost.
 *
 * All lengths are multiples of 8 and so is every offset; numbers are in the writer's byte order.
 * Texts have a NUL that their length does not count.
 *
 * How it may change. In a minor version: new record types, and new fields behind what a record
 * has (its texts and addresses included). A reader skips what it does not know. Anything else,
 * new values of an enum too, is a new major version, which older readers refuse. The header's
 * 64 bytes keep their meaning in all versions.
 */
#ifndef PDIAG_SOURCE_STREAM_FORMAT_H
#define PDIAG_SOURCE_STREAM_FORMAT_H

#include <stddef.h>
#include <stdint.h>

/* Not text, and damaged by every transfer that takes it for text. */
#define PDIAG_STREAM_MAGIC "\x89PDIAG\r\n"
#define PDIAG_STREAM_ORDER 0x01020304u
#define PDIAG_STREAM_MAJOR 1
#define PDIAG_STREAM_MINOR 0
#define PDIAG_STREAM_MARKER 0x6d617246u /* "Fram" in little endian */

#define PDIAG_STREAM_HEADER_MAX 4096u	  /* more is no header */
#define PDIAG_STREAM_FRAME_MAX (1u << 20) /* more is no frame */
#define PDIAG_STREAM_FRAME_FULL (64u << 10) /* the writer ends a frame here */
#define PDIAG_STREAM_TEXT_MAX (256u << 10)  /* longer texts are cut by the writer */

struct pdiag_stream_header {
	uint8_t magic[8];
	uint32_t byte_order; /* PDIAG_STREAM_ORDER */
	uint16_t major, minor;
	uint32_t header_len; /* the first frame's offset */
	uint32_t flags;	     /* 0; a reader refuses bits that it does not know */
	uint64_t created;    /* ns since 1970 */
	char writer[16];     /* release of the library, for people */
	uint32_t reserved[3];
	uint32_t crc;	     /* CRC-32 of the bytes before it */
};

struct pdiag_stream_frame {
	uint32_t marker;
	uint32_t len;	  /* this head included */
	uint64_t offset;  /* of this head in the file */
	uint64_t before;  /* records in all frames before this one */
	uint32_t records; /* in this one */
	uint32_t forgets; /* FORGET records before this frame */
	uint64_t body_crc; /* CRC-64 (that of xz) of the body */
	uint32_t reserved;
	uint32_t crc;	  /* CRC-32 of the head's bytes before it */
};

/* The values in the file. They never change their meaning. */
enum pdiag_stream_type {
	PDIAG_STREAM_INFO = 1,
	PDIAG_STREAM_MMAP = 2,
	PDIAG_STREAM_COMM = 3,
	PDIAG_STREAM_FORK = 4,
	PDIAG_STREAM_EXIT = 5,
	PDIAG_STREAM_STACK = 6,
	PDIAG_STREAM_SAMPLE = 7,
	PDIAG_STREAM_SWITCH = 8,
	PDIAG_STREAM_LOSS = 9,
	PDIAG_STREAM_FORGET = 10,
	PDIAG_STREAM_MODULE = 11,
	PDIAG_STREAM_NAME = 12,
	PDIAG_STREAM_END = 13,
};

#define PDIAG_STREAM_EXEC 1u
#define PDIAG_STREAM_OUT 2u
#define PDIAG_STREAM_PREEMPT 4u
#define PDIAG_STREAM_SEEDED 8u
#define PDIAG_STREAM_GONE 16u
#define PDIAG_STREAM_WAKER 64u

/* What every record begins with; EXIT, SWITCH, FORGET and END have no more. */
struct pdiag_stream_record {
	uint32_t len; /* of the whole record */
	uint16_t type;
	uint16_t flags;
	uint64_t time;
	int32_t cpu, pid, tid;
	uint32_t number; /* what it is depends on the type */
};

struct pdiag_stream_info {
	struct pdiag_stream_record head;
	uint64_t realtime, period_ns;
	uint64_t boot_id[2];
	uint32_t hz, events, cpus, kernel;
};

struct pdiag_stream_mmap {
	struct pdiag_stream_record head; /* number: length of the path, which follows */
	uint64_t start, len, pgoff;
	uint64_t inode, generation;
	uint32_t major, minor;
};

struct pdiag_stream_comm {
	struct pdiag_stream_record head; /* number: length of the name, which follows */
};

struct pdiag_stream_fork {
	struct pdiag_stream_record head;
	int32_t ppid, ptid;
};

struct pdiag_stream_stack {
	struct pdiag_stream_record head; /* number: the stack's */
	uint32_t nr; /* addresses that follow */
	uint32_t reserved;
};

#define PDIAG_STREAM_BY_NUMBER UINT32_MAX

struct pdiag_stream_sample {
	struct pdiag_stream_record head; /* number: the stack's */
	uint64_t weight;
	uint32_t nr; /* addresses that follow; PDIAG_STREAM_BY_NUMBER: none, see the number */
	uint16_t state;
	uint16_t flags;
};

/* What follows a sample by number that has the flag WAKER. */
struct pdiag_stream_waker {
	uint32_t stack; /* a number */
	int32_t pid, tid;
	uint32_t reserved;
};

struct pdiag_stream_loss {
	struct pdiag_stream_record head; /* number: the reason */
	uint64_t events;
	int32_t pid;
	uint32_t reserved;
};

struct pdiag_stream_module {
	struct pdiag_stream_record head; /* number: the module's */
	uint64_t inode, generation, born;
	uint32_t major, minor;
	uint32_t kind, reason;
	int32_t pid;
	uint32_t path_len; /* the path follows */
};

#define PDIAG_STREAM_SAME_NAME UINT32_MAX

struct pdiag_stream_name {
	struct pdiag_stream_record head; /* number: the kind of frame */
	uint64_t value, address, size, offset;
	uint32_t reason;
	uint32_t name_len; /* name, raw name and module follow, each with its NUL */
	uint32_t raw_len;  /* PDIAG_STREAM_SAME_NAME: not there, the name again */
	uint32_t module_len;
};

#define PDIAG_STREAM_SIZE(type, bytes) \
	_Static_assert(sizeof(struct pdiag_stream_##type) == (bytes), "layout of " #type)

PDIAG_STREAM_SIZE(header, 64);
PDIAG_STREAM_SIZE(frame, 48);
PDIAG_STREAM_SIZE(record, 32);
PDIAG_STREAM_SIZE(info, 80);
PDIAG_STREAM_SIZE(mmap, 80);
PDIAG_STREAM_SIZE(comm, 32);
PDIAG_STREAM_SIZE(fork, 40);
PDIAG_STREAM_SIZE(stack, 40);
PDIAG_STREAM_SIZE(sample, 48);
PDIAG_STREAM_SIZE(loss, 48);
PDIAG_STREAM_SIZE(module, 80);
PDIAG_STREAM_SIZE(name, 80);
_Static_assert(offsetof(struct pdiag_stream_header, crc) == 60, "crc ends the header");
_Static_assert(offsetof(struct pdiag_stream_frame, crc) == 44, "crc ends the frame's head");

/* Bytes up to the next multiple of 8. */
static inline uint64_t pdiag_stream_align(uint64_t len)
{
	return (len + 7) & ~(uint64_t)7;
}

#endif
