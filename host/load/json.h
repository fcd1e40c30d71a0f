/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_LOAD_JSON_H
#define LIFELINE_LOAD_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/**
 * json_find() - the JSON object that a program printed
 * @program: for messages
 * @text: its output: lines that do not begin with '{' come before, anything may come behind
 * @len: bytes of it
 *
 * Return: the object, for json_decref(); NULL with one line in @error.
 */
json_t *json_find(const char *program, const char *text, size_t len, char *error, size_t size);

/** json_count() - @value as a count: 0 if it is negative or not a number, its whole part otherwise */
uint64_t json_count(const json_t *value);

#endif
