/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine: the memory of an emulated one, mapped at the addresses that it has there, so that host
 * addresses are physical ones for both. The emulator is started from here.
 *
 *     metal MEMORY PROGRAM EMULATOR [ARGUMENT...]
 *
 * MEMORY is the file that the emulator takes for memory, PROGRAM what its CPU is to run (cpu.S).
 */
#define _GNU_SOURCE
#include "arch.h"
#include "cpu.h"

#include <axas/formats/loongarch64_stage2.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEBIBYTE UINT64_C(0x100000)
#define MACHINE_SIZE (1024 * MEBIBYTE) /* QEMU takes no less */
#define MEMORY_OFFSET (256 * MEBIBYTE) /* in the file: a smaller part of it, at 0, comes first */
#define MEMORY_SIZE (128 * MEBIBYTE)   /* of which this program uses so much */
#define LOOKS 5000                     /* about 10 us, many times what an answer takes */

void hypervisor_main(void);

struct mailbox *cpu_mailbox;
static pid_t emulator;

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(3);
}

static void map_memory(const char *name)
{
    const int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, (off_t)MACHINE_SIZE) != 0) {
        give_up(name);
    }
    void *const wanted = (void *)(uintptr_t)MEMORY_FIRST;
    if (mmap(wanted, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, file,
             (off_t)MEMORY_OFFSET) != wanted) {
        give_up("mmap");
    }
    close(file);
    cpu_mailbox = (struct mailbox *)(uintptr_t)(MEMORY_FIRST + MAILBOX);
}

static void load_program(const char *name)
{
    const int file = open(name, O_RDONLY);
    if (file < 0 || read(file, (void *)(uintptr_t)MEMORY_FIRST, MAILBOX) <= 0) {
        give_up(name);
    }
    close(file);
}

static void start_emulator(char **arguments)
{
    emulator = fork();
    if (emulator == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(arguments[0], arguments);
        give_up(arguments[0]);
    }
}

int main(int count, char **arguments)
{
    if (count < 4) {
        fprintf(stderr, "usage: metal MEMORY PROGRAM EMULATOR [ARGUMENT...]\n");
        return 3;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    map_memory(arguments[1]);
    load_program(arguments[2]);
    start_emulator(&arguments[3]);
    hypervisor_main();
    return 3;
}

/* Where the emulator does not run, since others do, looking on would take from it what time it can get. */
static void wait_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
    if (waitpid(emulator, NULL, WNOHANG) != 0) {
        fprintf(stderr, "the emulator is gone\n");
        exit(3);
    }
}

uint64_t cpu_do(uint64_t operation, uint64_t address, uint64_t value)
{
    const uint64_t request = cpu_mailbox->request + 1;
    cpu_mailbox->operation = operation;
    cpu_mailbox->address = address;
    cpu_mailbox->value = value;
    __atomic_store_n(&cpu_mailbox->request, request, __ATOMIC_RELEASE);
    for (unsigned looks = 1; __atomic_load_n(&cpu_mailbox->answer, __ATOMIC_ACQUIRE) != request; looks++) {
        if (looks % LOOKS == 0) {
            wait_a_little();
        }
    }
    return cpu_mailbox->estat;
}

void arch_init(void)
{
}

void arch_put(char character)
{
    putchar(character);
}

_Noreturn void arch_exit(int status)
{
    kill(emulator, SIGKILL);
    waitpid(emulator, NULL, 0);
    exit(status);
}

struct arch_memory arch_memory(void)
{
    return (struct arch_memory){.first = MEMORY_FIRST + IMAGE_SIZE, .end = MEMORY_FIRST + MEMORY_SIZE};
}

static uint64_t configuration_word(uint64_t number)
{
    cpu_do(CPU_IDENTIFY, number, 0);
    return cpu_mailbox->value;
}

/* QEMU 7.2 has no virtualization, for which a CPU with the same tables stands in. */
#define CPUCFG2_LVZ (UINT64_C(1) << 10)

void arch_table_config(struct axas_table_config *config)
{
    static struct axas_capabilities cpu;
    uint64_t registers[AXAS_MAX_ID_REGISTERS] = {0};
    registers[AXAS_LOONGARCH64_STAGE2_ID_CPUCFG1] = configuration_word(1);
    registers[AXAS_LOONGARCH64_STAGE2_ID_CPUCFG2] = configuration_word(2) | CPUCFG2_LVZ;
    if (axas_capabilities_decode(config->format, registers, NULL, NULL, &cpu) == AXAS_OK) {
        config->capabilities = &cpu;
    }
}

/* INVTLB of each page, or of all that the guest has. */
static void invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    if (what->scope != AXAS_INVALIDATE_LEAF || what->size / what->leaf_size > 64) {
        cpu_do(CPU_FORGET_GUEST, 0, what->vmid);
        return;
    }
    const uint64_t end = what->gpa.raw + what->size;
    for (uint64_t gpa = what->gpa.raw & ~(what->leaf_size - 1); gpa < end; gpa += what->leaf_size) {
        cpu_do(CPU_FORGET_PAGE, gpa, what->vmid);
    }
}

void arch_hal(struct axas_hal *hal)
{
    hal->invalidate = invalidate;
    /* The rest is not needed: the other CPU reads nothing before it is asked to, and sees what is stored
     * here. */
    hal->barrier = NULL;
    hal->frame_publish = NULL;
    hal->table_write_back = NULL;
}

/* Guests of another number than 0 have tables of their own; here, where the CPU has no virtualization, they
 * are address spaces. */
#define GUEST(gstat) ((gstat) >> 16 & 0xff)

void arch_root_load(const struct axas_root *root)
{
    const uint64_t *values = root->register_value;
    const uint64_t page = values[AXAS_LOONGARCH64_STAGE2_ROOT_STLBPS];
    const unsigned levels = root->levels;
    const uint64_t refill = page == 12 ? (levels == 3 ? CPU_REFILL_4K_3LEVEL : CPU_REFILL_4K_4LEVEL)
                                       : (levels == 2 ? CPU_REFILL_16K_2LEVEL : CPU_REFILL_16K_3LEVEL);
    const uint64_t guest = GUEST(values[AXAS_LOONGARCH64_STAGE2_ROOT_GSTAT]);
    cpu_mailbox->root[0] = values[AXAS_LOONGARCH64_STAGE2_ROOT_PGDL];
    cpu_mailbox->root[1] = values[AXAS_LOONGARCH64_STAGE2_ROOT_PWCL];
    cpu_mailbox->root[2] = values[AXAS_LOONGARCH64_STAGE2_ROOT_PWCH];
    cpu_mailbox->root[3] = page;
    cpu_mailbox->root[4] = page; /* TLBREHI, as the refill of Linux has it; LDPTE says it again */
    cpu_mailbox->root[5] = guest;
    cpu_mailbox->root[6] = MEMORY_FIRST + refill;
    cpu_do(CPU_ROOT, 0, 0);
    cpu_do(CPU_FORGET_GUEST, 0, guest);
}
