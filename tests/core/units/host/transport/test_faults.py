"""What the end of a connection means."""

import pytest
from zenml_acme._core.transport.faults import ConnectionLostError, UnusableError, fault_of

PASSING = [
    "ssh: connect to host far port 22: Connection refused",
    "ssh: connect to host far port 22: Connection timed out",
    "ssh: connect to host far port 22: No route to host",
    "kex_exchange_identification: read: Connection reset by peer",
    "Connection closed by 10.0.0.1 port 22",
    "Timeout, server far not responding.",
    "client_loop: send disconnect: Broken pipe",
    "mux_client_request_session: session request failed: Session open refused by peer",
    "",
]
THE_USERS = {
    "Host key verification failed.": "accept it once: ssh far true",
    "No ED25519 host key is known for far and you have requested strict checking.\n"
    "Host key verification failed.": "accept it once",
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
    "Host key verification failed.": "ssh-keygen -R far",
    "ada@far: Permission denied (publickey,password).": "ssh -o BatchMode=yes far true",
    "Received disconnect from far: Too many authentication failures": "an agent",
    "ssh: Could not resolve hostname far: Name or service not known": "no host far",
    "/home/ada/.ssh/config: line 3: Bad configuration option: hots": "ssh far true",
    "Bad owner or permissions on /home/ada/.ssh/config": "ssh far true",
    "Unable to negotiate: no matching host key type found. Their offer: ssh-rsa": "ssh far true",
}


@pytest.mark.parametrize("said", PASSING)
def test_what_passes_is_asked_again(said: str) -> None:
    fault = fault_of("far", 255, said, first=True)

    assert isinstance(fault, ConnectionLostError)
    assert said in str(fault)


@pytest.mark.parametrize(("said", "mend"), THE_USERS.items())
def test_what_does_not_says_what_to_do(said: str, mend: str) -> None:
    fault = fault_of("far", 255, said, first=True)

    assert isinstance(fault, UnusableError)
    assert mend in str(fault)


@pytest.mark.parametrize("said", [*PASSING, *THE_USERS])
@pytest.mark.parametrize("code", [0, 1, 97, 127, 255])
def test_while_a_job_may_run_everything_passes(said: str, code: int) -> None:
    assert isinstance(fault_of("far", code, said, first=False), ConnectionLostError)


def test_words_of_a_startup_file_are_not_taken_for_those_of_ssh() -> None:
    fault = fault_of("far", 1, "rm: Permission denied: no space left on device", first=True)

    assert "startup files" in str(fault)
    assert "BatchMode" not in str(fault)


def test_a_host_with_blanks_is_quoted() -> None:
    fault = fault_of("a host", 255, "Host key verification failed.", first=True)

    assert "ssh 'a host' true" in str(fault)
