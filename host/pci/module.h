/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading one kernel module by its file, and saying what is wrong when it does not load. */
#ifndef LIFELINE_PCI_MODULE_H
#define LIFELINE_PCI_MODULE_H

#include <stddef.h>

/**
 * module_load() - load the module in @file (finit_module(2))
 * @file: "vfio-pci.ko"; a name that ends in .xz, .gz or .zst is for the kernel to unpack
 * @parameters: "name=value ...", or ""
 * @error: filled with one line after an error
 *
 * What the module depends on is the caller's to load before. Return: 0: it is there,
 * now or already before; -ENOEXEC: it was built for another kernel, or is no module;
 * another -errno.
 */
int module_load(const char *file, const char *parameters, char *error, size_t size);

/** module_unload() - unload module @name. Return: 0, also if it is not loaded; or -errno, @error filled as above */
int module_unload(const char *name, char *error, size_t size);

/**
 * module_vermagic() - the kernel that a module was built for
 * @image: @length bytes of the file, of any content
 * @text: "6.1.0-56-amd64 SMP preempt mod_unload modversions", empty: it does not say
 */
void module_vermagic(const char *image, size_t length, char *text, size_t size);

#endif
