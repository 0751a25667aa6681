/* SPDX-License-Identifier: Apache-2.0 */
#include "../attributes.h"

#include "cp15.h"

#define HCR_DC (UINT32_C(1) << 12)

#define OUTER ATTRIBUTES_OUTER_SHAREABLE
#define INNER ATTRIBUTES_INNER_SHAREABLE

const struct attributes_expected attributes_expected[] = {
    {"normal", AXAS_MEM_NORMAL, false, true, 0xff, INNER},
    {"device", AXAS_MEM_DEVICE, false, true, 0x04, OUTER},
    {"strongly-ordered", AXAS_MEM_DEVICE_NONPOSTED, false, true, 0x00, OUTER},
    {"device, unordered", AXAS_MEM_DEVICE_UNORDERED, false, false, 0, 0},
    {"device, gathered", AXAS_MEM_DEVICE_GATHERED, false, false, 0, 0},
    {"uncached", AXAS_MEM_UNCACHED, false, true, 0x44, OUTER},
    {"write-through", AXAS_MEM_WRITE_THROUGH, false, true, 0xbb, INNER},
};
const unsigned attributes_count = sizeof attributes_expected / sizeof attributes_expected[0];

void attributes_default_cacheable(bool on)
{
    const uint32_t control = READ(HCR) & ~HCR_DC;
    WRITE(HCR, on ? control | HCR_DC : control);
    BARRIER();
}

uint64_t attributes_translate(axas_gpa gpa)
{
    WRITE(ATS12NSOPR, gpa.raw);
    BARRIER();
    return READ_64(PAR);
}
