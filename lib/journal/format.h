/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How events lie in a journal. A folder of append-only files, events-00000001.pdj and so on:
 *
 *	header	 64 bytes: what this is, version
 *	frame	 40 bytes and a body; INFO of an event
 *	frame	 METRICS, CULPRITS, PROFILE: what else there is of it
 *	frame	 END of it: where it began, and how many frames it has
 *	frame	 INFO of the next
 *
 * INFO begins with the session (its number is that of the writer: each that opens the journal has
 * the next) and the phase. END has the length of all frames before it, and their number.
 *
 * An event has one INFO, METRICS and CULPRITS at most, and one PROFILE of each kind. It is there if
 * all its frames are, one behind the other, each with right checksums. It is written as one piece,
 * so that what is missing after a kill is always the end of the last one. What lies behind the last
 * whole event of a file is either the beginning of one (it was cut, and the next writer takes it
 * away) or damage, which is stepped over: by the length of a frame if its head is whole, else by
 * looking for the next valid head.
 *
 * A file whose header is damaged is read, if there is a frame in it, and not written to.
 *
 * All numbers are little-endian, on every machine. Every frame begins at a multiple of 8; up to
 * there the body is followed by zeroes. In bodies, numbers are 7 bits a byte, the lowest first,
 * the last without the top bit; signed ones have their sign in bit 0; a double is its 8 bytes; a
 * text is its length and its bytes.
 *
 * How it may change. In a minor version: new types of frames, and new fields at the end of a body.
 * A reader skips what it does not know. Anything else is a new major version, which older readers
 * refuse.
 */
#ifndef PDIAG_JOURNAL_FORMAT_H
#define PDIAG_JOURNAL_FORMAT_H

#include <stdint.h>

/* Not text, and damaged by every transfer that takes it for text. */
#define PDIAG_JOURNAL_MAGIC "\x89PDJ\r\n\x1a\n"
#define PDIAG_JOURNAL_MAJOR 1
#define PDIAG_JOURNAL_MINOR 0
#define PDIAG_JOURNAL_MARKER 0x6a646670u /* "pfdj" */

/*
 * Header:  0 magic, 8 major (2), 10 minor (2), 12 length of the header (4), 16 created, ns since
 *	    1970 (8), 24 the next event's id at that time (8), 32 the writer's session (8),
 *	    40 release of the library, for people (16), 56 zero (4), 60 CRC-32 of all before (4)
 * Frame:   0 marker, 4 length of the body (4), 8 type (2), 10 flags (2), 12 length of the body
 *	    unpacked (4), 16 id (8), 24 its offset in the file (8), 32 CRC-32 of the body (4),
 *	    36 CRC-32 of the head before it (4)
 */
#define PDIAG_JOURNAL_HEADER 64u
#define PDIAG_JOURNAL_HEAD 40u

enum pdiag_journal_type {
	PDIAG_JOURNAL_INFO = 1,
	PDIAG_JOURNAL_METRICS = 2,
	PDIAG_JOURNAL_CULPRITS = 3,
	PDIAG_JOURNAL_PROFILE = 4,
	PDIAG_JOURNAL_END = 5,
};

/* The body is packed by zlib's deflate. */
#define PDIAG_JOURNAL_PACKED 1u

/* Longer bodies are damage: what was packed may not fill the memory of who reads it. */
#define PDIAG_JOURNAL_BODY_MAX (64u << 20)
/* Deflate makes nothing smaller than this. */
#define PDIAG_JOURNAL_RATIO_MAX 1100u
/* More frames than any event has. */
#define PDIAG_JOURNAL_FRAMES_MAX 64u
#define PDIAG_JOURNAL_METRICS_MAX 4096u
/* Longer than the name of any metric. */
#define PDIAG_JOURNAL_NAME_MAX 1024u
/* Of events and of sessions; so that the next one can always be counted. */
#define PDIAG_JOURNAL_ID_MAX (UINT64_MAX / 4)

static inline uint64_t pdiag_journal_align(uint64_t len)
{
	return (len + 7) & ~(uint64_t)7;
}

#endif
