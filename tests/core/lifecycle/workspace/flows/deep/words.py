"""Code in a sub-module."""


def shout(text: str) -> str:
    return text.upper() + "!"
