// SPDX-License-Identifier: GPL-2.0-only
/* The guest image in the small VMM (host/vmm/vmm.h), which is the domain's process. */
#include <stdio.h>

#include "host/domain/domain.h"
#include "host/domain/image.h"
#include "host/vmm/layout.h"
#include "host/vmm/vmm.h"

#define WORD 160

static int vmm_run(const struct domain_config *config, const struct domain_ends *ends)
{
	char image[WORD], ram[WORD], kick[WORD], tell[WORD], device[WORD];
	char *argv[] = { "vmm", image, ram, kick, tell, device, NULL };

	snprintf(image, sizeof(image), "image=%s", domain_image());
	snprintf(ram, sizeof(ram), "ram=%d", ends->memory);
	snprintf(kick, sizeof(kick), "kick=%d", ends->kick);
	snprintf(tell, sizeof(tell), "tell=%d", ends->tell);
	snprintf(device, sizeof(device), "device=%s", config->bdf);
	return vmm_main(sizeof(argv) / sizeof(argv[0]) - 1, argv);
}

const struct domain_kind domain_vmm = {
	.name = "vmm",
	.memory = VMM_RAM_SIZE,
	.mailbox_at = VMM_MAILBOX,
	.run = vmm_run,
};
