// SPDX-License-Identifier: GPL-2.0-only
/* The loader of the guest image, and what it does with headers that lie. */
#include <elf.h>
#include <string.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "guest/tests/unit.h"
#include "host/vmm/boot.h"
#include "host/vmm/layout.h"

#define RAM_SIZE 0x200000u
#define TEXT	 0x1000u /* offset of the segment's bytes in the file */
#define LENGTH	 0x100u
#define AT	 0x100000u
#define NOTES	 0x800u
#define ENTRY	 (AT + 0x40u)

/* One segment, one note segment with another note in front of the entry's. */
struct sample {
	Elf64_Ehdr header;
	Elf64_Phdr load, note;
	char gap[NOTES - sizeof(Elf64_Ehdr) - 2 * sizeof(Elf64_Phdr)];
	struct {
		Elf64_Nhdr header;
		char name[4];
		uint32_t value;
	} other;
	struct {
		Elf64_Nhdr header;
		char name[4];
		uint64_t value;
	} __attribute__((packed)) entry;
	char gap2[TEXT - NOTES - 20 - 24];
	unsigned char text[LENGTH];
};

_Static_assert(offsetof(struct sample, text) == TEXT, "the sample's layout");

static struct sample good(void)
{
	struct sample s = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB },
			    .e_type = ET_EXEC,
			    .e_machine = EM_X86_64,
			    .e_phoff = offsetof(struct sample, load),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 2 },
		.load = { .p_type = PT_LOAD,
			  .p_offset = TEXT,
			  .p_paddr = AT,
			  .p_filesz = LENGTH,
			  .p_memsz = 0x2000 },
		.note = { .p_type = PT_NOTE, .p_offset = NOTES, .p_filesz = 20 + 24 },
		.other = { { 4, 4, 6 }, "Xen", 1 },
		.entry = { { 4, 8, 18 }, "Xen", ENTRY },
	};

	memset(s.text, 0xc3, sizeof(s.text));
	return s;
}

/* @size bytes of @s, in a block of just that size. Return: as image_load() */
static int load(const struct sample *s, size_t size, uint32_t *entry)
{
	struct ram ram = { unit_alloc(RAM_SIZE), RAM_SIZE };
	char *file = unit_alloc(size);
	char error[200] = "";
	int rc;

	memset(ram.base, 0, ram.size);
	if (size)
		memcpy(file, s, size);
	rc = image_load(file, size, &ram, entry, error, sizeof(error));
	EXPECT_EQ(!rc, !error[0]);
	if (!rc && s->load.p_paddr == AT && s->load.p_offset == TEXT)
		EXPECT_TRUE(!memcmp((char *)ram.base + AT, s->text, s->load.p_filesz));
	free(file);
	free(ram.base);
	return rc;
}

TEST(image_is_loaded)
{
	struct sample s = good();
	uint32_t entry = 0;

	EXPECT_EQ(load(&s, sizeof(s), &entry), 0);
	EXPECT_EQ(entry, ENTRY);
	/* Xen's tools write the note with 4 bytes too. */
	s.entry.header.n_descsz = 4;
	EXPECT_EQ(load(&s, sizeof(s), &entry), 0);
}

TEST(file_that_ends_anywhere)
{
	struct sample s = good();
	uint32_t entry;

	for (size_t size = 0; size < sizeof(s); size += size < 0x100 ? 1 : 0x20) {
		CONTEXT("%zu bytes", size);
		EXPECT_TRUE(load(&s, size, &entry) < 0);
	}
}

TEST(header_of_something_else)
{
	static const struct {
		size_t at;
		unsigned char value;
	} wrong[] = {
		{ 0, 0 },
		{ EI_CLASS, ELFCLASS32 },
		{ EI_DATA, ELFDATA2MSB },
		{ offsetof(Elf64_Ehdr, e_type), ET_DYN },
		{ offsetof(Elf64_Ehdr, e_machine), EM_386 },
		{ offsetof(Elf64_Ehdr, e_phentsize), 32 },
	};
	uint32_t entry;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sample s = good();

		CONTEXT("byte %zu", wrong[i].at);
		((unsigned char *)&s)[wrong[i].at] = wrong[i].value;
		EXPECT_EQ(load(&s, sizeof(s), &entry), -8); /* ENOEXEC */
	}
}

