/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/fault.h>
#include <axas/types.h>

const char *axas_status_str(enum axas_status status)
{
    switch (status) {
    case AXAS_OK:
        return "done";
    case AXAS_ERR_INVALID:
        return "an argument is null, unknown or senseless";
    case AXAS_ERR_ALIGN:
        return "an address or a size is not aligned to a page";
    case AXAS_ERR_RANGE:
        return "a range is empty, overflows or lies outside";
    case AXAS_ERR_EXISTS:
        return "something is there already";
    case AXAS_ERR_NOT_MAPPED:
        return "nothing is mapped there";
    case AXAS_ERR_PERMISSION:
        return "what is mapped there does not allow the access";
    case AXAS_ERR_UNSUPPORTED:
        return "the format, the mode or the CPU cannot express it";
    case AXAS_ERR_NO_MEMORY:
        return "no memory is left, or a cap is reached";
    case AXAS_ERR_BUSY:
        return "another caller is filling or emptying the area";
    case AXAS_ERR_CORRUPT:
        return "a table holds an entry that nobody here wrote";
    }
    return "not a status";
}

const char *axas_fault_result_str(enum axas_fault_result result)
{
    switch (result) {
    case AXAS_FAULT_RESOLVED:
        return "the memory is there now";
    case AXAS_FAULT_SPURIOUS:
        return "the memory was there already";
    case AXAS_FAULT_DENIED:
        return "the area does not allow the access";
    case AXAS_FAULT_UNMAPPED:
        return "no area is there";
    case AXAS_FAULT_TRAP:
        return "the area is emulated";
    case AXAS_FAULT_NO_MEMORY:
        return "no memory is left, or a cap is reached";
    case AXAS_FAULT_ADDRESS_UNKNOWN:
        return "the CPU did not give the address";
    case AXAS_FAULT_BROKEN:
        return "the tables are broken, or the fault is not about translation";
    case AXAS_FAULT_INVALID:
        return "the fault makes no sense";
    }
    return "not a result";
}
