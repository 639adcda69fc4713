// SPDX-License-Identifier: GPL-2.0-only
/* A session as a file: ioctl, mmap, poll, close. */
#include <linux/anon_inodes.h>
#include <linux/cpu.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "offcpu.h"
#include "probe.h"
#include "record.h"
#include "session.h"
#include "tasks.h"
#include "user.h"

struct flush {
	struct pdiag_cpu *cpu;
	u32 most;
	u64 pending;
};

static void flush_cpu(void *data)
{
	struct flush *flush = data;
	struct pdiag_cpu *cpu = flush->cpu;
	u64 now = cpu->session->running ? ktime_get_mono_fast_ns() : cpu->session->stopped;

	/* Not between the halves of a callback that an NMI interrupted: there is none here. */
	cpu->busy = 1;
	barrier();
	flush->pending = pdiag_record_flush(cpu, now, flush->most);
	barrier();
	cpu->busy = 0;
}

/* In pieces, as interrupts are off meanwhile. */
static void flush_running(struct flush *flush)
{
	u64 before;

	flush->most = 64;
	flush->pending = U64_MAX;
	do {
		before = flush->pending;
		smp_call_function_single(flush->cpu->number, flush_cpu, flush, 1);
		cond_resched();
	} while (flush->pending && flush->pending < before);
}

static u64 flush_all(struct pdiag_session *session)
{
	struct flush flush;
	u64 pending = 0;
	u32 i;

	cpus_read_lock();
	for (i = 0; i + 1 < session->nr_rings; i++) {
		flush.cpu = session->cpu[i];
		if (!flush.cpu)
			continue;
		flush.most = U32_MAX;
		if (!session->running || !cpu_online(i))
			flush_cpu(&flush);
		else
			flush_running(&flush);
		pending += flush.pending;
	}
	cpus_read_unlock();
	/* What waits there is older, and refers to stacks by their numbers of now. */
	if (!session->running && !session->frozen && !pending)
		pending = pdiag_offcpu_end(session);
	return pending;
}

static int flush(struct pdiag_session *session, void __user *arg)
{
	struct pdiag_kmod_flush flush;
	int err = pdiag_copy_in(&flush, sizeof(flush), arg);

	if (err)
		return err;
	if (flush.reserved)
		return -EINVAL;
	flush.pending = flush_all(session);
	return pdiag_copy_out(arg, &flush, sizeof(flush));
}

static int stats(struct pdiag_session *session, void __user *arg)
{
	struct pdiag_kmod_stats stats;
	int err = pdiag_copy_in(&stats, sizeof(stats), arg);

	if (err)
		return err;
	if (stats.ring != PDIAG_KMOD_ALL_RINGS && stats.ring >= session->nr_rings)
		return -EINVAL;
	pdiag_session_stats(session, &stats);
	return pdiag_copy_out(arg, &stats, sizeof(stats));
}

static int dump(struct pdiag_session *session, void __user *arg)
{
	struct pdiag_kmod_dump dump;
	int err = pdiag_copy_in(&dump, sizeof(dump), arg);

	if (!err)
		err = session->tasks ? pdiag_tasks_dump(session, &dump) : -EINVAL;
	return err ?: pdiag_copy_out(arg, &dump, sizeof(dump));
}

static int trigger(struct pdiag_session *session, void __user *arg)
{
	struct pdiag_kmod_trigger trigger;
	int err = pdiag_copy_in(&trigger, sizeof(trigger), arg);

	if (!err)
		err = session->tasks ? pdiag_tasks_trigger(session, &trigger) : -EINVAL;
	return err;
}

static int probe(struct pdiag_session *session, void __user *arg)
{
	struct pdiag_kmod_probe probe;
	int err = pdiag_copy_in(&probe, sizeof(probe), arg);

	if (!err)
		err = session->restricted ? -EPERM : pdiag_probe_attach(session, &probe);
	return err;
}

