// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaks a mechanism of the running kernel, for mutants (suites/mutants/): at a place in a function it goes on
 * elsewhere. `at` is MUTANT,STUB[,STUB...], a STUB is SYMBOL+OFFSET:OLD:returns=VALUE or SYMBOL+OFFSET:OLD:skip=BYTES.
 * Where other bytes than OLD stand it breaks nothing, and is not loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

#define MAX_STUBS 8
#define MAX_OLD	  16

static char *at;
module_param(at, charp, 0444);
MODULE_PARM_DESC(at, "MUTANT,SYMBOL+OFFSET:OLD:returns=VALUE|skip=BYTES[,...]");

/* @returns: the function returns @value; its stack must be as it was at its beginning. Or @value bytes are left out. */
struct stub {
	struct kprobe probe;
	u8 old[MAX_OLD];
	size_t old_len;
	bool returns;
	long value;
};

static struct stub stubs[MAX_STUBS];
static unsigned int count;

static int go_elsewhere(struct kprobe *probe, struct pt_regs *regs)
{
	struct stub *s = container_of(probe, struct stub, probe);

	if (s->returns) {
		regs->ax = s->value;
		regs->ip = *(unsigned long *)regs->sp;
		regs->sp += sizeof(unsigned long);
	} else {
		regs->ip = (unsigned long)probe->addr + s->value;
	}
	return 1;
}

/* A probe with a post_handler is not optimized; one that is cannot change where it goes on (kprobes.rst). */
static void not_optimized(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static int parse(struct stub *s, char *text)
{
	char *place = strsep(&text, ":"), *old = strsep(&text, ":"), *offset;
	char *verb = strsep(&text, "=");

	if (!text)
		return -EINVAL;
	offset = strchr(place, '+');
	s->old_len = strlen(old) / 2;
	if (!offset || !s->old_len || s->old_len > MAX_OLD || hex2bin(s->old, old, s->old_len))
		return -EINVAL;
	*offset++ = '\0';
	s->probe.symbol_name = place;
	s->returns = !strcmp(verb, "returns");
	if (!s->returns && strcmp(verb, "skip"))
		return -EINVAL;
	return kstrtouint(offset, 0, &s->probe.offset) ?: kstrtol(text, 0, &s->value);
}

static int place(struct stub *s, const char *mutant)
{
	int rc;

	s->probe.pre_handler = go_elsewhere;
	s->probe.post_handler = not_optimized;
	s->probe.flags = KPROBE_FLAG_DISABLED;
	rc = register_kprobe(&s->probe);
	if (rc) {
		pr_err("mutant %s: no probe at %s+%#x: %d; re-anchor it\n", mutant,
		       s->probe.symbol_name, s->probe.offset, rc);
		return rc;
	}
	count++;
	if (memcmp(s->probe.addr, s->old, s->old_len)) {
		pr_err("mutant %s: at %s+%#x stands %*phN, not %*phN; re-anchor it\n", mutant,
		       s->probe.symbol_name, s->probe.offset, (int)s->old_len, s->probe.addr,
		       (int)s->old_len, s->old);
		return -EILSEQ;
	}
	return 0;
}

static void remove_all(void)
{
	while (count)
		unregister_kprobe(&stubs[--count].probe);
}

static int __init stub_init(void)
{
	char *rest = at, *mutant = strsep(&rest, ","), *one;
	int rc = rest ? 0 : -EINVAL;

	while (!rc && (one = strsep(&rest, ","))) {
		rc = count < MAX_STUBS ? parse(&stubs[count], one) : -E2BIG;
		if (rc)
			pr_err("mutant %s: stub %u cannot be read: %d\n", mutant, count + 1, rc);
		else
			rc = place(&stubs[count], mutant);
	}
	for (unsigned int i = 0; i < count && !rc; i++)
		rc = enable_kprobe(&stubs[i].probe);
	if (rc)
		remove_all();
	return rc;
}

static void __exit stub_exit(void)
{
	remove_all();
}

module_init(stub_init);
module_exit(stub_exit);
MODULE_DESCRIPTION("Leaves out a part of the kernel, to see who notices");
MODULE_LICENSE("GPL");
