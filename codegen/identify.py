# SPDX-License-Identifier: Apache-2.0
"""Says in words what identification registers mean for a format."""

from codegen.words import listed


def identify(model, values):
    """The lines; `values` has registers by name, and the others count as 0."""
    what = model.capabilities
    numbers = [values.get(register.name, 0) for register in what.registers]

    def number(field):
        return numbers[field.register] >> field.low & field.most

    def holds(asked):
        return any(all(any(low <= number(field) <= high for low, high in runs) for field, runs in tests) for tests in asked)

    here, switched = ([feature for feature, asked in rows if holds(asked)] for rows in (what.features, what.switched))
    untold = what.untold
    lacking = [feature for feature, _ in what.features + what.switched if feature not in here + switched]
    missing = next((need.otherwise for need in what.needs if not holds(need.asked)), None)

    def width_of(rows):
        return next(((number(row.field) if row.field else 0) + row.number for row in rows
                     if not row.asked or holds(row.asked)), 0)

    width, guest = width_of(what.physical_bits), width_of(what.gpa_bits)
    lines = [f"{model.name}, {listed(f'{register.name} {value:#x}' for register, value in zip(what.registers, numbers))}",
             f"format    {f'not here: {missing}' if missing else 'here'}",
             f"physical  {f'{width} bits' if width else 'no register says how many bits'}"]
    if guest:
        lines.append(f"guest     {guest} bits at most")
    for word, features in (("has", here), ("switched", switched), ("lacks", lacking), ("untold", untold)):
        if features:
            lines.append(f"{word:<9} {listed(feature.name for feature in features)}")
    lacking = {feature.name for feature in lacking}
    refused = {mode.name for mode, asked in what.modes if not holds(asked)}
    return lines + [f"mode      {mode.name}: {_mode(what, mode, mode.name in refused, lacking, width, guest)}"
                    for mode in model.modes]


def _mode(what, mode, refused, lacking, width, guest):
    needed = [name for name in mode.condition.with_ + (mode.levels[-1].leaf.condition.with_ if mode.levels[-1].leaf else [])
              if name in lacking]
    if refused:
        return "no, the CPU does not take it"
    if needed:
        return f"no, it needs {listed(needed)}"
    if width and width < mode.physical_bits_min:
        return f"no, it needs {mode.physical_bits_min} physical bits"
    most = min(mode.gpa_bits_max, width) if mode.within_physical and width else mode.gpa_bits_max
    if most < mode.gpa_bits_min:
        return f"no, it needs {mode.gpa_bits_min} physical bits"
    most = min(most, guest or most)
    bits = f"{mode.gpa_bits_min} to {most}" if most > mode.gpa_bits_min else str(most)
    return f"guest addresses of {bits} bits" + (f", if {what.probe.register} keeps it" if what.probe else "")