static int histogram(struct pdiag_session *session, void __user *arg)
{
	struct pdiag_kmod_histogram histogram;
	int err = pdiag_copy_in(&histogram, sizeof(histogram), arg);

	if (!err)
		err = pdiag_probe_histogram(session, &histogram);
	return err ?: pdiag_copy_out(arg, &histogram, sizeof(histogram));
}

static long run(struct pdiag_session *session, unsigned int command, void __user *arg)
{
	switch (command) {
	case PDIAG_KMOD_IOC_START:
		return pdiag_session_start(session);
	case PDIAG_KMOD_IOC_STOP:
		return pdiag_session_stop(session);
	case PDIAG_KMOD_IOC_FREEZE:
		return pdiag_session_freeze(session, true);
	case PDIAG_KMOD_IOC_THAW:
		return pdiag_session_freeze(session, false);
	case PDIAG_KMOD_IOC_FLUSH:
		return flush(session, arg);
	case PDIAG_KMOD_IOC_STATS:
		return stats(session, arg);
	case PDIAG_KMOD_IOC_DUMP:
		return dump(session, arg);
	case PDIAG_KMOD_IOC_TRIGGER:
		return trigger(session, arg);
	case PDIAG_KMOD_IOC_PROBE:
		return probe(session, arg);
	case PDIAG_KMOD_IOC_HISTOGRAM:
		return histogram(session, arg);
	default:
		return -ENOTTY;
	}
}

static long session_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	struct pdiag_session *session = file->private_data;
	long err;

	if (mutex_lock_interruptible(&session->lock))
		return -EINTR;
	err = run(session, command, (void __user *)arg);
	mutex_unlock(&session->lock);
	return err;
}

static int session_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct pdiag_session *session = file->private_data;
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT, size = vma->vm_end - vma->vm_start;
	u64 data = 1ull << (PDIAG_KMOD_RING_SHIFT - 1);
	struct pdiag_ring *ring = pdiag_session_ring(session, offset >> PDIAG_KMOD_RING_SHIFT);

	offset &= PDIAG_KMOD_CONTROL(1) - 1;
	if (!ring || !ring->size)
		return -ENXIO;
	if (!(vma->vm_flags & VM_SHARED) || (vma->vm_flags & VM_EXEC))
		return -EINVAL;
	pdiag_vma_private(vma);
	if (!offset && size == PAGE_SIZE)
		return remap_vmalloc_range(vma, ring->control, 0);
	if (offset != data || size != ring->size)
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	pdiag_vma_read_only(vma);
	return remap_vmalloc_range(vma, ring->data, 0);
}

static bool readable(struct pdiag_session *session)
{
	struct pdiag_ring *ring;
	bool flight = session->flags & PDIAG_KMOD_FLIGHT;
	u32 i;

	if (flight && smp_load_acquire(&session->whole))
		return true;
	/* The ring for task dumps is none that is overwritten. */
	for (i = flight ? session->nr_rings - 1 : 0; i < session->nr_rings; i++) {
		ring = pdiag_session_ring(session, i);
		if (ring && (i + 1 < session->nr_rings ? pdiag_ring_readable(ring) :
				    pdiag_ring_unread(ring)))
			return true;
	}
	return false;
}

static __poll_t session_poll(struct file *file, poll_table *wait)
{
	struct pdiag_session *session = file->private_data;

	poll_wait(file, &session->readers, wait);
	return readable(session) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int session_release(struct inode *inode, struct file *file)
{
	pdiag_session_free(file->private_data);
	return 0;
}

static const struct file_operations session_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = session_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = session_mmap,
	.poll = session_poll,
	.release = session_release,
	.llseek = noop_llseek,
};

int pdiag_session_fd(struct pdiag_session *session)
{
	return anon_inode_getfd("[pdiag]", &session_fops, session, O_RDWR | O_CLOEXEC);
}
