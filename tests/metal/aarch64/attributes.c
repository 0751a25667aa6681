/* SPDX-License-Identifier: Apache-2.0 */
#include "../attributes.h"

#define READ(name)                                                  \
    __extension__({                                                 \
        uint64_t value_;                                            \
        __asm__ volatile("mrs %0, " name : "=r"(value_)::"memory"); \
        value_;                                                     \
    })
#define HCR_DC (UINT64_C(1) << 12)

#define OUTER ATTRIBUTES_OUTER_SHAREABLE
#define INNER ATTRIBUTES_INNER_SHAREABLE

const struct attributes_expected attributes_expected[] = {
    {"normal", AXAS_MEM_NORMAL, true, true, 0xff, INNER},
    {"device", AXAS_MEM_DEVICE, true, true, 0x04, OUTER},                       /* nGnRE */
    {"device, not posted", AXAS_MEM_DEVICE_NONPOSTED, true, true, 0x00, OUTER}, /* nGnRnE */
    {"device, unordered", AXAS_MEM_DEVICE_UNORDERED, true, true, 0x08, OUTER},  /* nGRE */
    {"device, gathered", AXAS_MEM_DEVICE_GATHERED, true, true, 0x0c, OUTER},    /* GRE */
    {"uncached", AXAS_MEM_UNCACHED, true, true, 0x44, OUTER},
    {"write-through", AXAS_MEM_WRITE_THROUGH, false, true, 0xbb, INNER},
};
const unsigned attributes_count = sizeof attributes_expected / sizeof attributes_expected[0];

void attributes_default_cacheable(bool on)
{
    const uint64_t control = READ("hcr_el2") & ~HCR_DC;
    __asm__ volatile("msr hcr_el2, %0" ::"r"(on ? control | HCR_DC : control) : "memory");
}

uint64_t attributes_translate(axas_gpa gpa)
{
    __asm__ volatile("at s12e1r, %0\nisb" ::"r"(gpa.raw) : "memory");
    return READ("par_el1");
}
