/* Whether this is built under a sanitizer, for the few places that must then do without a trick. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any, it is for the preprocessor. Life: none. Fails: never. */
#ifndef RELAY_BASE_SANITIZER_H
#define RELAY_BASE_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#if defined(UNDER_ASAN) || defined(UNDER_TSAN)
#define UNDER_SANITIZER 1
#endif

#endif
