/* SPDX-License-Identifier: Apache-2.0 */
#define AXAS_CONFIG_TAG a_site
