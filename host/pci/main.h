/* SPDX-License-Identifier: GPL-2.0-only */
/* `lifeline pci ...`: the control domain's view of PCI, for people and their scripts. */
#ifndef LIFELINE_PCI_MAIN_H
#define LIFELINE_PCI_MAIN_H

/**
 * pci_main() - run a subcommand
 * @argv: "pci", "list", ...: the words behind the program's own name
 *
 * Return: exit status: 0; 1: an error, told in one line on stderr; 4: SKIP: this
 * machine has no VFIO or no IOMMU (kselftest's numbers).
 */
int pci_main(int argc, char **argv);

#endif
