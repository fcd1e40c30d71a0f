/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters of VFIO's modules that a case changes, and gives back. */
#ifndef LIFELINE_CASE_PARAMS_H
#define LIFELINE_CASE_PARAMS_H

#include "host/case/take.h"

#define PARAM_SIZE 8

/**
 * params_reload() - load vfio-pci anew with @parameters, which it looks at only then (vfio_pci_core_set_params())
 * @parameters: e.g. "nointxmask=1", "" for none
 *
 * Return: TAKE_SKIP: it has functions, is no module, or cannot be loaded.
 */
enum taken params_reload(const char *parameters, char why[TAKE_WHY]);

/** params_let_in() - let users in where nothing remaps messages (allow_unsafe_interrupts). @was: as it was */
void params_let_in(char was[PARAM_SIZE]);

/** params_give_back() - that parameter as it @was */
void params_give_back(const char was[PARAM_SIZE]);

#endif
