/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All of libpdiag's API. */
#ifndef PDIAG_PDIAG_H
#define PDIAG_PDIAG_H

#include <pdiag/types.h>
#include <pdiag/version.h>
#include <pdiag/error.h>
#include <pdiag/context.h>
#include <pdiag/source.h>
#include <pdiag/capture.h>
#include <pdiag/profile.h>
#include <pdiag/probe.h>
#include <pdiag/symbolizer.h>
#include <pdiag/output.h>
#include <pdiag/recording.h>
#include <pdiag/tasks.h>
#include <pdiag/trigger.h>
#include <pdiag/metric.h>
#include <pdiag/detect.h>
#include <pdiag/culprit.h>
#include <pdiag/event.h>
#include <pdiag/trend.h>
#include <pdiag/journal.h>
#include <pdiag/watch.h>
#include <pdiag/portrait.h>

#endif
