// SPDX-License-Identifier: GPL-2.0-only
#include "host/vmm/image.h"

#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <xen/elfnote.h>

#define NOTE_OWNER "Xen"

struct file {
	const unsigned char *bytes;
	size_t size;
	char *error;
	size_t room;
};

__attribute__((format(printf, 3, 4))) static int refuse(struct file *f, int rc, const char *fmt,
							...)
{
	int n = snprintf(f->error, f->room, "guest image: ");
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < f->room)
		vsnprintf(f->error + n, f->room - (size_t)n, fmt, ap);
	va_end(ap);
	return rc;
}

/* Are @length bytes at @offset inside of @size? No sum that could wrap. */
static bool inside(uint64_t offset, uint64_t length, uint64_t size)
{
	return offset <= size && length <= size - offset;
}

/* Headers may stand at any address: they are copied out. */
static int read_header(struct file *f, Elf64_Ehdr *h)
{
	if (f->size < sizeof(*h))
		return refuse(f, -ENOEXEC, "%zu bytes are no ELF file", f->size);
	memcpy(h, f->bytes, sizeof(*h));
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_ident[EI_DATA] != ELFDATA2LSB)
		return refuse(f, -ENOEXEC, "no little-endian ELF64 file");
	if (h->e_type != ET_EXEC || h->e_machine != EM_X86_64)
		return refuse(f, -ENOEXEC, "type %u for machine %u, expected an x86-64 executable",
			      h->e_type, h->e_machine);
	if (h->e_phentsize != sizeof(Elf64_Phdr) ||
	    !inside(h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr), f->size))
		return refuse(f, -ENOEXEC, "%u program headers of %u bytes are not in the file",
			      h->e_phnum, h->e_phentsize);
	return 0;
}

static Elf64_Phdr program_header(const struct file *f, const Elf64_Ehdr *h, unsigned int i)
{
	Elf64_Phdr p;

	memcpy(&p, f->bytes + h->e_phoff + i * sizeof(p), sizeof(p));
	return p;
}

static int load_segment(struct file *f, const Elf64_Phdr *p, const struct ram *ram)
{
	if (p->p_filesz > p->p_memsz || !inside(p->p_offset, p->p_filesz, f->size))
		return refuse(f, -ENOEXEC, "a segment of 0x%llx bytes is not in the file",
			      (unsigned long long)p->p_filesz);
	if (p->p_paddr < IMAGE_LOWEST || !inside(p->p_paddr, p->p_memsz, ram->size))
		return refuse(f, -E2BIG,
			      "0x%llx bytes at 0x%llx: RAM for it is from 0x%x to 0x%llx",
			      (unsigned long long)p->p_memsz, (unsigned long long)p->p_paddr,
			      IMAGE_LOWEST, (unsigned long long)ram->size);
	memcpy((char *)ram->base + p->p_paddr, f->bytes + p->p_offset, p->p_filesz);
	return 0;
}

static uint64_t align4(uint32_t n)
{
	return ((uint64_t)n + 3) & ~3ull;
}

/*
 * The value of the entry note among the notes of @p (System V gABI, "Note Section",
 * words of 4 bytes). Xen writes it with 4 or 8 bytes. 0: it is not there.
 */
static uint64_t find_entry(const struct file *f, const Elf64_Phdr *p)
{
	uint64_t at = p->p_offset, end = p->p_offset + p->p_filesz;
	Elf64_Nhdr n;

	for (; inside(at, sizeof(n), end); at += align4(n.n_namesz) + align4(n.n_descsz)) {
		uint64_t value = 0;

		memcpy(&n, f->bytes + at, sizeof(n));
		at += sizeof(n);
		if (!inside(at, align4(n.n_namesz) + align4(n.n_descsz), end))
			break;
		if (n.n_type != XEN_ELFNOTE_PHYS32_ENTRY || n.n_namesz != sizeof(NOTE_OWNER) ||
		    memcmp(f->bytes + at, NOTE_OWNER, sizeof(NOTE_OWNER)) ||
		    (n.n_descsz != 4 && n.n_descsz != 8))
			continue;
		memcpy(&value, f->bytes + at + align4(n.n_namesz), n.n_descsz);
		return value;
	}
	return 0;
}

/* The entry has to be in what was loaded. */
static int check_entry(struct file *f, const Elf64_Ehdr *h, uint64_t entry)
{
	if (!entry)
		return refuse(f, -ENOEXEC, "no PVH entry note (XEN_ELFNOTE_PHYS32_ENTRY)");
	for (unsigned int i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p = program_header(f, h, i);

		if (p.p_type == PT_LOAD && entry >= p.p_paddr && entry - p.p_paddr < p.p_filesz)
			return 0;
	}
	return refuse(f, -ENOEXEC, "the PVH entry 0x%llx is in no segment",
		      (unsigned long long)entry);
}

int image_load(const void *image, size_t size, const struct ram *ram, uint32_t *entry, char *error,
	       size_t room)
{
	struct file f = { image, size, error, room };
	uint64_t found = 0;
	Elf64_Ehdr h = { 0 };
	int rc = read_header(&f, &h);

	for (unsigned int i = 0; !rc && i < h.e_phnum; i++) {
		Elf64_Phdr p = program_header(&f, &h, i);

		if (p.p_type == PT_LOAD)
			rc = load_segment(&f, &p, ram);
		else if (p.p_type == PT_NOTE && inside(p.p_offset, p.p_filesz, size) && !found)
			found = find_entry(&f, &p);
	}
	if (!rc)
		rc = check_entry(&f, &h, found);
	if (!rc)
		*entry = (uint32_t)found;
	return rc;
}