/* Values that are too large, and such that make a sum wrap. */
TEST(headers_that_lie)
{
	static const uint64_t values[] = { sizeof(struct sample), RAM_SIZE,	1ull << 32, ~0ull,
					   ~0ull - LENGTH,	  ~0ull - 0xfff };
	uint32_t entry;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct sample s = good();

		CONTEXT("0x%" PRIx64, values[i]);
		s.header.e_phoff = values[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
		s = good();
		s.load.p_offset = values[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
		s = good();
		s.load.p_paddr = values[i] < RAM_SIZE ? RAM_SIZE : values[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
		s = good();
		s.load.p_memsz = values[i] < RAM_SIZE ? RAM_SIZE : values[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
		s = good();
		s.load.p_filesz = s.load.p_memsz = values[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
		s = good();
		s.note.p_offset = values[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
		s = good();
		s.note.p_filesz = values[i] < 0x2000 ? 0x2000 : values[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
	}
}

TEST(many_program_headers)
{
	struct sample s = good();
	uint32_t entry;

	s.header.e_phnum = 0xffff;
	EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
	s.header.e_phnum = 0;
	EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
}

TEST(segment_below_the_image)
{
	struct sample s = good();
	uint32_t entry;

	s.load.p_paddr = 0x1000;		    /* where start info is */
	EXPECT_EQ(load(&s, sizeof(s), &entry), -7); /* E2BIG */
}

TEST(notes_that_lie)
{
	static const uint32_t sizes[] = { 5, 7, 100, 0x7fffffff, 0xfffffffc, 0xffffffff };
	uint32_t entry;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct sample s = good();

		CONTEXT("0x%x", sizes[i]);
		s.other.header.n_namesz = sizes[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
		s = good();
		s.other.header.n_descsz = sizes[i] < 9 ? 9 : sizes[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
		s = good();
		s.entry.header.n_descsz = sizes[i];
		EXPECT_TRUE(load(&s, sizeof(s), &entry) < 0);
	}
}

TEST(entry_outside_of_the_segments)
{
	static const uint64_t entries[] = { 0, 1, AT - 1, AT + LENGTH, 1ull << 32 | ENTRY, ~0ull };
	uint32_t entry;

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct sample s = good();

		CONTEXT("0x%" PRIx64, entries[i]);
		s.entry.value = entries[i];
		EXPECT_EQ(load(&s, sizeof(s), &entry), -8);
	}
}

/* Any byte of the headers may be any value: it is loaded or refused, and nothing else. */
TEST(random_headers)
{
	uint64_t random = 1;
	unsigned int loaded = 0;
	uint32_t entry;

	for (unsigned int i = 0; i < 3000; i++) {
		struct sample s = good();

		for (uint64_t n = unit_random(&random) % 4 + 1; n; n--) {
			uint64_t r = unit_random(&random);
			size_t at = r % 2 ? r / 2 % 176 : NOTES + r / 2 % 44;

			((unsigned char *)&s)[at] = (unsigned char)(r >> 32);
		}
		loaded += !load(&s, sizeof(s), &entry);
	}
	EXPECT_TRUE(loaded > 100 && loaded < 2900);
}

TEST(start_info)
{
	struct ram ram = { unit_alloc(RAM_SIZE), RAM_SIZE };
	const struct hvm_start_info *info = (void *)((char *)ram.base + VMM_START_INFO);
	const struct hvm_memmap_table_entry *map;
	char words[VMM_CMDLINE_SIZE + 1];

	memset(words, 'x', sizeof(words));
	words[VMM_CMDLINE_SIZE] = '\0';
	EXPECT_EQ(boot_info(&ram, words), -7);
	words[VMM_CMDLINE_SIZE - 1] = '\0';
	EXPECT_EQ(boot_info(&ram, words), 0);
	EXPECT_EQ(info->magic, 0x336ec578);
	EXPECT_EQ(info->version, 1);
	EXPECT_EQ(info->nr_modules, 0);
	EXPECT_STR((char *)ram.base + info->cmdline_paddr, words);
	EXPECT_EQ(info->memmap_entries, 1);
	map = (void *)((char *)ram.base + info->memmap_paddr);
	EXPECT_EQ(map->addr, 0);
	EXPECT_EQ(map->size, RAM_SIZE);
	EXPECT_EQ(map->type, 1);
	free(ram.base);
}
