"""Renews the locks of the environments in which generated projects are tested."""

from tests.template.environments import uv
from tests.zenml.versions import LOCKS, NEWEST, RELEASES, Release

ALWAYS = ("editables", "hatchling", "pytest")
"""What installs a generated project without a network, and runs its tests."""

CHECKS = ("build", "mypy", "ruff")
"""The rest of a generated project's extra `dev`: `make test` uses it with the newest ZenML."""


def main() -> None:
    LOCKS.mkdir(exist_ok=True)
    for outdated in {*LOCKS.iterdir()} - {release.lock for release in RELEASES}:
        outdated.unlink()
    for release in RELEASES:
        _renew(release)


def _renew(release: Release) -> None:
    wanted = [f"zenml[local]=={release.version}", *ALWAYS]
    if release is NEWEST:
        wanted += CHECKS
    uv(
        *("pip", "compile", "--upgrade", "--universal", "--python-version", "3.10"),
        *("--no-annotate", "--custom-compile-command", "make lock"),
        *("--output-file", str(release.lock), "-"),
        text="\n".join(wanted),
    )


if __name__ == "__main__":
    main()
