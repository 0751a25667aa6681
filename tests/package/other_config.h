/* SPDX-License-Identifier: Apache-2.0 */
#define AXAS_CONFIG_TAG another_site
