"""Gathers what a step needs: what it asks for, ZenML, and this package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .distribution import line_for, pack_wheel, requirement

if TYPE_CHECKING:
    from zenml.config import DockerSettings
    from zenml.stack import Stack


@dataclass(frozen=True)
class Packages:
    """What to install, and how.

    Attributes:
        requirements: Lines of a requirements file; an index's address in them can hold
            a password.
        options: The installer's options, each `--name` or `--name=value`; so can these.
        variables: What the installer sees beside the launcher's environment.
        prefer_pip: Whether the options are meant for pip, and not for uv.
    """

    requirements: tuple[str, ...] = field(default=(), repr=False)
    options: tuple[str, ...] = field(default=(), repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    prefer_pip: bool = False


def wanted_packages(
    docker_settings: DockerSettings, stack: Stack, wheels: Path
) -> Packages | None:
    """Return what a step's environment must hold; nothing if the step asks for none.

    What the stack itself requires is installed wherever a pipeline can be started:
    alone it is no reason to build an environment.

    Args:
        docker_settings: What the step asks for.
        stack: The stack that it runs on.
        wheels: Where this package's own wheel is kept.

    Raises:
        RuntimeError: If a requirement leads to another file, or a command that lists
            requirements fails.
        FileNotFoundError: If there is no such requirements file.
    """
    replicated = _local_packages() if _replicates(docker_settings) else {}
    asked, options = _asked_for(docker_settings, stack)
    if not replicated and not asked:
        return None
    if docker_settings.install_stack_requirements:
        for line in sorted(stack.requirements()):
            asked += _with_origin(line)
    asked += _with_origin(_zenml_requirement())
    # What is asked for wins over what is replicated, as in ZenML's images.
    named = {_name_in(line) for line in asked}
    lines = [line for name, line in replicated.items() if name not in named] + asked

    arguments = docker_settings.python_package_installer_args
    options += (
        f"--{name}" if value is None else f"--{name}={value}"
        for name, value in arguments.items()
    )
    chosen = docker_settings.environment
    return Packages(
        requirements=(*_without_ours(lines), _own_line(wheels)),
        options=tuple(options),
        variables={name: str(value) for name, value in chosen.items()},
        prefer_pip=_prefers_pip(docker_settings),
    )


def _replicates(docker_settings: DockerSettings) -> bool:
    chosen = docker_settings.replicate_local_python_environment
    # Any other value is a command, and ZenML's business.
    return chosen is True or getattr(chosen, "value", "") == "pip_freeze"


def _local_packages() -> dict[str, str]:
    """Return the lines that install this interpreter's packages elsewhere, by name.

    ZenML asks the `pip` that the shell finds. That need not be this interpreter's: an
    environment made by uv has none.
    """
    lines: dict[str, str] = {}
    for installed in distributions():
        # A removal that failed leaves one without a name; of several, the first counts.
        if installed.name:
            lines.setdefault(_normalized(installed.name), line_for(installed))
    lines.pop("pip", None)
    return lines


def _asked_for(
    docker_settings: DockerSettings, stack: Stack
) -> tuple[list[str], list[str]]:
    """Return the lines that ZenML gathers, and the options for their installation."""
    from zenml.utils import pipeline_docker_image_builder as builder

    changes: dict[str, object] = {"install_stack_requirements": False}
    if _replicates(docker_settings):
        changes["replicate_local_python_environment"] = None
        # ZenML looks for files only where nothing is asked for.
        changes["disable_automatic_requirements_detection"] = True
    if not docker_settings.pyproject_export_command:
        # ZenML's own commands, which break in a folder with blanks: it quotes nothing.
        commands = " || ".join(builder.DEFAULT_PYPROJECT_EXPORT_COMMANDS)
        quoted = commands.replace("{directory}", "'{directory}'")
        changes["pyproject_export_command"] = [quoted]
    files = builder.PipelineDockerImageBuilder.gather_requirements_files(
        docker_settings.model_copy(update=changes), stack, log=False
    )
    lines = []
    for _, content, _ in files:
        whole_lines = re.sub(r"\\\r?\n", " ", content).splitlines()
        lines += [line.strip() for line in whole_lines]
    options = [option for _, _, options in files for option in options]
    return [line for line in lines if line and not line.startswith("#")], options


def _with_origin(line: str) -> list[str]:
    """Add where a package came from, if it is on no index."""
    name = _name_in(line)
    try:
        origin = line_for(distribution(name)) if name else ""
    except PackageNotFoundError:
        origin = ""
    return [line, origin] if "://" in origin else [line]


def _zenml_requirement() -> str:
    from zenml import __version__
    from zenml.config.global_config import GlobalConfiguration
    from zenml.enums import StoreType

    local = GlobalConfiguration().store_configuration.type == StoreType.SQL
    return f"zenml{'[local]' if local else ''}=={__version__}"


def _own_line(wheels: Path) -> str:
    name = requirement().partition("==")[0]
    return f"{name} @ {pack_wheel(wheels).as_uri()}"


def _without_ours(lines: Iterable[str]) -> Iterator[str]:
    """Leave out the lines that take this package from where it came from."""
    name = requirement().partition("==")[0]
    path = local_path(line_for(distribution(name)))
    for line in lines:
        _refuse_beside(line)
        is_named = _name_in(line) == _normalized(name) and "://" in line
        if not is_named and (path is None or local_path(line) != path):
            yield line


def _refuse_beside(line: str) -> None:
    if re.match(r"-[rc]|--requirement|--constraint|\.|[\w.-]+/", _bare(line)):
        raise RuntimeError(
            f"The requirement {line!r} leads to another file. ZenML hands on lines, "
            "without their place: write an absolute path or, for -r and -c, the lines "
            "themselves."
        )


def _prefers_pip(docker_settings: DockerSettings) -> bool:
    chosen = docker_settings.python_package_installer
    default = type(docker_settings).model_fields["python_package_installer"].default
    # The default is no wish, unless there are arguments that only suit it.
    wished = chosen != default or docker_settings.python_package_installer_args
    return chosen.value == "pip" and bool(wished)


def local_path(line: str) -> Path | None:
    """Return the file or folder of this machine that a line installs."""
    target = re.sub(r"^[\w.\[\],-]+\s*@\s*", "", _bare(line))
    if target.startswith("file://"):
        return Path(unquote(urlsplit(target).path))
    return Path(target) if target.startswith("/") else None


def _name_in(line: str) -> str:
    """Return the normalized name of what a line installs, if the line tells it."""
    with_extras = r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?"
    named = re.match(rf"{with_extras}\s*(?:$|[@=<>!~;#( ])", _bare(line))
    named = named or re.search(r"#(?:.*&)?egg=([\w.-]+)", line)
    return _normalized(named[1]) if named else ""


def _bare(line: str) -> str:
    return re.sub(r"^(-e|--editable)[ =]\s*", "", line)


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
