/* The switch in assembly, one block for each ABI. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/context.h"

#ifdef CONTEXT_NATIVE

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

/* rbx, rbp, r12-r15, the SSE and x87 control words; then the return address. */
/* A function starts 8 bytes below a multiple of 16, where its caller's address stands: one word. */
enum { SAVED_WORDS = 8, RETURN_WORD = 7, PAD_WORDS = 1 };

__asm__(".text\n"
        ".globl context_switch\n"
        ".type context_switch, @function\n"
        "context_switch:\n"
        "  pushq %rbp\n"
        "  pushq %rbx\n"
        "  pushq %r12\n"
        "  pushq %r13\n"
        "  pushq %r14\n"
        "  pushq %r15\n"
        "  subq $8, %rsp\n"
        "  stmxcsr (%rsp)\n"
        "  fnstcw 4(%rsp)\n"
        "  movq %rsp, (%rdi)\n"
        "  movq %rsi, %rsp\n"
        "  ldmxcsr (%rsp)\n"
        "  fldcw 4(%rsp)\n"
        "  addq $8, %rsp\n"
        "  popq %r15\n"
        "  popq %r14\n"
        "  popq %r13\n"
        "  popq %r12\n"
        "  popq %rbx\n"
        "  popq %rbp\n"
        "  ret\n"
        ".size context_switch, .-context_switch\n");

static void set_control(uint64_t *frame)
{
    uint32_t mxcsr;
    uint16_t x87;

    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    frame[0] = (uint64_t)x87 << 32 | mxcsr;
}

#elif defined(__aarch64__)

/* x19-x28, x29 (frame), x30 (link), d8-d15. */
enum { SAVED_WORDS = 20, RETURN_WORD = 11, PAD_WORDS = 0 };

__asm__(".text\n"
        ".globl context_switch\n"
        ".type context_switch, %function\n"
        "context_switch:\n"
        "  sub sp, sp, #160\n"
        "  stp x19, x20, [sp, #0]\n"
        "  stp x21, x22, [sp, #16]\n"
        "  stp x23, x24, [sp, #32]\n"
        "  stp x25, x26, [sp, #48]\n"
        "  stp x27, x28, [sp, #64]\n"
        "  stp x29, x30, [sp, #80]\n"
        "  stp d8, d9, [sp, #96]\n"
        "  stp d10, d11, [sp, #112]\n"
        "  stp d12, d13, [sp, #128]\n"
        "  stp d14, d15, [sp, #144]\n"
        "  mov x9, sp\n"
        "  str x9, [x0]\n"
        "  mov sp, x1\n"
        "  ldp x19, x20, [sp, #0]\n"
        "  ldp x21, x22, [sp, #16]\n"
        "  ldp x23, x24, [sp, #32]\n"
        "  ldp x25, x26, [sp, #48]\n"
        "  ldp x27, x28, [sp, #64]\n"
        "  ldp x29, x30, [sp, #80]\n"
        "  ldp d8, d9, [sp, #96]\n"
        "  ldp d10, d11, [sp, #112]\n"
        "  ldp d12, d13, [sp, #128]\n"
        "  ldp d14, d15, [sp, #144]\n"
        "  add sp, sp, #160\n"
        "  ret\n"
        ".size context_switch, .-context_switch\n");

static void set_control(uint64_t *frame)
{
    (void)frame; /* FPCR is the thread's and stays */
}

#endif

void *context_make(void *low, size_t bytes, void (*fn)(void))
{
    uintptr_t top = ((uintptr_t)low + bytes) & ~(uintptr_t)15;
    uint64_t *frame = (uint64_t *)top - SAVED_WORDS - PAD_WORDS;
    uintptr_t entry = (uintptr_t)fn;

    memset(frame, 0, (size_t)((uint64_t *)top - frame) * sizeof(*frame));
    set_control(frame);
    memcpy(&frame[RETURN_WORD], &entry, sizeof(entry));
    return frame;
}

#endif
