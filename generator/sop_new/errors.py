"""Every way in which a command can fail: a closed list."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class Code(Enum):
    """What went wrong, as `--json` names it, with the exit status that the shell sees."""

    USAGE = "usage", 2
    COMMAND_MISTYPED = "command-mistyped", 2
    ANSWER_UNKNOWN = "answer-unknown", 2
    ANSWER_INVALID = "answer-invalid", 2
    ANSWER_LOCKED = "answer-locked", 2
    ANSWERS_CONFLICT = "answers-conflict", 2
    DATA_FILE_UNREADABLE = "data-file-unreadable", 2
    SETTINGS_UNREADABLE = "settings-unreadable", 2
    DESTINATION_UNUSABLE = "destination-unusable", 2
    DESTINATION_NOT_EMPTY = "destination-not-empty", 2
    NOT_A_PROJECT = "not-a-project", 2
    TARGET_UNUSABLE = "target-unusable", 2
    PYTHON_UNUSABLE = "python-unusable", 2
    CHECK_UNKNOWN = "check-unknown", 2
    CONFIG_UNREADABLE = "config-unreadable", 2
    ANSWERS_UNREADABLE = "answers-unreadable", 2
    ALREADY_A_PROJECT = "already-a-project", 2
    FLAVOR_UNKNOWN = "flavor-unknown", 2
    ANSWERS_EDITED = "answers-edited", 2
    NO_REPOSITORY = "no-repository", 2
    TREE_DIRTY = "tree-dirty", 2
    TEMPLATE_UNKNOWN = "template-unknown", 2
    TEMPLATE_UNTRUSTED = "template-untrusted", 2
    TEAM_UNUSABLE = "team-unusable", 2
    VERSION_UNKNOWN = "version-unknown", 2
    WRITE_FAILED = "write-failed", 1
    OUTPUT_FAILED = "output-failed", 1
    GIT_MISSING = "git-missing", 1
    TEMPLATE_MISSING = "template-missing", 1
    TEMPLATE_FAILED = "template-failed", 1
    TRY_FAILED = "try-failed", 1
    CHECK_BROKEN = "check-broken", 1
    INTERRUPTED = "interrupted", 130

    def __init__(self, label: str, status: int) -> None:
        self.label = label
        self.status = status


class SopNewError(Exception):
    """A failure that is told to the user, without a traceback.

    Attributes:
        code: which failure it is.
        message: what is wrong, in one line.
        hint: what to do about it, in one line.
        output: the last lines of the program that failed, if one did.
    """

    def __init__(self, code: Code, message: str, hint: str, output: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.output = tuple(output)
