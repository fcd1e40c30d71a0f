/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of <string.h> that a freestanding guest needs. gcc may call memcpy
 * and memset by itself, so these carry their standard names and contracts
 * (ISO C11 7.24).
 */
#ifndef LIFELINE_LIB_STRING_H
#define LIFELINE_LIB_STRING_H

#include <stddef.h>

/** memcpy() and the others: see ISO C11 7.24 */
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

#endif
