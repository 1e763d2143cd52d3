"""Edits that break a good operator."""

from dataclasses import dataclass, field
from pathlib import Path

FLAVOR, CONFIG, OPERATOR, OPTIONS = "flavor.py", "config.py", "operator.py", "engine/options.py"
BASE, COMMON = "_core/lifecycle/base.py", "_core/options.py"
METADATA = "_core/lifecycle/metadata.py"
"""What an operator and its configuration inherit."""


@dataclass(frozen=True)
class Edit:
    """What is put in the place of a text that stands in a file once."""

    file: str
    old: str
    new: str

    def apply(self, package: Path) -> None:
        path = package / self.file
        text = path.read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{self.old!r} stands {text.count(self.old)} times"
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class Mutant:
    """A broken operator.

    Attributes:
        check: the check that finds it.
        edits: how it is broken.
        also: other checks that find it too, since they demand something of the same.
    """

    check: str
    edits: tuple[Edit, ...]
    also: frozenset[str] = field(default_factory=frozenset)


def mutant(check: str, *edits: Edit, also: tuple[str, ...] = ()) -> Mutant:
    return Mutant(check, edits, frozenset(also))


def with_member(file: str, before: str, member: str) -> Edit:
    """A class with one member more, before another one."""
    return Edit(file, before, f"{member}\n\n{before}")


def flavor_with(member: str) -> Edit:
    first = '    @property\n    def name(self) -> str:\n        """Name of the flavor."""'
    return with_member(FLAVOR, first, member)


def operator_with(member: str) -> Edit:
    return with_member(BASE, "    def __repr__(self) -> str:", member)


def config_with(member: str) -> Edit:
    doc = (
        '    """What is set when the component is registered: also the settings of all steps."""\n'
    )
    return Edit(CONFIG, doc, f"{doc}\n{member}\n")


def settings_with(member: str) -> Edit:
    return with_member(CONFIG, '    """What a step can set for itself."""', member)


def option(declared: str) -> Edit:
    """An option of the component more."""
    return with_member(COMMON, "    grace_seconds: int = Field(", f"    {declared}")


def setting(declared: str) -> Edit:
    """A setting of a step more."""
    return with_member(OPTIONS, "    nice: int = Field(", f"    {declared}")


def building(**given: str) -> Edit:
    """An image for each step of its own, with more that is given of a build, as code."""
    more = "".join(f"                {name}={value},\n" for name, value in given.items())
    return Edit(
        BASE,
        "        return prepare.builds(snapshot or deployment, self.name)\n",
        "        from zenml.config.build_configuration import BuildConfiguration\n\n"
        "        return [\n"
        "            BuildConfiguration(\n"
        '                key="acme",\n'
        "                settings=step.config.docker_settings,\n"
        f"                step_name=name,\n{more}            )\n"
        "            for name, step in (snapshot or deployment).step_configurations.items()\n"
        "            if step.config.uses_step_operator(self.name)\n"
        "        ]\n",
    )


def importing(file: str, statement: str) -> Edit:
    future = "from __future__ import annotations\n"
    return Edit(file, future, f"{future}\n{statement}\n")
