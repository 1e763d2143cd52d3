"""What a project was made from: its templates, at the versions that it notes down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sop_new.errors import Code, SopNewError
from sop_new.projects.project import TEAM_ANSWERS_FILE, Noted, Project, files_of
from sop_new.projects.taken import covers, not_taken
from sop_new.templates import history
from sop_new.templates.history import History
from sop_new.templates.layers import Layer, render_layers
from sop_new.templates.source import canonical_url, is_url


@dataclass(frozen=True)
class Version:
    """A template at the version that a project has.

    Attributes:
        noted: what the project notes down of it.
        history: the template's history.
        commit: which of its commits that is.
    """

    noted: Noted
    history: History
    commit: str


@dataclass(frozen=True)
class Origin:
    """The templates of a project: the base's, and the team's if there is one."""

    base: Version
    team: Version | None

    @property
    def layers(self) -> list[Layer]:
        """What was rendered."""
        base = self.base.history.at(self.base.commit)
        layers = [Layer(base, self.base.commit)]
        if self.team:
            layers.append(Layer(self.team.history.template, self.team.commit, TEAM_ANSWERS_FILE))
        return layers


@contextmanager
def origin_of(mine: Project) -> Iterator[Origin]:
    """Find what a project was made from.

    Raises:
        SopNewError: a template or a version of it can't be found.
    """
    with ExitStack() as held:
        base, *team = [_version(noted, held) for noted in mine.notes]
        yield Origin(base, team[0] if team else None)


def _version(noted: Noted, held: ExitStack) -> Version:
    try:
        found = held.enter_context(history.of(noted.source))
    except SopNewError as error:
        if error.code is not Code.TEMPLATE_UNKNOWN or is_url(noted.source):
            raise
        raise SopNewError(error.code, error.message, _where_it_may_be(noted)) from error
    return Version(noted, found, found.known(noted.known_version))


def _where_it_may_be(noted: Noted) -> str:
    """What to do about a template in a folder that was moved, or is named by a relative path."""
    folder = noted.path.parent
    near = (base.joinpath(noted.source).resolve() for base in (folder, folder.parent, Path.cwd()))
    for source in (*map(str, near), canonical_url()):
        with suppress(SopNewError), history.of(source) as found:
            if found.commit(noted.known_version):
                where = f"`_src_path: {source}`"
                return f"In {noted.path.name}, write {where} in its place, and commit that."
    return (
        f"In {noted.path.name}, write as _src_path where it is now, as an absolute path or a URL, "
        f"and commit that; that of sop-new is {canonical_url()}"
    )


def render_again(
    mine: Project, layers: Sequence[Layer], folder: Path, *, whole: bool = False
) -> tuple[Path, set[str]]:
    """Render layers as a project with the answers of `mine`.

    Args:
        mine: the project.
        layers: what is rendered.
        folder: an empty folder to render into.
        whole: also what the project has not taken.

    Returns:
        Where it is, and which of its files are the team's.
    """
    target = folder / mine.folder.name
    target.mkdir(parents=True)
    # What the project was made from stands until overruled, as with `copier update`.
    copy_answers(mine, target)
    above = render_layers(layers, target)
    if not whole:
        left = not_taken(mine.folder)
        for name in files_of(target):
            if any(covers(listed, name) for listed in left):
                (target / name).unlink()
    return target, above


def copy_answers(mine: Project, target: Path) -> None:
    """Let another folder have the answers of a project."""
    for noted in mine.notes:
        shutil.copyfile(noted.path, target / noted.path.name)


def written_once(base: Layer, rendered: Path) -> set[str]:
    """Which files of a rendering no update touches: `_exclude` of copier.yml names them then.

    Args:
        base: the base's template, at the version that was rendered.
        rendered: where it is.
    """
    import yaml
    from jinja2 import Environment

    answers = yaml.safe_load((rendered / base.answers_file).read_bytes())
    jinja = Environment(autoescape=False)  # noqa: S701 - paths are no HTML
    kept = {
        jinja.from_string(pattern).render(answers, _copier_operation="update")
        for pattern in base.template.config.get("_exclude", ())
    }
    return {
        name
        for name in files_of(rendered)
        if any(PurePosixPath(name).is_relative_to(path) for path in filter(None, kept))
    }
