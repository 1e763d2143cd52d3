"""Renews the locks of the SDKs that ZenML's own step operators import."""

from tests.shipped.operators import OPERATORS
from tests.template.environments import uv
from tests.zenml.versions import NEWEST

HEADER = "# By `make lock`: what an SDK needs beside ZenML, and ZenML's own lock does not hold."


def main() -> None:
    for operator in OPERATORS:
        together = uv(
            *("pip", "compile", "--universal", "--python-version", "3.10"),
            *("--no-annotate", "--no-header", "-"),
            text="\n".join((*operator.needs, f"zenml[local]=={NEWEST.version}")),
        )
        # What the environment below has in this version already need not be in the one above.
        theirs = set(NEWEST.lock.read_text(encoding="utf-8").splitlines())
        own = [line for line in together.splitlines() if line not in theirs]
        operator.lock.parent.mkdir(exist_ok=True)
        operator.lock.write_text("\n".join([HEADER, *own, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
