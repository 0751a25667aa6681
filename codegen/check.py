# SPDX-License-Identifier: Apache-2.0
"""The semantic pass: everything about a specification that its shape cannot say.

Works on nodes, so that every complaint has a place. A section whose shape is wrong is left out, together
with what depends on it, so that one mistake is reported once.
"""

from codegen import shape
from codegen.check_attributes import Attributes
from codegen.check_capabilities import Capabilities
from codegen.check_contiguous import Contiguous
from codegen.check_fault import Fault
from codegen.check_features import Features
from codegen.check_kinds import Kinds
from codegen.check_layout import Layout
from codegen.check_modes import Modes
from codegen.check_names import Names
from codegen.check_part import Shared
from codegen.check_registers import Registers
from codegen.check_transitions import Transitions
from codegen.diagnostic import listed

PARTS = (Names, Features, Layout, Kinds, Attributes, Contiguous, Modes, Transitions, Registers, Fault,
         Capabilities)


def check(document, found):
    """Reports everything that is wrong with a specification to `found`."""
    shared = Shared(document, found, shape.check(document, found))
    for part in PARTS:
        part(shared).run()
    for (node, names, message), at_levels in shared.repeated.items():
        at_levels = list(dict.fromkeys(at_levels))
        everywhere = set(at_levels) == set(names)
        at = "" if everywhere else f" at level{'s' * (len(at_levels) > 1)} {listed(at_levels, 'and')}"
        found.error(node, message.replace("{at}", at))
