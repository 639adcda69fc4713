/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pdiag/detect.h>

#include "util/array.h"

static const char *const features[] = {
	[PDIAG_FEATURE_NONE] = "none",
	[PDIAG_FEATURE_VALUE] = "value",
	[PDIAG_FEATURE_DAY] = "hour of the day",
	[PDIAG_FEATURE_TREND] = "trend",
};

static const char *const kinds[] = {
	[PDIAG_SURPRISE_NONE] = "none",
	[PDIAG_SURPRISE_NEW] = "new",
	[PDIAG_SURPRISE_RARE] = "rare",
	[PDIAG_SURPRISE_SHIFT] = "shift",
};

const char *pdiag_feature_text(uint32_t feature)
{
	return feature < PDIAG_COUNT(features) ? features[feature] : "unknown";
}

const char *pdiag_surprise_text(uint32_t kind)
{
	return kind < PDIAG_COUNT(kinds) ? kinds[kind] : "unknown";
}
