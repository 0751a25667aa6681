# SPDX-License-Identifier: Apache-2.0
"""The reference for people: static pages, one for each format, one that compares them, one about the language."""

import jinja2

from codegen.reference import format as format_page
from codegen.reference import index, schema
from codegen.reference.example import Example
from codegen.render import TEMPLATES

ROOT = TEMPLATES.parent


def render(models):
    """Relative path and text of every page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([TEMPLATES / "reference", ROOT / "examples" / "format"]),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    models = sorted(models, key=lambda model: model.name)
    sources = {"models": models}
    files = {"index.html": environment.get_template("index.html.j2").render(tables=index.tables(models), **sources)}
    files["language.html"] = environment.get_template("language.html.j2").render(
        sections=schema.sections(), **Example(ROOT).names(), **sources)
    for model in models:
        page = format_page.page(model)
        files[f"{model.name}.html"] = environment.get_template("format.html.j2").render(p=page, m=model, **sources)
    return files
