# SPDX-License-Identifier: Apache-2.0
"""Turns page-table formats written in YAML into C: load, check, model, render."""
