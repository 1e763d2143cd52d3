"""`sop-new backends`: what there is to choose from."""

from __future__ import annotations

from sop_new import template
from sop_new.output import Backend, Backends


def backends() -> Backends:
    """List the template's backends, in the order of its copier.yml.

    Raises:
        SopNewError: the template can't be found or read.
    """
    source = template.find()
    default = source.questions["backend"]["default"]
    return Backends(
        backends=[
            Backend(name=name, default=name == default, **about)
            for name, about in source.backends.items()
        ]
    )
