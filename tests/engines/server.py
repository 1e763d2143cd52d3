"""The environment of a ZenML server, an S3 and a launcher that uses both.

`python -m tests.engines.server` builds it, and tells where it is.
"""

from pathlib import Path

from tests.template.environments import uv, whole_environment
from tests.zenml.versions import NEWEST

LOCK = Path(__file__).with_name("server.txt")

WANTED = (
    f"zenml[local,server]=={NEWEST.version}",
    "moto[s3,server]",
    # What ZenML's artifact store on S3 takes.
    *("aws-profile-manager", "boto3", "s3fs"),
    # What installs a generated project without a network.
    *("editables", "hatchling"),
)


def renew() -> None:
    """Renew the lock."""
    uv(
        *("pip", "compile", "--upgrade", "--universal", "--python-version", "3.10"),
        *("--no-annotate", "--custom-compile-command", "make lock"),
        *("--output-file", str(LOCK), "-"),
        text="\n".join(WANTED),
    )


if __name__ == "__main__":
    print(whole_environment(LOCK))
