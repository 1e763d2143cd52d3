"""Runs a dynamic pipeline, interrupted while it asks ZenML's store about a step that waits."""

import os
import signal
import sys
import threading
from pathlib import Path

from flows import dynamic
from sqlalchemy import event
from sqlalchemy.engine import Engine

if __name__ == "__main__":
    marks = Path(sys.argv[1])
    interrupted = threading.Event()

    def interrupt(*_: object) -> None:
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and any(marks.iterdir()) and not interrupted.is_set():
            interrupted.set()
            os.kill(os.getpid(), signal.SIGINT)

    event.listen(Engine, "after_cursor_execute", interrupt)
    dynamic.waiting(str(marks))
