"""Locks, and file systems that have none."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from zenml_acme._core.environment.locking import locked

TRY = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def is_free(path: Path) -> bool:
    done = subprocess.run((sys.executable, "-c", TRY, path), stderr=subprocess.DEVNULL)
    return done.returncode == 0


def test_a_lock_is_held_by_whoever_has_its_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.lock"

    with locked(path) as lock:
        assert not is_free(path)
        inherited = os.dup(lock)
    assert not is_free(path)
    os.close(inherited)

    assert is_free(path)


@pytest.mark.parametrize("answer", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(answer, os.strerror(answer))

    monkeypatch.setattr(fcntl, "flock", refuse)

    with pytest.raises(OSError, match=r"-o flock.*workdir") as caught, locked(tmp_path / "a"):
        pass
    assert str(tmp_path) in str(caught.value)


def test_another_error_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", refuse)

    with pytest.raises(OSError, match="Input/output error"), locked(tmp_path / "a"):
        pass
